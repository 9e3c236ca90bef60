"""The app's handle on Outboard, for asyncio: ask about acts, publish, run commands.

Turns whatever happens into an outcome. Refuses to know how the daemon is reached, and what kind
of chat server it serves.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable, Mapping
from types import TracebackType
from typing import Any

from outboard_app import settings
from outboard_app.calls import Away
from outboard_app.gates import Gates
from outboard_app.identity import new_id
from outboard_app.link import Link, OnCatalogue, OnEvent
from outboard_app.operations import Carries
from outboard_app.outcome import (
    CommandOutcome,
    DecidedBy,
    Decision,
    HttpAnswer,
    Outcome,
    Published,
    decided,
)
from outboard_app.requests import BotAccount, Desk, OnDecided, OnFollowUp, OnSend
from outboard_app.shown import Asset, OnShown, Shown, fetch
from outboard_app.signs import Listener, OnPiece, OnProgress
from outboard_app.wire import (
    FRAME_BYTES,
    PROTOCOL,
    app,
    app_settings,
    common,
    common_settings,
    hook_of,
)

log = logging.getLogger("outboard_app")

#: Seconds a command may take where the caller does not say: as long as a plugin may work on one
#: that it shows progress of. A plugin that shows none has answered, or been given up, long before.
COMMAND_BUDGET = 900.0

#: Seconds a request may take where the caller does not say: what a route may have at most, and a
#: little for the daemon to say that it was missed.
HTTP_BUDGET = 60.5

#: What an app with `on_follow_up` carries out.
_FOLLOW_UP = "interactions.follow_up"

#: What an app with `on_decided` carries out.
_DECIDE = "held.decide"

#: Seconds to wait for what may be offered: 0.3 for the plugin, and a little for the way.
_OFFER_BUDGET = 0.4

#: Room that a frame needs around an event, bytes.
_FRAME_ROOM = 256

# google.rpc.Code
_RESOURCE_EXHAUSTED = 8
_UNAVAILABLE = 14


class App(Gates[Coroutine[Any, Any, Outcome]]):
    """A chat server's connection to the daemon.

    Used as `async with App(...) as outboard:`, or with `start()` and `close()`. No call raises
    because of the daemon or a plugin, and none waits longer than its budget.
    """

    def __init__(
        self,
        socket: str,
        *,
        app: str,
        node: str,
        version: str = "",
        hooks: Iterable[str] = (),
        events: Iterable[str] = (),
        operations: Iterable[str] = (),
        workspaces: Iterable[str] = (),
        public_url: str = "",
        on_send: OnSend | None = None,
        on_follow_up: OnFollowUp | None = None,
        on_catalogue: OnCatalogue | None = None,
        subscriptions: Iterable[str] = (),
        on_event: OnEvent | None = None,
        on_decided: OnDecided | None = None,
        carries: Carries | None = None,
        ui: Iterable[str] = (),
        on_shown: OnShown | None = None,
        bot_account: BotAccount | None = None,
    ) -> None:
        """Describes the app; `start` connects it.

        `socket` is the absolute path of the daemon's app.sock. `node` names this process among
        those of the same app. `hooks`, `events` and `operations` are what it calls, publishes and
        carries out. `on_send` sends a plugin's message and returns its id, or raises Refusal; it
        is called once for each request, and one at a time for each channel. `on_follow_up` shows
        what a plugin says to a command that it deferred, and returns the id of the message it
        became, or ""; without it no plugin can defer. `on_decided` does, or drops, what a plugin
        held and somebody has decided about, and returns the id of the message it became, or ""; it
        is told again until it has, under the same key, also by a later daemon; without it no
        plugin can hold. `on_event` is told of
        the plugins' own events that `subscriptions` names, such as "plugin:moderator:case_opened".
        `carries` has a handler for everything else that the app carries out.
        `ui` names what it shows of plugins, "blocks", "web", "menu" and "modal"; `on_shown` is told
        what they show, and of every change. `bot_account` says what the app calls the account of a
        plugin's bot, by plugin and bot_username, or "": as messages name it, as their sender or as
        mentioned. It is asked when something was carried out for the bot, and must not block.
        """
        hello = _hello(app, node, version, public_url)
        hello.hooks.extend(hooks)
        hello.events.extend(events)
        hello.operations.extend(operations)
        if on_follow_up is not None and _FOLLOW_UP not in hello.operations:
            hello.operations.append(_FOLLOW_UP)
        hello.workspaces.extend(workspaces)
        if on_decided is not None and _DECIDE not in hello.operations:
            hello.operations.append(_DECIDE)
        if carries is not None:
            hello.operations.extend(carries.names())
        desk = Desk(on_send, on_follow_up, time.monotonic, on_decided, carries, bot_account)
        hello.subscriptions.extend(subscriptions)
        hello.ui.extend(ui)
        self._socket = socket
        self._link = Link(socket, hello, desk, on_catalogue, on_event, on_shown)

    async def __aenter__(self) -> App:
        self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    # --- The connection ----------------------------------------------------------------------

    def start(self) -> None:
        """Begins to connect, and keeps connecting until `close`. Returns at once."""
        self._link.start()

    async def close(self) -> None:
        """Ends the session. Calls under way end by policy."""
        await self._link.close()

    @property
    def connected(self) -> bool:
        """Whether a session stands now."""
        return self._link.standing.is_set()

    async def wait_connected(self, timeout: float) -> bool:
        """Waits at most `timeout` seconds for a session; says whether there is one."""
        try:
            await asyncio.wait_for(self._link.standing.wait(), timeout)
        except asyncio.TimeoutError:
            return False
        return True

    @property
    def commands(self) -> Mapping[str, common.CommandInfo]:
        """The commands that people may run, by name: the last catalogue received."""
        return self._link.commands

    # --- What plugins show -------------------------------------------------------------------

    @property
    def shown(self) -> Shown:
        """What plugins show now, of the kinds that `ui` names."""
        return self._link.board.shown

    async def asset(self, plugin: str, sha256: str, *, timeout: float = 10.0) -> Asset:
        """The file of a plugin with this hash, as a contribution names it. Raises NoAsset."""
        return await fetch(self._socket, plugin, sha256, timeout)

    # --- Hooks -------------------------------------------------------------------------------

    async def before_post(
        self, message: common.Message, *, workspace: str = "", budget: float | None = None
    ) -> Outcome:
        """Asks what becomes of a message that is about to be stored."""
        payload = common.HookPayload(before_post=message)
        return await self.intercept(payload, workspace=workspace, budget=budget)

    async def before_edit(
        self, edit: common.Edit, *, workspace: str = "", budget: float | None = None
    ) -> Outcome:
        """Asks what becomes of an edit: the message as it would be, and as it is stored."""
        payload = common.HookPayload(before_edit=edit)
        return await self.intercept(payload, workspace=workspace, budget=budget)

    async def before_delete(
        self, delete: common.Delete, *, workspace: str = "", budget: float | None = None
    ) -> Outcome:
        """Asks whether a stored message may be deleted."""
        payload = common.HookPayload(before_delete=delete)
        return await self.intercept(payload, workspace=workspace, budget=budget)

    async def intercept(
        self,
        payload: common.HookPayload,
        *,
        workspace: str = "",
        locale: str = "",
        budget: float | None = None,
    ) -> Outcome:
        """Asks the hook that `payload` is for. Never raises, never waits longer than `budget`.

        `budget` is in seconds; None means the hook's own, as the daemon last said.
        """
        started = time.monotonic()
        standing = self._link.policies.of(hook_of(payload))
        if not standing.intercepted:
            return Outcome(Decision.CONTINUE, DecidedBy.NOBODY)
        seconds = standing.budget if budget is None else budget
        try:
            ask = app.Intercept(payload=payload, workspace=workspace, locale=locale)
            ask.budget_us = int(seconds * 1e6)
            answer = await self._link.ask(ask, seconds)
            return _outcome(answer, time.monotonic() - started)
        except (Away, _Unanswered) as away:
            why = str(away)
        except Exception as fault:
            log.exception("asking Outboard failed")
            why = f"asking failed: {fault}"
        return standing.fallback(why, time.monotonic() - started)

    def decide_alone(self, payload: common.HookPayload, why: str) -> Outcome:
        """What the hook's policy says where the daemon is not asked at all."""
        standing = self._link.policies.of(hook_of(payload))
        if not standing.intercepted:
            return Outcome(Decision.CONTINUE, DecidedBy.NOBODY)
        return standing.fallback(why, 0.0)

    # --- Events ------------------------------------------------------------------------------

    async def publish(self, event: common.Event, *, timeout: float = 5.0) -> Published:
        """Publishes an event; waits at most `timeout` seconds for the daemon to have it.

        An event that the daemon does not have by then is not lost: it stays in the backlog and is
        said again under the same id until it is acknowledged, or newer ones push it out. One that
        the daemon refuses, such as with reason "DISK_FULL", is not said again: publish it anew
        under the same id, which counts once.
        """
        event.id = event.id or new_id()
        event.at_us = event.at_us or time.time_ns() // 1000
        if event.ByteSize() > FRAME_BYTES - _FRAME_ROOM:
            words = f"an event of {event.ByteSize()} bytes does not fit a frame"
            failure = _failure(_RESOURCE_EXHAUSTED, common.REASON_FRAME_TOO_LARGE, words)
            return Published(event.id, failure=failure)
        try:
            answer = await asyncio.wait_for(self._link.publish(event), timeout)
        except asyncio.TimeoutError:
            words = "the daemon does not have it yet; it is kept"
            failure = _failure(_UNAVAILABLE, common.REASON_DEADLINE, words)
            return Published(event.id, failure=failure)
        failed = answer.failure if answer.HasField("failure") else None
        return Published(event.id, answer.subscriptions, answer.duplicate, failed)

    # --- Commands ----------------------------------------------------------------------------

    async def run_command(
        self,
        command: app.RunCommand,
        *,
        budget: float = COMMAND_BUDGET,
        on_piece: OnPiece | None = None,
        on_progress: OnProgress | None = None,
    ) -> CommandOutcome:
        """Runs a command. Never raises.

        `command` says name, text (what the person typed after the name), channel and sender.
        `budget` bounds, in seconds, the first sign of the plugin and the gap between signs.
        `on_piece` is called with each piece of a reply that is still being written, `on_progress`
        with percent and text; both on the event loop. Cancel the task to take the command back.
        """
        command.interaction_id = command.interaction_id or new_id()
        command.budget_us = int(budget * 1e6)
        return await self._interact(command, budget, on_piece, on_progress)

    async def act(
        self,
        action: app.UiAction,
        *,
        budget: float = COMMAND_BUDGET,
        on_piece: OnPiece | None = None,
        on_progress: OnProgress | None = None,
    ) -> CommandOutcome:
        """Tells the plugin that owns a component what somebody did to it. Never raises."""
        action.interaction_id = action.interaction_id or new_id()
        return await self._interact(action, budget, on_piece, on_progress)

    async def autocomplete(
        self, typed: app.Autocomplete, *, timeout: float = _OFFER_BUDGET
    ) -> list[str]:
        """What may be offered while an argument is typed; [] where nobody knows. Never raises.

        `typed` says command, subcommand, argument, prefix, sender and channel.
        """
        try:
            answer = await self._link.ask(typed, timeout)
        except Away:
            return []
        return list(answer.choices) if isinstance(answer, app.Choices) else []

    def cancel(self, interaction_id: str) -> None:
        """Wants nothing more of a command or action, be it running, streaming or deferred."""
        self._link.cancel(interaction_id)

    async def _interact(
        self,
        asked: app.RunCommand | app.UiAction,
        budget: float,
        on_piece: OnPiece | None,
        on_progress: OnProgress | None,
    ) -> CommandOutcome:
        interaction = asked.interaction_id
        listener = Listener(on_piece, on_progress, asyncio.get_running_loop().time, budget)
        try:
            answer = await self._link.run(asked, listener)
        except Away as away:
            failure = _failure(_UNAVAILABLE, common.REASON_PLUGIN_UNAVAILABLE, str(away))
            failure.details["outcome"] = "unknown" if away.handed_over else "not_started"
            return CommandOutcome(interaction, failure=failure)
        assert isinstance(answer, app.CommandResult), "only commands are answered so"
        if answer.HasField("reply"):
            if answer.reply.streamed and not answer.reply.HasField("body"):
                answer.reply.body.plain = listener.whole
            return CommandOutcome(interaction, answer.plugin, reply=answer.reply)
        return CommandOutcome(interaction, answer.plugin, failure=answer.failure)

    # --- Requests from outside ---------------------------------------------------------------

    async def settings_pages(
        self, *, workspace: str = "", channel: str = "", user: str = ""
    ) -> list[app_settings.SettingsPage]:
        """A page for each plugin that has settings, as they are at one place.

        `channel` and `user` are ids. Raises SettingsError.
        """
        return await settings.pages(self._socket, workspace, channel, user)

    async def save_settings(
        self,
        plugin: str,
        values: Mapping[str, object],
        *,
        place: common_settings.SettingsPlace = settings.SERVER,
        who: common.Sender,
    ) -> settings.Saved:
        """Saves settings of a plugin, all of `values` or none, and waits for the plugin's word.

        None stands for what counts without a value. Who may is for the app to decide; `who` is for
        the record. Raises SettingsError.
        """
        return await settings.save(self._socket, plugin, values, place, who)

    async def http(self, request: app.HttpRequest, *, budget: float = HTTP_BUDGET) -> HttpAnswer:
        """Passes a request on to a plugin within `budget` seconds. Never raises.

        `request` says plugin, method, path (what follows the plugin's own part of the address),
        headers, the whole body in content, and user: who is signed in, if anyone is.
        """
        request.user = request.user or "anonymous"
        request.budget_us = int(budget * 1e6) if budget < HTTP_BUDGET else 0
        try:
            answer = await self._link.ask(request, budget)
        except Away as away:
            failure = _failure(_UNAVAILABLE, common.REASON_PLUGIN_UNAVAILABLE, str(away))
            failure.details["outcome"] = "unknown" if away.handed_over else "not_started"
            return HttpAnswer(failure=failure)
        assert isinstance(answer, app.HttpResponse), "only requests are answered so"
        if answer.HasField("failure"):
            return HttpAnswer(failure=answer.failure)
        return HttpAnswer(answer.status, dict(answer.headers), answer.content)


class _Unanswered(Exception):
    """The daemon answered with a failure instead of a verdict."""


def _outcome(answer: object, took: float) -> Outcome:
    assert isinstance(answer, app.InterceptResult), "only hooks are answered so"
    if answer.HasField("verdict"):
        return decided(answer.verdict, took)
    raise _Unanswered(answer.failure.message or "the daemon gave no verdict")


def _hello(name: str, node: str, version: str, public_url: str) -> app.AppHello:
    return app.AppHello(
        protocol=PROTOCOL,
        app=name,
        version=version,
        node=node,
        # Grows with every start, so that a restarted node replaces itself.
        epoch=time.time_ns() // 1000,
        dedupe=True,
        features=["chunks"],
        public_url=public_url,
    )


def _failure(code: int, reason: common.Reason, message: str) -> common.Failure:
    return common.Failure(code=code, reason=reason, message=message)
