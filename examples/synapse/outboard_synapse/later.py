"""What is to be taken back at a certain time: kept in a table of the module's own, so that a
restart of Synapse forgets nothing of it.

Refuses to know what is taken back, and how.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synapse.module_api import ModuleApi

log = logging.getLogger(__name__)

_TABLE = """
CREATE TABLE IF NOT EXISTS outboard_later (
    kind TEXT NOT NULL, room_id TEXT NOT NULL, user_id TEXT NOT NULL, bot TEXT NOT NULL,
    due_ms BIGINT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (kind, room_id, user_id)
)
"""
_COLUMNS = "kind, room_id, user_id, bot, due_ms, data"

#: Milliseconds between two looks at what others, or a former life of this process, have left.
LOOK_MS = 10_000

#: Milliseconds until what failed is tried again, and after which it is given up.
_AGAIN_MS = 60_000
_GIVE_UP_MS = 24 * 3_600_000


@dataclass(frozen=True)
class Due:
    """Something to be taken back. There is one of a kind for a person in a room."""

    kind: str
    room_id: str
    user_id: str
    #: Whose it is.
    bot: str
    #: When, in milliseconds since the Unix epoch.
    due_ms: int
    data: dict[str, Any] = field(default_factory=dict)


TakeBack = Callable[[Due], Awaitable[None]]


class Later:
    """The table, and the timers that follow from it."""

    def __init__(self, api: ModuleApi) -> None:
        self._api = api
        self._ways: dict[str, TakeBack] = {}
        self._ready = False

    def teach(self, kind: str, way: TakeBack) -> None:
        """How something of a kind is taken back. What `way` raises puts it off by a minute."""
        self._ways[kind] = way

    async def keep(self, due: Due) -> None:
        """Keeps it, in the place of an earlier one of its kind, and sets the timer."""
        await self._have_table()
        values = (due.kind, due.room_id, due.user_id, due.bot, due.due_ms, json.dumps(due.data))

        def put(txn: Any) -> None:
            _remove(txn, due)
            txn.execute(
                f"INSERT INTO outboard_later ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", values
            )

        await self._api.run_db_interaction("outboard_later_keep", put)
        self._set_timer(due)

    async def drop(self, due: Due) -> None:
        """It need not be taken back any more."""
        await self._have_table()
        await self._api.run_db_interaction("outboard_later_drop", _remove, due)

    async def find(self, kind: str, room_id: str, user_id: str) -> Due | None:
        """What is kept of a kind, for a person in a room."""
        kept = await self._select(
            "kind = ? AND room_id = ? AND user_id = ?", kind, room_id, user_id
        )
        return kept[0] if kept else None

    async def of_person(self, kind: str, user_id: str) -> list[Due]:
        """What is kept of a kind, for a person in all rooms."""
        return await self._select("kind = ? AND user_id = ?", kind, user_id)

    async def of_kind(self, kind: str) -> list[Due]:
        """What is kept of a kind."""
        return await self._select("kind = ?", kind)

    async def look(self, kinds: Sequence[str]) -> None:
        """Takes back what is due of these kinds, whoever kept it; sets timers for what is soon."""
        soon = self._api.get_current_time_msec() + LOOK_MS
        for due in await self._select("due_ms <= ?", soon):
            if due.kind in kinds:
                self._set_timer(due)

    def _set_timer(self, due: Due) -> None:
        wait = max(0, due.due_ms - self._api.get_current_time_msec())
        self._api.delayed_background_call(wait, self._take_back, due, desc="outboard_later")

    async def _take_back(self, due: Due) -> None:
        if await self.find(due.kind, due.room_id, due.user_id) != due:
            return  # Taken back, dropped or replaced meanwhile.
        try:
            await self._ways[due.kind](due)
        except Exception as error:
            await self._put_off(due, error)
        else:
            await self._api.run_db_interaction("outboard_later_done", _remove_just, due)

    async def _put_off(self, due: Due, error: Exception) -> None:
        first, now = due.data.get("first", due.due_ms), self._api.get_current_time_msec()
        what = f"the {due.kind} of {due.user_id} in {due.room_id}"
        if now - first > _GIVE_UP_MS:
            log.error("%s is not taken back: %s", what, error)
            await self.drop(due)
            return
        log.warning("%s cannot be taken back yet: %s", what, error)
        data = due.data | {"first": first}
        again = Due(due.kind, due.room_id, due.user_id, due.bot, now + _AGAIN_MS, data)
        await self.keep(again)

    async def _select(self, where: str, *values: Any) -> list[Due]:
        await self._have_table()

        def select(txn: Any) -> list[Any]:
            txn.execute(f"SELECT {_COLUMNS} FROM outboard_later WHERE {where}", values)
            return list(txn.fetchall())

        rows = await self._api.run_db_interaction("outboard_later_select", select)
        return [Due(*row[:5], json.loads(row[5])) for row in rows]

    async def _have_table(self) -> None:
        if not self._ready:
            await self._api.run_db_interaction("outboard_later", lambda txn: txn.execute(_TABLE))
            self._ready = True


def _remove_just(txn: Any, due: Due) -> None:
    """Not what has taken its place meanwhile."""
    txn.execute(
        "DELETE FROM outboard_later"
        " WHERE kind = ? AND room_id = ? AND user_id = ? AND due_ms = ? AND bot = ?",
        (due.kind, due.room_id, due.user_id, due.due_ms, due.bot),
    )


def _remove(txn: Any, due: Due) -> None:
    txn.execute(
        "DELETE FROM outboard_later WHERE kind = ? AND room_id = ? AND user_id = ?",
        (due.kind, due.room_id, due.user_id),
    )
