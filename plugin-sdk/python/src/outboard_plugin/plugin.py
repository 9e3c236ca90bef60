"""What an author makes and runs: a plugin with its handlers.

Collects functions and refuses to know how they are called.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from outboard_plugin import logs
from outboard_plugin.error import NotStarted
from outboard_plugin.handlers import Handlers, Kind
from outboard_plugin.manifest import Manifest
from outboard_plugin.process import Environment, Process

F = TypeVar("F", bound=Callable[..., Any])


class Plugin:
    """A plugin. Its name and version are those of the plugin.toml beside the code, or above it.

    Handlers are async functions, or plain ones, which run on threads. They must be those that the
    manifest declares.
    """

    def __init__(self, manifest: str | Path | None = None) -> None:
        code = sys._getframe(1).f_globals.get("__file__")
        self._code = Path(code) if code else None
        self._path = Path(manifest) if manifest else None
        self.handlers = Handlers()

    # --- Handlers -----------------------------------------------------------------------------

    def hook(self, name: str) -> Callable[[F], F]:
        """Asked before something happens, such as `message.before_post`: given a `Hook`."""
        return self._register(Kind.HOOK, name)

    def event(self, *types: str) -> Callable[[F], F]:
        """Told what has happened, such as `message.posted`: given an `Event`."""
        return self._register(Kind.EVENT, *types)

    def command(self, name: str) -> Callable[[F], F]:
        """Runs a command, written without the slash: given a `Command`, and its arguments by name.

        "todo add" is a subcommand's; "todo" runs those without a handler of their own. A handler
        that yields strings streams its reply.
        """
        return self._register(Kind.COMMAND, name)

    def action(self, component: str) -> Callable[[F], F]:
        """Answers what people do to something that this plugin shows: given an `Action`.

        What its fields hold comes by name, too: `async def press(ctx, choice: str)`.
        """
        return self._register(Kind.ACTION, component)

    def modal(self, modal: str) -> Callable[[F], F]:
        """Takes a form that a reply opened: given an `Action`, and its fields by name."""
        return self._register(Kind.MODAL, modal)

    def schedule(self, name: str) -> Callable[[F], F]:
        """Told when the manifest's schedule has come round: given an `Event`."""
        return self._register(Kind.SCHEDULE, name)

    def method(self, name: str) -> Callable[[F], F]:
        """Answers other plugins' calls: given a `PluginCall`."""
        return self._register(Kind.METHOD, name)

    def http(self, route: str) -> Callable[[F], F]:
        """Answers requests for a route, written as in the manifest: given a `Request`."""
        return self._register(Kind.HTTP, route)

    def autocomplete(self, command: str, argument: str) -> Callable[[F], F]:
        """Says what may be offered while an argument is typed: given a `Typing`."""
        return self._register(Kind.AUTOCOMPLETE, f"{command} {argument}")

    def on_start(self, function: F) -> F:
        """Runs once per process, before the first call may come: given a `Start`.

        Raise, and the start is tried again; raise `Fatal`, and it is not.
        """
        return self._register(Kind.START, "")(function)

    def on_settings_changed(self, function: F) -> F:
        """Asked when somebody has saved settings: given a `SettingsChange`.

        Return, and the plugin goes by them from then on; raise, best a `Refusal`, or take longer
        than a call may, and what was before goes on counting, and who saved it reads why. Without a
        handler every change is gone by.
        """
        return self._register(Kind.SETTINGS, "")(function)

    def on_grants_changed(self, function: F) -> F:
        """Told when the operator grants, withdraws or narrows something: given a `GrantsChange`.

        It counts by then. Withdrawing a required permission stops the plugin instead.
        """
        return self._register(Kind.GRANTS, "")(function)

    def on_app_changed(self, function: F) -> F:
        """Runs when the connected app is another, does something else, or is gone: given a `Host`.

        `app` is what is there now.
        """
        return self._register(Kind.APP, "")(function)

    def on_installed(self, function: F) -> F:
        """Runs when the plugin has never run here, or was unloaded since: given a `Milestone`.

        It is ready by then: calls may come meanwhile. Raise, and it runs again at the next start.
        """
        return self._register(Kind.INSTALLED, "")(function)

    def on_upgraded(self, function: F) -> F:
        """Runs when another version ran here before: given a `Milestone`, whose `from_` it is.

        As with `on_installed` calls may come meanwhile, and after an error it runs again.
        """
        return self._register(Kind.UPGRADED, "")(function)

    def on_uninstalled(self, function: F) -> F:
        """Runs before the plugin is unloaded, if it runs then: given a `Milestone`; it has 5 s.

        What the plugin keeps stays unless the operator drops it.
        """
        return self._register(Kind.UNINSTALLED, "")(function)

    def on_drain(self, function: F) -> F:
        """Runs when no new work will come; what is under way goes on. Given nothing."""
        return self._register(Kind.DRAIN, "")(function)

    def on_shutdown(self, function: F) -> F:
        """Runs last, within half of the time that the daemon gives, 5 s. Given nothing."""
        return self._register(Kind.SHUTDOWN, "")(function)

    def _register(self, kind: Kind, *names: str) -> Callable[[F], F]:
        def remember(function: F) -> F:
            for name in names:
                self.handlers.add(kind, name, function)
            return function

        return remember

    # --- Running ------------------------------------------------------------------------------

    @property
    def manifest(self) -> Manifest:
        """The plugin.toml. Raises NotStarted where there is none."""
        return Manifest.read(self._path) if self._path else Manifest.find(self._code)

    def run(self) -> None:
        """Runs the plugin until it is told to end, and ends the process: the last line."""

        async def to_its_end() -> None:
            code = await self._run()
            sys.stdout.flush()
            sys.stderr.flush()
            # Here, where the loop still runs: neither a plain handler that never returns nor an
            # async one that goes on although it is cancelled must keep the process.
            os._exit(code)

        asyncio.run(to_its_end())

    async def serve(self, environment: Environment) -> None:
        """Runs the plugin in a loop that is there already. Raises NotStarted."""
        await Process(self.handlers, self.manifest, environment).serve()

    async def _run(self) -> int:
        try:
            manifest = self.manifest
            faults = manifest.faults(self.handlers)
            print("\n".join(faults), end="\n" if faults else "", file=sys.stderr, flush=True)
            # Dialled all the same: the daemon then gives the plugin up, and says both lists, too.
            process = Process(self.handlers, manifest, Environment.read())
            logs.install()
            process.stop_at_sigterm()
            await process.serve()
        except NotStarted as why:
            print(why, file=sys.stderr, flush=True)
            return 1
        return 0
