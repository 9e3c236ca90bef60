"""Messages that keep coming while something goes wrong.

Refuses to know what goes wrong.
"""

from __future__ import annotations

import asyncio
import statistics
from types import TracebackType

from homeserver import Person, Sent

#: Seconds between two messages.
_PACE = 0.05

#: Seconds that messages may take to come back.
_PATIENCE = 60


class Traffic:
    """Sends numbered messages, one every 50 ms whether or not the last has come back."""

    def __init__(self, person: Person, room_id: str, word: str) -> None:
        self._person = person
        self._room = room_id
        self._word = word
        self._sending: list[asyncio.Task[Sent]] = []
        self._pacing: asyncio.Task[None] | None = None
        self._came_back = asyncio.Condition()
        self.sent: list[Sent] = []

    async def __aenter__(self) -> Traffic:
        self._pacing = asyncio.ensure_future(self._pace())
        await self.more(5)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._pacing is not None
        self._pacing.cancel()
        await asyncio.gather(self._pacing, return_exceptions=True)
        results = await asyncio.gather(*self._sending, return_exceptions=True)
        # A message that was neither sent nor refused is a fault of its own.
        for result in results:
            if error is None and isinstance(result, BaseException):
                raise result

    async def more(self, count: int) -> None:
        """Waits until `count` more messages have come back."""
        wanted = len(self.sent) + count
        async with self._came_back:
            await asyncio.wait_for(
                self._came_back.wait_for(lambda: len(self.sent) >= wanted), _PATIENCE
            )

    @property
    def delivered(self) -> list[Sent]:
        return [sent for sent in self.sent if sent.event_id]

    @property
    def refused(self) -> list[Sent]:
        return [sent for sent in self.sent if not sent.event_id]

    def figures(self) -> str:
        """How many, and how long they took, for people."""
        seconds = sorted(sent.seconds * 1e3 for sent in self.sent)
        counts = f"{len(self.delivered)} delivered, {len(self.refused)} refused"
        return f"{counts}; p50 {statistics.median(seconds):.0f} ms, max {seconds[-1]:.0f} ms"

    async def _pace(self) -> None:
        while True:
            text = f"{self._word} {len(self._sending)}"
            self._sending.append(asyncio.ensure_future(self._send(text)))
            await asyncio.sleep(_PACE)

    async def _send(self, text: str) -> Sent:
        sent = await self._person.send(self._room, text)
        async with self._came_back:
            self.sent.append(sent)
            self._came_back.notify_all()
        return sent
