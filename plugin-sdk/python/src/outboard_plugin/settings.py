"""Changes of settings: on their way through the author's handler, one after the other.

Each is answered once, within its time: gone by, or refused. Refuses to validate; the daemon has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, overload

from outboard_plugin.cause import Cause
from outboard_plugin.error import Refusal, note, readable, told
from outboard_plugin.handlers import Function
from outboard_plugin.host import Host
from outboard_plugin.link import Link
from outboard_plugin.outbox import Outbox
from outboard_plugin.places import shaped
from outboard_plugin.threads import Threads, within
from outboard_plugin.wire import configured, places, wire

T = TypeVar("T")

#: Changes that may wait: the daemon tells one, and what it takes back.
_WAITING = 16

#: Seconds that a change may take where the daemon does not say.
_BUDGET = 5.0

#: An answer that is late is none: a little sooner than the daemon gives up.
_SOONER = 0.9


class SettingsChange(Host):
    """Somebody has saved settings. A handler that returns goes by them; one that raises refuses.

    `settings()` is what counts until then. What was wrong is told to whoever saved it: `Refusal`
    in its own words, any other exception with its name.
    """

    def __init__(self, link: Link, changed: wire.SettingsChanged) -> None:
        super().__init__(link, Cause(), changed.place.workspace)
        self.wire = changed

    @overload
    def before(self) -> dict[str, Any]: ...
    @overload
    def before(self, into: Callable[..., T]) -> T: ...
    def before(self, into: Callable[..., Any] | None = None) -> Any:
        """What counted at that place until now, with defaults, without secrets; as `settings`."""
        return shaped(self.wire.before, into)

    @overload
    def after(self) -> dict[str, Any]: ...
    @overload
    def after(self, into: Callable[..., T]) -> T: ...
    def after(self, into: Callable[..., Any] | None = None) -> Any:
        """What is to count there."""
        return shaped(self.wire.after, into)

    @property
    def scope(self) -> str:
        """How far it reaches: `server`, `workspace`, `channel`, `user`; `wire.place` says whose."""
        word = places.SettingsScope.Name(self.wire.place.scope)
        return word.removeprefix("SETTINGS_SCOPE_").lower().replace("unspecified", "server")

    @property
    def secrets(self) -> Sequence[str]:
        """Secrets that change, by key. `secret` tells the new ones."""
        return list(self.wire.secrets)

    async def secret(self, key: str) -> str:
        """A secret as it is to count where the change was saved. Raises HostError."""
        place = self.wire.place
        request = configured.SettingsGetSecretRequest(
            key=key,
            workspace=place.workspace,
            channel=place.channel,
            user=place.user,
            change=self.wire.change,
        )
        return await self._secret(request)


class Changes:
    """The changes of one session."""

    def __init__(
        self, link: Link, outbox: Outbox, threads: Threads, handler: Function | None
    ) -> None:
        self._link = link
        self._outbox = outbox
        self._threads = threads
        self._handler = handler
        self._waiting: asyncio.Queue[wire.SettingsChanged] = asyncio.Queue(_WAITING)

    def put(self, changed: wire.SettingsChanged) -> None:
        """Handles it when its turn comes."""
        try:
            self._waiting.put_nowait(changed)
        except asyncio.QueueFull:
            self._answer(changed, "too many changes wait already")

    async def handle(self) -> None:
        """Handles changes as they come; never ends by itself."""
        while True:
            changed = await self._waiting.get()
            self._answer(changed, await self._go_by(changed))

    def _answer(self, changed: wire.SettingsChanged, refusal: str | None) -> None:
        # Of a session that began anew: nobody asked.
        if changed.change:
            ack = wire.SettingsAck(
                change=changed.change, refused=refusal is not None, reason=refusal or ""
            )
            self._outbox.push(wire.PluginFrame(settings=ack))

    async def _go_by(self, changed: wire.SettingsChanged) -> str | None:
        """Asks the author's handler, if there is one; why it does not want them."""
        of_server = changed.place.scope in (
            places.SETTINGS_SCOPE_UNSPECIFIED,
            places.SETTINGS_SCOPE_SERVER,
        )
        # What is taken back was perhaps never gone by.
        is_so = of_server and not changed.secrets and self._link.welcome.settings == changed.after
        if self._handler is not None and not is_so:
            refusal = await self._asked(self._handler, changed)
            if refusal is not None:
                return refusal
        self._link.known.is_newest(changed.change)
        if of_server:
            self._link.update(settings=changed.after)
        self._link.update(settings_narrowed=changed.narrowed)
        self._link.known.forget()
        return None

    async def _asked(self, handler: Function, changed: wire.SettingsChanged) -> str | None:
        budget = changed.budget_us / 1e6 * _SOONER or _BUDGET
        change = SettingsChange(self._link, changed)
        try:
            await within(budget, self._threads.invoke(handler, change))
        except asyncio.TimeoutError:
            return "the settings handler ran out of time"
        except Refusal as refusal:
            return readable(refusal)
        except Exception as error:
            note()
            return told(error)
        return None
