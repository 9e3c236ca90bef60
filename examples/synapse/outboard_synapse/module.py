"""Ties the module together: Synapse's callbacks on one side, Outboard's app SDK on the other.

Refuses to know what either side says.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future
from typing import Any

from outboard_app import FollowUp, Refusal, SendRequest, ThreadedApp
from synapse.module_api import ModuleApi
from synapse.module_api.errors import ConfigError
from synapse.spam_checker_api import RegistrationBehaviour
from synapse.util import SYNAPSE_VERSION
from twisted.internet import reactor

from outboard_synapse import messages
from outboard_synapse.bots import Bots
from outboard_synapse.commands import Commands
from outboard_synapse.config import Config, parse
from outboard_synapse.events import EVENTS, Events
from outboard_synapse.hooks import HOOKS, Hooks
from outboard_synapse.reading import Reader
from outboard_synapse.waiting import on_reactor


class OutboardModule:
    """The module that homeserver.yaml names."""

    def __init__(self, config: Config, api: ModuleApi) -> None:
        self._api = api
        self._bots = Bots(api, config.bot_prefix)
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
        )
        reader = Reader(api, self._bots)
        self._commands = commands = Commands(self._app, self._bots, config.command_prefix)
        api.register_third_party_rules_callbacks(
            check_event_allowed=Hooks(self._app, reader).check_event_allowed,
            on_new_event=Events(api, self._app, reader, commands).on_new_event,
        )
        api.register_spam_checker_callbacks(check_registration_for_spam=self._check_registration)
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

    def _on_send(self, request: SendRequest) -> Future[str]:
        """A plugin's message: sent on the reactor, whose thread this is not."""
        return on_reactor(self._api, "outboard_send", lambda: self._send(request))

    def _on_follow_up(self, said: FollowUp) -> Future[str]:
        """What a plugin says to a command that it deferred."""
        return on_reactor(self._api, "outboard_follow_up", lambda: self._commands.follow_up(said))

    async def _send(self, request: SendRequest) -> str:
        room_id = request.message.channel.id
        if not room_id.startswith("!"):
            raise Refusal(f"{room_id!r} is not the id of a room")
        bot = await self._bots.account(request.plugin, request.bot_display_name)
        return await self._bots.say(bot, room_id, messages.content_of(request.message))

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
