"""What a plugin may do has changed, as a handler sees it.

News, not a question: it counts before the handler is told. Refuses to know who granted what.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

from outboard_plugin.cause import Cause
from outboard_plugin.error import note
from outboard_plugin.handlers import Function
from outboard_plugin.host import Host
from outboard_plugin.link import Link
from outboard_plugin.threads import Threads, within
from outboard_plugin.wire import wire


class GrantsChange(Host):
    """The operator has granted, withdrawn or narrowed something. It counts already.

    What several changes came to is told at once where a handler was still at work on one before.
    """

    def __init__(self, link: Link, before: Sequence[str], after: Sequence[str]) -> None:
        super().__init__(link, Cause())
        #: What it could do until now, each with its limits: `messages:send@channels=town-*`.
        self.before = before
        #: What it may do now, said likewise.
        self.after = after

    @property
    def gained(self) -> Sequence[str]:
        """Permissions that it has now and had not before, such as `messages:send`."""
        return _without(self.after, self.before)

    @property
    def lost(self) -> Sequence[str]:
        """Permissions that it has no more."""
        return _without(self.before, self.after)

    @property
    def limited(self) -> Sequence[str]:
        """Permissions that it had and has, limited otherwise: narrowed, or as wide as before."""
        had = {_name(grant) for grant in self.before}
        other = (grant for grant in self.after if grant not in self.before)
        return [_name(grant) for grant in other if _name(grant) in had]


class GrantsNews:
    """What the handler of one process was told last, over all its sessions."""

    def __init__(self, link: Link, threads: Threads, handler: Function | None) -> None:
        self._link = link
        self._threads = threads
        self._handler = handler
        self._told: Sequence[str] = ()
        self._news = asyncio.Event()
        self._busy = asyncio.Lock()

    def begin(self) -> None:
        """The start handler will see what counts now for itself."""
        self._told = _words(self._link.welcome)

    def look(self) -> None:
        """There may be something to tell."""
        self._news.set()

    async def tell(self) -> None:
        """Tells the author's handler of changes as they come; never ends by itself."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self.tell_now()

    async def tell_now(self) -> None:
        """Tells what changed since the handler was told last, if anything did."""
        async with self._busy:
            before, after = self._told, _words(self._link.welcome)
            if self._handler is None or before == after:
                return
            try:
                change = GrantsChange(self._link, before, after)
                await within(None, self._threads.invoke(self._handler, change))
            except Exception:
                note()
            # Only now: a handler that went down with its session is told again in the next one.
            self._told = after


def _words(welcome: wire.Welcome) -> Sequence[str]:
    # An older daemon says no limits.
    return list(welcome.scoped_grants or welcome.grants)


def _name(grant: str) -> str:
    return grant.partition("@")[0]


def _without(these: Iterable[str], those: Iterable[str]) -> Sequence[str]:
    known = {_name(grant) for grant in those}
    return [_name(grant) for grant in these if _name(grant) not in known]
