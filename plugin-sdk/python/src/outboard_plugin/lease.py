"""How long a handler may go on, and what became of it.

The daemon keeps the same clock and is the one that counts. Refuses to know what the handler does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

#: Seconds that one sign of progress buys, and that all of them together buy.
_RENEWAL = 30.0
_WHOLE = 15 * 60.0


class Lease:
    """A deadline that can move away, never closer. Ends its task when it is over."""

    def __init__(self, budget: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._budget = budget
        self.until = self._loop.time() + budget
        self._latest = self._loop.time() + _WHOLE
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        #: The handler ran out of time.
        self.is_over = False

    @property
    def remaining(self) -> float:
        """Seconds left; 0 if none are."""
        return max(0.0, self.until - self._loop.time())

    def renew(self) -> None:
        """The handler works: 30 s more, 15 minutes in all."""
        self.until = max(self.until, min(self._loop.time() + _RENEWAL, self._latest))

    def restart(self) -> None:
        """The handler has said something: the budget begins anew."""
        self.until = max(self.until, self._loop.time() + self._budget)

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begins the work, which is cancelled when the lease is over."""
        self._task = self._loop.create_task(work)
        self._timer = self._loop.call_at(self.until, self._check)
        self._task.add_done_callback(self._done)
        return self._task

    def _check(self) -> None:
        if self._loop.time() < self.until:
            self._timer = self._loop.call_at(self.until, self._check)
        elif self._task is not None:
            self.is_over = True
            self._task.cancel()

    def _done(self, _: asyncio.Task[None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
