"""Frames on their way to the daemon.

Refuses to know what a frame means, but for the size it may have and the feature it needs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection

from outboard_plugin.error import HostError, SessionLost
from outboard_plugin.wire import CREDIT_BYTES, FRAME_BYTES, common, wire

#: Optional parts of the protocol that this SDK understands, as they stand in Hello.
FEATURES = ("progress", "partial", "chunks", "defer", "log", "settings", "grants", "lifecycle")

#: Frames that handlers may have waiting. Enough to fill a few writes, and little memory.
_ROOM = 256


class Outbox:
    """Frames of one session."""

    def __init__(self) -> None:
        # What is owed is bounded by what came in, what is volunteered by _ROOM.
        self._frames: deque[wire.PluginFrame] = deque()
        self._more = asyncio.Event()
        self._changed = asyncio.Event()
        self._closed = False
        self._loop = asyncio.get_running_loop()
        self._agreed: Collection[str] = ()
        self._credit = CREDIT_BYTES
        self._streams = 0

    def push(self, frame: wire.PluginFrame) -> None:
        """Queues what is owed: answers, acknowledgements, control."""
        if not self._closed:
            self._frames.append(frame)
            self._more.set()

    def push_from_anywhere(self, frame: wire.PluginFrame, otherwise: Callable[[], None]) -> None:
        """The same from any thread; `otherwise` where it would go nowhere any more."""

        def queue() -> None:
            if self._closed:
                otherwise()
            else:
                self.push(frame)

        # At once where it is known already, in its turn where it is not.
        if self._closed:
            return otherwise()
        try:
            self._loop.call_soon_threadsafe(queue)
        except RuntimeError:
            # The loop has ended.
            return otherwise()

    async def offer(self, frame: wire.PluginFrame) -> None:
        """Queues what a handler volunteers, when there is room; not without the feature."""
        _fits(frame)
        kind = frame.WhichOneof("kind")
        if kind in ("progress", "partial") and not self.understands(kind):
            return
        while len(self._frames) >= _ROOM and not self._closed:
            await self._change()
        if self._closed:
            raise SessionLost
        self.push(frame)

    async def send_chunk(self, chunk: common.Chunk) -> None:
        """Queues a piece of a body, when there is room and credit."""
        frame = wire.PluginFrame(chunk=chunk)
        _fits(frame)
        size = frame.ByteSize()
        while (self._credit < size or len(self._frames) >= _ROOM) and not self._closed:
            await self._change()
        if self._closed:
            raise SessionLost
        self._credit -= size
        self.push(frame)

    async def next(self) -> wire.PluginFrame | None:
        """The next frame to write; None once the outbox is closed and empty."""
        while not self._frames:
            if self._closed:
                return None
            self._more.clear()
            await self._more.wait()
        frame = self._frames.popleft()
        self._changed.set()
        return frame

    def next_stream(self) -> int:
        """A number for a body's chunks, never given twice in a session."""
        self._streams += 1
        return self._streams

    def credited(self, bytes: int) -> None:
        """The daemon has taken so many bytes of chunks."""
        self._credit = min(self._credit + bytes, CREDIT_BYTES)
        self._changed.set()

    def agree(self, features: Collection[str]) -> None:
        """Remembers which features both sides name."""
        self._agreed = features

    def understands(self, feature: str) -> bool:
        return feature in self._agreed

    @property
    def is_crowded(self) -> bool:
        """What can be left out should be."""
        return len(self._frames) >= _ROOM

    def close(self) -> None:
        """Lets the stream end once everything queued is written."""
        self._closed = True
        self._more.set()
        self._changed.set()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


def _fits(frame: wire.PluginFrame) -> None:
    size = frame.ByteSize()
    if size > FRAME_BYTES:
        raise HostError("FRAME_TOO_LARGE", f"{size} bytes, a frame may have {FRAME_BYTES}")
