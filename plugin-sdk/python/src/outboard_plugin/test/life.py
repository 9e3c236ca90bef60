"""What happens around a plugin under test: settings, grants, milestones, another app.

A part of the harness. Refuses to know a schema: what a test saves is saved.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from outboard_plugin.process import Process
from outboard_plugin.test.daemon import FakeDaemon
from outboard_plugin.test.host import FakeHost
from outboard_plugin.test.outcome import Failed
from outboard_plugin.wire import common, places, wire

#: Seconds that a settings handler may take, as in the daemon.
_BUDGET = 5.0


class Refused(Exception):
    """The plugin does not want settings that were saved; says why."""


class Life:
    """The harness's part that is the operator, the app, and time."""

    daemon: FakeDaemon
    process: Process
    _host: FakeHost
    _number: int

    def _next(self) -> int:
        self._number += 1
        return self._number

    # --- Settings -----------------------------------------------------------------------------

    def settings_at(
        self, settings: Mapping[str, Any], *, channel: str = "", user: str = ""
    ) -> None:
        """What counts in one channel, or for one person, as if it had been so before.

        All that is not said is as on the whole server.
        """
        counts = json.loads(self.process.link.welcome.settings or "{}")
        self._host.settings[channel, user] = json.dumps({**counts, **settings})
        self.process.link.update(settings_narrowed=True)
        self.process.link.known.forget()

    @property
    def registered_settings(self) -> Mapping[str, Any] | None:
        """The schema of the settings that the plugin has registered, if it has."""
        return self._host.registered

    def secret(self, key: str, value: str) -> None:
        """A secret setting, as if it had been so before."""
        self._host.secrets[key] = value

    async def change_settings(
        self,
        settings: Mapping[str, Any],
        *,
        secrets: Mapping[str, str] | None = None,
        budget: float = _BUDGET,
    ) -> None:
        """Somebody saves these for the whole server; all that is not said stays as it is.

        The plugin goes by them unless its handler refuses: raises Refused.
        """
        before = self.process.link.welcome.settings or "{}"
        after = json.dumps({**json.loads(before), **settings})
        changed = wire.SettingsChanged(
            change=self._next(),
            before=before,
            after=after,
            place=places.SettingsPlace(scope=places.SETTINGS_SCOPE_SERVER),
            secrets=list(secrets or ()),
            budget_us=int(budget * 1e6),
            narrowed=bool(self._host.settings),
        )
        self._host.saving = (changed.change, dict(secrets or {}))
        self.daemon.say(settings=changed)
        ack = await self._told("settings", "change", changed.change)
        self._host.saving = (0, {})
        if ack.refused:
            raise Refused(ack.reason)
        self._host.secrets.update(secrets or {})

    # --- Grants -------------------------------------------------------------------------------

    async def change_grants(self, grants: Iterable[str]) -> None:
        """The operator grants, withdraws or narrows: from now on these count.

        Each with its limits if it has any: `messages:send@channels=town-*`. Waits until the
        plugin's handler has been told.
        """
        scoped = list(grants)
        self.daemon.say(grants=wire.GrantsChanged(grants=names_of(scoped), scoped_grants=scoped))
        await self._taken()
        await self.process.grants.tell_now()

    # --- Milestones, and the app --------------------------------------------------------------

    async def installed(self) -> None:
        """The plugin has never run here before. Raises Failed."""
        await self._milestone(wire.LIFECYCLE_KIND_INSTALLED)

    async def upgraded(self, from_: str) -> None:
        """That version ran here before. Raises Failed."""
        await self._milestone(wire.LIFECYCLE_KIND_UPGRADED, from_)

    async def uninstalled(self) -> None:
        """The plugin is being unloaded. Raises Failed."""
        await self._milestone(wire.LIFECYCLE_KIND_UNINSTALLED)

    async def app_changed(
        self, name: str = "", *, operations: Sequence[str] = (), **of: Any
    ) -> None:
        """Another app connects, or none is there. Waits until the plugin's handler is done."""
        app = wire.AppInfo(name=name, operations=operations, **of)
        self.daemon.say(app=wire.AppChanged(app=app))
        await self._taken()
        await self.process.app_told()

    async def _milestone(self, kind: wire.LifecycleKind, before: str = "") -> None:
        id = self._next()
        # The field's name is a word of the language.
        of: dict[str, Any] = {"id": id, "kind": kind, "from": before, "budget_us": 5_000_000}
        self.daemon.say(lifecycle=wire.Lifecycle(**of))
        ack = await self._told("lifecycle", "id", id)
        if ack.HasField("failure"):
            raise Failed(ack.failure)

    # --- Frames -------------------------------------------------------------------------------

    async def _taken(self) -> None:
        """Waits until the plugin has taken everything that was said so far."""
        nonce = self._next()
        self.daemon.say(ping=common.Ping(nonce=nonce))
        await self._told("pong", "nonce", nonce)

    async def _told(self, kind: str, key: str, number: int) -> Any:
        def found() -> list[Any]:
            frames = (getattr(frame, kind) for frame in self.daemon.heard(kind))
            return [frame for frame in frames if getattr(frame, key) == number]

        await self.daemon.until(lambda: bool(found()))
        return found()[0]


def names_of(grants: Iterable[str]) -> list[str]:
    """Permissions without their limits."""
    return [grant.partition("@")[0] for grant in grants]
