"""The same App for programs that do not run asyncio: Twisted, WSGI, plain threads.

Runs one asyncio loop on a thread of its own; every call returns a thread-safe future and nothing
here ever blocks the caller. Refuses to know which framework waits for the future.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

from outboard_app.app import COMMAND_BUDGET, HTTP_BUDGET, App
from outboard_app.gates import Gates
from outboard_app.link import OnCatalogue, OnEvent
from outboard_app.operations import Carries
from outboard_app.outcome import CommandOutcome, HttpAnswer, Outcome, Published
from outboard_app.requests import BotAccount, Decided, FollowUp, SendRequest
from outboard_app.settings import SERVER, Saved
from outboard_app.shown import Asset, OnShown, Shown
from outboard_app.signs import OnPiece, OnProgress
from outboard_app.wire import app, app_settings, common, common_settings

_T = TypeVar("_T")

#: Called on the SDK's thread: hand the work to your own and return a future of the message's id.
OnSendThreaded = Callable[[SendRequest], "Future[str]"]
OnFollowUpThreaded = Callable[[FollowUp], "Future[str]"]
OnDecidedThreaded = Callable[[Decided], "Future[str]"]
_A = TypeVar("_A")


class ThreadedApp(Gates["Future[Outcome]"]):
    """An App on a thread of its own. Methods mirror App's and return concurrent futures."""

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
        on_send: OnSendThreaded | None = None,
        on_follow_up: OnFollowUpThreaded | None = None,
        on_catalogue: OnCatalogue | None = None,
        subscriptions: Iterable[str] = (),
        on_event: OnEvent | None = None,
        on_decided: OnDecidedThreaded | None = None,
        carries: Carries | None = None,
        ui: Iterable[str] = (),
        on_shown: OnShown | None = None,
        bot_account: BotAccount | None = None,
    ) -> None:
        """As App. `on_send` and the others are called on the SDK's thread; those in `carries` are
        coroutines there, too.
        """
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=self._run, name="outboard", daemon=True)
        self._app = App(
            socket,
            app=app,
            node=node,
            version=version,
            hooks=hooks,
            events=events,
            operations=operations,
            workspaces=workspaces,
            public_url=public_url,
            on_send=_awaiting(on_send),
            on_follow_up=_awaiting(on_follow_up),
            on_catalogue=on_catalogue,
            subscriptions=subscriptions,
            on_event=on_event,
            on_decided=_awaiting(on_decided),
            carries=carries,
            ui=ui,
            on_shown=on_shown,
            bot_account=bot_account,
        )

    def start(self) -> None:
        """Starts the thread and begins to connect; returns at once. Once in a life."""
        # Not earlier: a loop made before a process forks is shared with its parent.
        self._loop = asyncio.new_event_loop()
        self._thread.start()
        self._loop.call_soon_threadsafe(self._app.start)

    def close(self, timeout: float = 5.0) -> None:
        """Ends the session and the thread. Blocks at most `timeout` seconds."""
        if not self._thread.is_alive():
            return
        closing = self._submit(self._close())
        closing.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._loop.stop))
        self._thread.join(timeout)

    @property
    def connected(self) -> bool:
        """Whether a session stands now."""
        return self._app.connected

    @property
    def commands(self) -> Mapping[str, common.CommandInfo]:
        """The commands that people may run, by name: the last catalogue received."""
        return self._app.commands

    @property
    def shown(self) -> Shown:
        """What plugins show now, of the kinds that `ui` names."""
        return self._app.shown

    def wait_connected(self, timeout: float) -> Future[bool]:
        """As App.wait_connected."""
        return self._submit(self._app.wait_connected(timeout))

    def intercept(
        self, payload: common.HookPayload, *, workspace: str = "", budget: float | None = None
    ) -> Future[Outcome]:
        """As App.intercept: the future never fails, not even before `start` and after `close`."""
        try:
            return self._submit(self._app.intercept(payload, workspace=workspace, budget=budget))
        except RuntimeError as error:
            alone: Future[Outcome] = Future()
            alone.set_result(self._app.decide_alone(payload, str(error)))
            return alone

    def before_post(
        self, message: common.Message, *, workspace: str = "", budget: float | None = None
    ) -> Future[Outcome]:
        """As App.before_post."""
        payload = common.HookPayload(before_post=message)
        return self.intercept(payload, workspace=workspace, budget=budget)

    def before_edit(
        self, edit: common.Edit, *, workspace: str = "", budget: float | None = None
    ) -> Future[Outcome]:
        """As App.before_edit."""
        payload = common.HookPayload(before_edit=edit)
        return self.intercept(payload, workspace=workspace, budget=budget)

    def before_delete(
        self, delete: common.Delete, *, workspace: str = "", budget: float | None = None
    ) -> Future[Outcome]:
        """As App.before_delete."""
        payload = common.HookPayload(before_delete=delete)
        return self.intercept(payload, workspace=workspace, budget=budget)

    def publish(self, event: common.Event, *, timeout: float = 5.0) -> Future[Published]:
        """As App.publish."""
        return self._submit(self._app.publish(event, timeout=timeout))

    def run_command(
        self,
        command: app.RunCommand,
        *,
        budget: float = COMMAND_BUDGET,
        on_piece: OnPiece | None = None,
        on_progress: OnProgress | None = None,
    ) -> Future[CommandOutcome]:
        """As App.run_command. `on_piece` and `on_progress` are called on the SDK's thread."""
        return self._submit(
            self._app.run_command(
                command, budget=budget, on_piece=on_piece, on_progress=on_progress
            )
        )

    def act(
        self,
        action: app.UiAction,
        *,
        budget: float = COMMAND_BUDGET,
        on_piece: OnPiece | None = None,
        on_progress: OnProgress | None = None,
    ) -> Future[CommandOutcome]:
        """As App.act. `on_piece` and `on_progress` are called on the SDK's thread."""
        return self._submit(
            self._app.act(action, budget=budget, on_piece=on_piece, on_progress=on_progress)
        )

    def asset(self, plugin: str, sha256: str, *, timeout: float = 10.0) -> Future[Asset]:
        """As App.asset."""
        return self._submit(self._app.asset(plugin, sha256, timeout=timeout))

    def autocomplete(self, typed: app.Autocomplete) -> Future[list[str]]:
        """As App.autocomplete."""
        return self._submit(self._app.autocomplete(typed))

    def cancel(self, interaction_id: str) -> None:
        """As App.cancel. Returns at once."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._app.cancel, interaction_id)

    def settings_pages(
        self, *, workspace: str = "", channel: str = "", user: str = ""
    ) -> Future[list[app_settings.SettingsPage]]:
        """A page for each plugin that has settings; its result may be a SettingsError."""
        wanted = self._app.settings_pages(workspace=workspace, channel=channel, user=user)
        return self._submit(wanted)

    def save_settings(
        self,
        plugin: str,
        values: Mapping[str, object],
        *,
        place: common_settings.SettingsPlace = SERVER,
        who: common.Sender,
    ) -> Future[Saved]:
        """Saves settings of a plugin, all of them or none; as `App.save_settings`."""
        return self._submit(self._app.save_settings(plugin, values, place=place, who=who))

    def http(self, request: app.HttpRequest, *, budget: float = HTTP_BUDGET) -> Future[HttpAnswer]:
        """As App.http."""
        return self._submit(self._app.http(request, budget=budget))

    def _submit(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        try:
            if not self._thread.is_alive():
                raise RuntimeError("not started, or closed")
            return asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:
            work.close()
            raise

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    async def _close(self) -> None:
        await self._app.close()
        # Nobody's future stays without an end.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _awaiting(
    handler: Callable[[_A], Future[str]] | None,
) -> Callable[[_A], Coroutine[Any, Any, str]] | None:
    if handler is None:
        return None

    async def carry_out(request: _A) -> str:
        return await asyncio.wrap_future(handler(request))

    return carry_out
