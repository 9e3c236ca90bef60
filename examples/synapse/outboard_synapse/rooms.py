"""What a room and a person look like to plugins, read from a room's state.

Refuses to know messages.
"""

from __future__ import annotations

from collections.abc import Mapping

from outboard_app import common
from synapse.events import EventBase
from synapse.types import get_domain_from_id, get_localpart_from_id

State = Mapping[tuple[str, str], EventBase]

_POWERS = ((50, "moderator"), (100, "admin"))

#: The parts of a room's state that `name` reads, and those that everything here does but for
#: members.
NAMES = [("m.room.canonical_alias", ""), ("m.room.name", "")]
ALL_BUT_MEMBERS = [
    *NAMES,
    ("m.room.create", ""),
    ("m.room.join_rules", ""),
    ("m.room.pinned_events", ""),
    ("m.room.power_levels", ""),
    ("m.room.topic", ""),
]


def channel(room_id: str, state: State) -> common.Channel:
    """The room as a channel."""
    return common.Channel(id=room_id, name=name(state), kind=kind(state))


def name(state: State) -> str:
    """The alias's local part, else the name that people see; "" if it has neither."""
    alias = _content(state, "m.room.canonical_alias").get("alias")
    given = _content(state, "m.room.name").get("name")
    shown = get_localpart_from_id(alias) if isinstance(alias, str) and ":" in alias else given
    return shown if isinstance(shown, str) else ""


def kind(state: State) -> common.ChannelKind:
    """Whether everybody may enter, or two have it for themselves. Counts members where it has no
    name.
    """
    if _content(state, "m.room.join_rules").get("join_rule") == "public":
        return common.CHANNEL_KIND_PUBLIC
    if not name(state) and _people(state) <= 2:
        return common.CHANNEL_KIND_DIRECT
    return common.CHANNEL_KIND_PRIVATE


def topic(state: State) -> str:
    """What the room is about; "" if nobody said."""
    said = _content(state, "m.room.topic").get("topic")
    return said if isinstance(said, str) else ""


def pinned(state: State) -> list[str]:
    """The ids of pinned messages, the newest pin last."""
    pins = _content(state, "m.room.pinned_events").get("pinned")
    return [pin for pin in pins if isinstance(pin, str)] if isinstance(pins, (list, tuple)) else []


def sender(user_id: str, state: State, own_domain: str, plugin: bool) -> common.Sender:
    """A person, or a plugin's account, with the roles that their power gives them."""
    member = _content(state, "m.room.member", user_id)
    name = member.get("displayname")
    kind = common.SENDER_KIND_PLUGIN if plugin else common.SENDER_KIND_USER
    home = "local" if get_domain_from_id(user_id) == own_domain else "remote"
    shown = name if isinstance(name, str) and name else get_localpart_from_id(user_id)
    return common.Sender(id=user_id, name=shown, kind=kind, roles=[home, *_roles(user_id, state)])


def _roles(user_id: str, state: State) -> list[str]:
    levels = _content(state, "m.room.power_levels")
    users = levels.get("users", {})
    power = users.get(user_id, levels.get("users_default", 0)) if isinstance(users, Mapping) else 0
    if _is_creator(user_id, state):
        power = _POWERS[-1][0]
    if not isinstance(power, int):
        power = 0
    return ["member", *(role for least, role in _POWERS if power >= least)]


def _is_creator(user_id: str, state: State) -> bool:
    """From room version 12 on, creators stand above every level and in no list of levels."""
    create = state.get(("m.room.create", ""))
    if create is None or not getattr(create.room_version, "msc4289_creator_power_enabled", False):
        return False
    others = create.content.get("additional_creators")
    return user_id == create.sender or (isinstance(others, (list, tuple)) and user_id in others)


def _people(state: State) -> int:
    members = (event for (kind, _), event in state.items() if kind == "m.room.member")
    return sum(event.content.get("membership") in ("join", "invite") for event in members)


def _content(state: State, kind: str, key: str = "") -> Mapping[str, object]:
    event = state.get((kind, key))
    return event.content if event is not None else {}
