"""Bodies that come in pieces: from the session's reader to the handler that reads them.

The reader never waits: a piece is kept until its handler takes it; the daemon bounds what all of
them together may hold. Refuses to know what a body is for.
"""

from __future__ import annotations

import asyncio
from collections import deque

from outboard_plugin.wire import BODY_BYTES, common


class BrokenOff(Exception):
    """Whoever sent the body gave it up; says why."""


class Pipe:
    """One body."""

    def __init__(self) -> None:
        self._pieces: deque[bytes] = deque()
        self._bytes = 0
        self._ended = False
        self._broke: str | None = None
        self._more = asyncio.Event()

    def put(self, chunk: common.Chunk) -> None:
        if self._ended:
            return
        self._bytes += len(chunk.data)
        if chunk.data:
            self._pieces.append(chunk.data)
        if chunk.abort:
            self._broke = chunk.abort
        elif self._bytes > BODY_BYTES:
            # The daemon lets none through that large; a fence against one that does.
            self._pieces.clear()
            self._broke = "it is larger than any may be"
        self._ended = chunk.last or self._broke is not None
        self._more.set()

    async def next(self) -> bytes | None:
        """The next piece; None at the end. Raises BrokenOff."""
        while not self._pieces:
            if self._broke is not None:
                raise BrokenOff(f"the body broke off: {self._broke}")
            if self._ended:
                return None
            self._more.clear()
            await self._more.wait()
        return self._pieces.popleft()


class Bodies:
    """Bodies that one session is sending us."""

    def __init__(self) -> None:
        self._open: dict[int, Pipe] = {}

    def open(self, stream: int) -> Pipe:
        """Expects the pieces of a stream from now on."""
        return self._open.setdefault(stream, Pipe())

    def forget(self, stream: int) -> None:
        """Nobody reads it any more."""
        self._open.pop(stream, None)

    def put(self, chunk: common.Chunk) -> None:
        """Takes a piece. One of a stream that nobody expects is dropped."""
        ends = chunk.last or bool(chunk.abort)
        pipe = self._open.pop(chunk.stream, None) if ends else self._open.get(chunk.stream)
        if pipe is not None:
            pipe.put(chunk)
