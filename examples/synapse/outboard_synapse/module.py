"""Ties the module together: Synapse's callbacks on one side, Outboard's app SDK on the other.

Refuses to know what either side says.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import Future
from typing import Any

from outboard_app import Decided, FollowUp, SendRequest, ThreadedApp
from synapse.module_api import ModuleApi
from synapse.module_api.errors import ConfigError
from synapse.spam_checker_api import RegistrationBehaviour
from synapse.util import SYNAPSE_VERSION
from twisted.internet import reactor

from outboard_synapse.bots import Bots
from outboard_synapse.carries import Carrier
from outboard_synapse.commands import Commands
from outboard_synapse.config import Config, parse
from outboard_synapse.events import EVENTS, Events
from outboard_synapse.held import Held, Passes
from outboard_synapse.hooks import HOOKS, Hooks
from outboard_synapse.inside import Inside
from outboard_synapse.later import LOOK_MS, Later
from outboard_synapse.moderation import ENDING
from outboard_synapse.reading import Reader
from outboard_synapse.refusals import heard
from outboard_synapse.signs import RENEW_MS, STATUS
from outboard_synapse.waiting import in_background, on_reactor


class OutboardModule:
    """The module that homeserver.yaml names."""

    def __init__(self, config: Config, api: ModuleApi) -> None:
        self._api = api
        inside = Inside(api)
        self._bots = bots = Bots(api, inside, config.bot_prefix)
        reader, later = Reader(api, inside, bots), Later(api)
        self._carrier = carrier = Carrier(api, inside, bots, reader, later)
        passes = Passes()
        self._held = Held(inside, bots, reader, carrier.talk, passes)
        self._app = ThreadedApp(
            config.socket,
            app="synapse",
            node=config.node or f"{api.server_name}/{api.worker_name or 'main'}",
            version=SYNAPSE_VERSION,
            hooks=HOOKS,
            events=EVENTS,
            operations=["messages.send"],
            on_send=self._on_send,
            on_follow_up=self._on_follow_up,
            on_decided=self._on_decided,
            carries=carrier.carries(),
            bot_account=lambda plugin, _: bots.user_id(plugin),
        )
        self._commands = commands = Commands(self._app, bots, config.command_prefix)
        api.register_third_party_rules_callbacks(
            check_event_allowed=Hooks(self._app, reader, passes).check_event_allowed,
            on_new_event=Events(api, self._app, reader, commands).on_new_event,
        )
        api.register_spam_checker_callbacks(check_registration_for_spam=self._check_registration)
        self._look_after(inside, later)
        # Once the reactor runs: before that Synapse may still become a daemon, which a thread
        # would not survive.
        reactor.callWhenRunning(self._app.start)
        reactor.addSystemEventTrigger("before", "shutdown", self._app.close)

    @staticmethod
    def parse_config(section: dict[str, Any] | None) -> Config:
        """Reads the module's part of homeserver.yaml."""
        try:
            return parse(section)
        except ValueError as error:
            raise ConfigError(str(error)) from error

    def _look_after(self, inside: Inside, later: Later) -> None:
        """What ends by itself: one process looks after it, and after presence the one that may."""
        kinds = [*ENDING] if self._api.should_run_background_tasks() else []
        if inside.tells_presence:
            kinds.append(STATUS)
            self._every(RENEW_MS, self._carrier.signs.renew)
        if kinds:
            look = functools.partial(later.look, kinds)
            self._every(LOOK_MS, look)
            reactor.callWhenRunning(in_background, self._api, "outboard_later", look)

    def _every(self, milliseconds: int, work: Callable[[], Awaitable[None]]) -> None:
        self._api.looping_background_call(
            work, milliseconds, desc="outboard_look", run_on_all_instances=True
        )

    def _on_send(self, request: SendRequest) -> Future[str]:
        """A plugin's message: sent on the reactor, whose thread this is not."""
        talk = self._carrier.talk
        return on_reactor(self._api, "outboard_send", lambda: heard(talk.send(request)))

    def _on_follow_up(self, said: FollowUp) -> Future[str]:
        """What a plugin says to a command that it deferred."""
        return on_reactor(
            self._api, "outboard_follow_up", lambda: heard(self._commands.follow_up(said))
        )

    def _on_decided(self, it: Decided) -> Future[str]:
        """Somebody has decided about what a plugin held."""
        return on_reactor(self._api, "outboard_decided", lambda: heard(self._held.decided(it)))

    async def _check_registration(
        self,
        _email: dict[str, Any] | None,
        username: str | None,
        requests: Collection[tuple[str, str]],
        _provider: str | None = None,
    ) -> RegistrationBehaviour:
        if self._bots.may_register(username, from_client=bool(requests)):
            return RegistrationBehaviour.ALLOW
        return RegistrationBehaviour.DENY
