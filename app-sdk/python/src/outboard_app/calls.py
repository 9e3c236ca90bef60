"""The calls under way on a session, by id, and whether the daemon still seems to listen.

Refuses to know what was asked.
"""

from __future__ import annotations

import asyncio
from typing import Any

#: Calls in a row that ended unanswered, with no frame of any kind meanwhile, after which the
#: daemon counts as away until it says something.
_SILENT_AFTER = 3


class Away(Exception):
    """The daemon cannot be asked, or went away before it answered."""

    def __init__(self, why: str, *, handed_over: bool) -> None:
        super().__init__(why)
        #: Whether the call may have reached the daemon.
        self.handed_over = handed_over


class Calls:
    """Calls waiting for their answer. Ids are never used twice in a process."""

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._last_id = 0
        self._unanswered = 0
        self._connected = False
        #: Answers that nobody waited for any more.
        self.late = 0

    def connected(self) -> None:
        """A session stands: calls may be made."""
        self._connected = True
        self._unanswered = 0

    def lost(self, why: str) -> None:
        """The session is gone: every call under way ends now."""
        self._connected = False
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(Away(why, handed_over=True))
        self._waiting.clear()

    def heard(self) -> None:
        """The daemon said something, so it lives."""
        self._unanswered = 0

    def next_id(self) -> int:
        """A fresh id, from 1. Events take theirs here too, so that all ids differ."""
        self._last_id += 1
        return self._last_id

    def open(self, call: int) -> asyncio.Future[Any]:
        """Begins to wait for the answer to `call`. Raises Away if it cannot come."""
        if not self._connected:
            raise Away("the daemon is away", handed_over=False)
        if self._unanswered >= _SILENT_AFTER:
            raise Away("the daemon does not answer", handed_over=False)
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[call] = waiting
        return waiting

    def waits(self, call: int) -> bool:
        """Whether somebody waits for the answer to `call`."""
        return call in self._waiting

    def answer(self, call: int, answer: object) -> None:
        """Hands the answer to whoever waits for it."""
        waiting = self._waiting.pop(call, None)
        if waiting is None or waiting.done():
            self.late += 1
            return
        waiting.set_result(answer)

    def forget(self, call: int) -> None:
        """`call` has ended; where it has waited in vain until now, that counts as silence."""
        if self._waiting.pop(call, None) is not None:
            self._unanswered += 1

    def withdraw(self, call: int) -> None:
        """Nobody waits for `call` any more, which says nothing of the daemon."""
        self._waiting.pop(call, None)
