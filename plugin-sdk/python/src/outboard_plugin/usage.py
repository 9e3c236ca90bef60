"""What a plugin notes of its own use: kept together for a moment, then told.

Nothing here waits and nothing fails: what there is no room for, or nobody to tell, is dropped and
counted. Refuses to know handlers.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from outboard_plugin.cause import Cause
from outboard_plugin.error import HostError
from outboard_plugin.wire import usage

if TYPE_CHECKING:
    from outboard_plugin.link import Link

#: Seconds that records are kept together.
_TOGETHER = 0.2
#: Uses that wait at most; the daemon takes as many at once.
_USES = 256
#: Counters that wait at most; the daemon keeps as many of a plugin.
_COUNTERS = 64

_Counter = tuple[str, tuple[tuple[str, str], ...]]


class Usage:
    """What waits to be told. Handlers of any thread may add to it."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._uses: list[usage.TrackedUse] = []
        self._counts: dict[_Counter, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._telling: asyncio.Task[None] | None = None
        #: Records that were dropped before the daemon was told.
        self.dropped = 0

    def begin(self) -> None:
        """A session stands, in the loop that runs now."""
        self._loop = asyncio.get_running_loop()
        self._later()

    def track(self, action: str, value: float | None, metadata: Mapping[str, str]) -> None:
        """Something was used."""
        use = usage.TrackedUse(action=action, metadata=metadata, at_us=time.time_ns() // 1000)
        if value is not None:
            use.value = value
        with self._lock:
            if len(self._uses) < _USES:
                self._uses.append(use)
            else:
                self.dropped += 1
        self._wake()

    def count(self, name: str, by: int, labels: Mapping[str, str]) -> None:
        """A number grew; by nothing or less is no growth."""
        key = (name, tuple(sorted(labels.items())))
        with self._lock:
            if by > 0 and (key in self._counts or len(self._counts) < _COUNTERS):
                self._counts[key] = self._counts.get(key, 0) + by
            elif by > 0:
                self.dropped += 1
        self._wake()

    async def flush(self) -> None:
        """Tells what waits now."""
        with self._lock:
            uses, self._uses = self._uses, []
            counts, self._counts = self._counts, {}
        if uses:
            await self._tell("Usage/Track", usage.TrackRequest(uses=uses), len(uses))
        if counts:
            counted = [
                usage.Counted(name=name, labels=dict(labels), by=min(by, 1 << 53))
                for (name, labels), by in counts.items()
            ]
            await self._tell("Usage/Count", usage.CountRequest(counts=counted), len(counted))

    async def _tell(
        self, method: str, request: usage.TrackRequest | usage.CountRequest, records: int
    ) -> None:
        try:
            await self._link.ask(method, request, usage.UsageTaken, Cause(), at_most=5)
        except HostError:
            with self._lock:
                self.dropped += records

    def _wake(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._later)

    def _later(self) -> None:
        waits = self._uses or self._counts
        if waits and (self._telling is None or self._telling.done()):
            self._telling = asyncio.ensure_future(self._soon())

    async def _soon(self) -> None:
        while self._uses or self._counts:
            await asyncio.sleep(_TOGETHER)
            await self.flush()
