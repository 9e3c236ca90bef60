"""Power levels: what they say of somebody, and what they become when somebody is muted.

Pure: content in, content out. Refuses to know rooms and who may change them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Levels = Mapping[str, Any]

#: What somebody who is muted cannot send.
_SPEECH = ("m.room.message", "m.room.encrypted", "m.reaction", "m.sticker")


def level_of(levels: Levels, user_id: str) -> int:
    """A person's level."""
    named = _named(levels, user_id)
    return _number(levels.get("users_default"), 0) if named is None else named


def muted(levels: Levels, user_id: str) -> tuple[dict[str, Any], int, int | None]:
    """The levels with a person muted, their level then, and the one that was named before."""
    level = min(_silence(levels), level_of(levels, user_id))
    return _with(levels, user_id, level), level, _named(levels, user_id)


def restored(levels: Levels, user_id: str, level: int, before: int | None) -> dict[str, Any] | None:
    """The levels as they were before a person was muted to `level`.

    None if somebody has given them another since: that counts, then.
    """
    return _with(levels, user_id, before) if _named(levels, user_id) == level else None


def _silence(levels: Levels) -> int:
    """The highest level at which one can say nothing."""
    default = _number(levels.get("events_default"), 0)
    events = levels.get("events")
    events = events if isinstance(events, Mapping) else {}
    return min(_number(events.get(kind), default) for kind in _SPEECH) - 1


def _with(levels: Levels, user_id: str, level: int | None) -> dict[str, Any]:
    users = levels.get("users")
    users = {} if not isinstance(users, Mapping) else dict(users)
    users.pop(user_id, None)
    if level is not None:
        users[user_id] = level
    return {**levels, "users": users}


def _named(levels: Levels, user_id: str) -> int | None:
    users = levels.get("users")
    named = users.get(user_id) if isinstance(users, Mapping) else None
    return named if isinstance(named, int) else None


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise
