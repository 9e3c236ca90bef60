"""What waits to be said to the daemon, in the order of its urgency.

Calls and answers go first and belong to one session. Events follow, as far as the daemon's credit
reaches, and are kept until it has acknowledged them, also across sessions. Refuses to know how a
frame is written.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque

from outboard_app.wire import CREDIT_BYTES, FRAME_BYTES, app, common

#: Frames other than events that may wait. A daemon that takes none of them has stopped reading.
_FRAMES = 1_024

#: Events, and their bytes, kept while the daemon is away.
_EVENTS = 10_000
_EVENT_BYTES = 8 * 1024 * 1024

#: Bytes in one piece of a body.
_PIECE = 32 * 1024


class Full(Exception):
    """The daemon does not read as fast as the app speaks."""


class Outbox:
    """Bounded queues of what is still to be said."""

    def __init__(self) -> None:
        self._urgent: deque[app.AppFrame] = deque()
        self._unsent: OrderedDict[int, app.AppFrame] = OrderedDict()
        self._unacknowledged: OrderedDict[int, app.AppFrame] = OrderedDict()
        self._bodies: deque[tuple[int, bytes, int]] = deque()
        self._event_bytes = 0
        self._credit = CREDIT_BYTES
        # Bytes whose acknowledgement came before their credit.
        self._ahead = 0
        self._wake = asyncio.Event()

    def say(self, frame: app.AppFrame) -> None:
        """Queues a call or an answer. Raises Full."""
        if len(self._urgent) >= _FRAMES:
            raise Full("the daemon reads too slowly")
        self._urgent.append(frame)
        self._wake.set()

    def keep(self, event: app.Publish) -> list[int]:
        """Queues an event; returns the ids of older events that had to give way."""
        self._unsent[event.id] = app.AppFrame(publish=event)
        self._event_bytes += event.ByteSize()
        self._wake.set()
        dropped = []
        while len(self._unsent) + len(self._unacknowledged) > _EVENTS or (
            self._event_bytes > _EVENT_BYTES
        ):
            dropped.append(self._drop_oldest())
        return dropped

    def send_body(self, stream: int, body: bytes) -> None:
        """Queues a body, which goes piece by piece after everything else."""
        self._bodies.append((stream, body, 0))
        self._wake.set()

    def drop_body(self, stream: int) -> None:
        """What is left of a body need not go any more."""
        self._bodies = deque(body for body in self._bodies if body[0] != stream)

    def acknowledged(self, event: int) -> None:
        """The daemon has the event, so it has taken it off the stream too."""
        frame = self._unacknowledged.pop(event, None)
        if frame is not None:
            self._event_bytes -= frame.publish.ByteSize()
            self._ahead += frame.ByteSize()
            self._return(frame.ByteSize())

    def credited(self, granted: int) -> None:
        """The daemon has taken `granted` bytes of events off the stream."""
        known = min(granted, self._ahead)
        self._ahead -= known
        self._return(granted - known)

    def new_session(self) -> None:
        """Forgets what belonged to the last session; unacknowledged events are said again."""
        self._urgent.clear()
        self._bodies.clear()
        self._unacknowledged.update(self._unsent)
        self._unsent, self._unacknowledged = self._unacknowledged, OrderedDict()
        self._credit = CREDIT_BYTES
        self._ahead = 0
        self._wake.set()

    async def next(self) -> app.AppFrame:
        """The next frame to write; waits until there is one."""
        while (frame := self._take()) is None:
            self._wake.clear()
            await self._wake.wait()
        return frame

    def _return(self, weight: int) -> None:
        self._credit = min(CREDIT_BYTES, self._credit + weight)
        self._wake.set()

    def _take(self) -> app.AppFrame | None:
        if self._urgent:
            return self._urgent.popleft()
        if not self._unsent:
            return self._take_piece()
        event, frame = next(iter(self._unsent.items()))
        weight = frame.ByteSize()
        if weight > self._credit:
            return None
        self._credit -= weight
        self._unacknowledged[event] = self._unsent.pop(event)
        return frame

    def _take_piece(self) -> app.AppFrame | None:
        """The next piece of the body in turn, if the credit leaves an event its room."""
        if not self._bodies:
            return None
        stream, body, sent = self._bodies[0]
        data = body[sent : sent + _PIECE]
        last = sent + len(data) == len(body)
        frame = app.AppFrame(chunk=common.Chunk(stream=stream, data=data, last=last))
        weight = frame.ByteSize()
        if weight + FRAME_BYTES > self._credit:
            return None
        self._credit -= weight
        self._bodies.popleft()
        if not last:
            # Behind the others: bodies take turns.
            self._bodies.append((stream, body, sent + len(data)))
        return frame

    def _drop_oldest(self) -> int:
        queue = self._unacknowledged or self._unsent
        event, frame = queue.popitem(last=False)
        self._event_bytes -= frame.publish.ByteSize()
        return event
