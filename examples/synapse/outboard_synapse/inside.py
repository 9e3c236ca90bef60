"""What this module uses of Synapse beyond its module API. Nothing else here does.

Handlers, a few functions of the store, and the tables `events` and `event_relations`: each may
change with a release, so each has one place, and `tests/synapse` drives them all. Refuses to know
plugins.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import IO, Any, NamedTuple, TypeVar

from synapse import visibility
from synapse.events import EventBase
from synapse.media._base import FileInfo
from synapse.module_api import ModuleApi
from synapse.types import UserID, create_requester

_T = TypeVar("_T")

#: Plugins' accounts have one device, without a token: transactions belong to a device.
_DEVICE = "OUTBOARD"

_MESSAGES = ("m.room.message", "m.room.encrypted")

# It has another name since Synapse wraps what it gives.
_visible = getattr(visibility, "filter_and_transform_events_for_client", None) or getattr(
    visibility, "filter_events_for_client", None
)


class Position(NamedTuple):
    """Where an event stands in its room, and among all."""

    topological: int
    stream: int


class Inside:
    """Synapse from the inside."""

    def __init__(self, api: ModuleApi) -> None:
        self._api = api
        self._hs = api._hs
        self._store = api._store
        self._devices: set[str] = set()

    # --- What this process does ---------------------------------------------------------------

    @property
    def server_name(self) -> str:
        """The part of ids that stands for this server."""
        return str(self._api.server_name)

    @property
    def searches(self) -> bool:
        """Whether the operator lets people search."""
        return bool(self._hs.config.server.enable_search)

    @property
    def tells_typing(self) -> bool:
        """Whether this process may say who is typing."""
        return self._hs.get_instance_name() in self._hs.config.worker.writers.typing

    @property
    def tells_presence(self) -> bool:
        """Whether this process may say who is there."""
        return self.knows_presence and (
            self._hs.get_instance_name() in self._hs.config.worker.writers.presence
        )

    @property
    def knows_presence(self) -> bool:
        """Whether it is known at all who is there."""
        server = self._hs.config.server
        return bool(getattr(server, "track_presence", server.presence_enabled))

    @property
    def keeps_files(self) -> bool:
        """Whether this process has the media repository."""
        return bool(self._hs.config.media.can_load_media_repo)

    @property
    def largest_file(self) -> int:
        """Bytes that a file may have."""
        return int(self._hs.config.media.max_upload_size)

    # --- Events -------------------------------------------------------------------------------

    async def send(self, event: dict[str, Any], key: str) -> str:
        """Sends an event as a local user; its id. The same key in a room within a day is the same
        event. Raises SynapseError.
        """
        await self._have_device(event["sender"])
        return await self._send(event, key, _DEVICE)

    async def send_for(self, event: dict[str, Any], transaction: str) -> str:
        """Sends an event in the name of a local person, who has devices of their own. The name of
        the transaction is told to callbacks, and not kept.
        """
        return await self._send(event, transaction, None)

    async def _send(self, event: dict[str, Any], key: str, device: str | None) -> str:
        server = self.server_name
        requester = create_requester(event["sender"], device_id=device, authenticated_entity=server)
        creation = self._hs.get_event_creation_handler()
        sent, _ = await creation.create_and_send_nonmember_event(
            requester, _thawed(event), ratelimit=False, txn_id=key or None, ignore_shadow_ban=True
        )
        return str(sent.event_id)

    async def _have_device(self, user_id: str) -> None:
        if user_id not in self._devices:
            devices = self._hs.get_device_handler()
            await devices.check_device_registered(user_id, _DEVICE, "Outboard")
            self._devices.add(user_id)

    async def event(self, event_id: str) -> EventBase | None:
        """A stored event, if it is here; without its content where it was redacted."""
        return await self._store.get_event(event_id, allow_none=True)

    async def seen_by(self, user_id: str, event_ids: Sequence[str]) -> list[EventBase]:
        """Those of the events that a user may see and nobody has redacted, in the same order."""
        events = await self._store.get_events_as_list(list(event_ids))
        shown = await _visible(self._api._storage_controllers, user_id, list(events))
        plain = (getattr(it, "event", it) for it in shown)
        return [event for event in plain if not is_redacted(event)]

    async def edits_of(self, event_ids: Collection[str]) -> dict[str, EventBase]:
        """The last edit of each event that has one, by the id of what it edits."""
        if not event_ids:
            return {}
        edits = await self._store.get_applicable_edits(list(event_ids))
        return {event_id: edit for event_id, edit in edits.items() if edit is not None}

    async def reactions(self, event_id: str, sender: str, key: str) -> list[str]:
        """A user's reactions of one kind to an event."""
        sql = (
            "SELECT event_id FROM event_relations INNER JOIN events USING (event_id)"
            " WHERE relates_to_id = ? AND relation_type = 'm.annotation'"
            " AND aggregation_key = ? AND sender = ? AND type = 'm.reaction'"
        )
        rows = await self._rows("outboard_reactions", sql, (event_id, key, sender))
        return [row[0] for row in rows]

    async def position(self, room_id: str, event_id: str) -> Position | None:
        """Where an event stands in a room; None if it is not of that room."""
        sql = (
            "SELECT topological_ordering, stream_ordering FROM events"
            " WHERE event_id = ? AND room_id = ?"
        )
        rows = await self._rows("outboard_position", sql, (event_id, room_id))
        return Position(*rows[0]) if rows else None

    async def before(
        self, room_id: str, position: Position | None, most: int, thread: str = ""
    ) -> list[tuple[str, Position]]:
        """Messages of a room, or of a thread, before a position, the newest first: edits are none.

        What other servers have and this one has not asked for is not there.
        """
        wanted = [
            "e.room_id = ?",
            "e.type IN (?, ?)",
            "NOT e.outlier",
            "e.rejection_reason IS NULL",
            "(r.relation_type IS NULL OR r.relation_type <> 'm.replace')",
        ]
        values: list[Any] = [room_id, *_MESSAGES]
        if thread:
            wanted.append("r.relation_type = 'm.thread' AND r.relates_to_id = ?")
            values.append(thread)
        if position is not None:
            wanted.append(
                "(e.topological_ordering < ?"
                " OR (e.topological_ordering = ? AND e.stream_ordering < ?))"
            )
            values += [position.topological, position.topological, position.stream]
        sql = (
            "SELECT e.event_id, e.topological_ordering, e.stream_ordering FROM events AS e"
            " LEFT JOIN event_relations AS r ON r.event_id = e.event_id"
            f" WHERE {' AND '.join(wanted)}"
            " ORDER BY e.topological_ordering DESC, e.stream_ordering DESC LIMIT ?"
        )
        rows = await self._rows("outboard_history", sql, (*values, most))
        return [(row[0], Position(row[1], row[2])) for row in rows]

    async def search(
        self, rooms: Collection[str], text: str, after: EventBase | None, most: int
    ) -> list[EventBase]:
        """Messages in rooms that say something, the newest first, behind one of them."""
        if not rooms:
            return []
        token = None
        if after is not None:
            token = f"{after.origin_server_ts},{after.internal_metadata.stream_ordering}"
        found = await self._store.search_rooms(
            list(rooms), text, ["content.body"], most, pagination_token=token
        )
        return [result["event"] for result in found["results"]]

    async def _rows(self, what: str, sql: str, values: Sequence[Any]) -> list[Any]:
        def select(txn: Any) -> list[Any]:
            txn.execute(sql, values)
            return list(txn.fetchall())

        return await self._api.run_db_interaction(what, select)

    # --- Rooms and people -----------------------------------------------------------------------

    async def is_in(self, user_id: str, room_id: str) -> bool:
        """Whether a local user is in a room."""
        return bool(await self._store.check_local_user_in_room(user_id, room_id))

    async def rooms_of(self, user_id: str) -> frozenset[str]:
        """The rooms that a user is in, as far as this server is in them too."""
        return frozenset(await self._store.get_rooms_for_user(user_id))

    async def listed_rooms(self) -> list[str]:
        """The rooms in this server's public list."""
        return list(await self._store.get_public_room_ids())

    async def members(self, room_id: str) -> int:
        """How many are in a room."""
        return int(await self._store.get_number_joined_users_in_room(room_id))

    async def show_typing(self, user_id: str, room_id: str, milliseconds: int) -> None:
        """Shows that a local user types, or with 0 that they have stopped."""
        handler = self._hs.get_typing_handler()
        user, requester = UserID.from_string(user_id), create_requester(user_id)
        if milliseconds:
            await handler.started_typing(user, requester, room_id, milliseconds)
        else:
            await handler.stopped_typing(user, requester, room_id)

    async def presence(self, user_id: str) -> tuple[str, str]:
        """A user's presence and the text beside it; each "" where it is not known."""
        if not self.knows_presence:
            return "", ""
        state = await self._hs.get_presence_handler().current_state_for_user(user_id)
        return state.state, state.status_msg or ""

    # --- Files ----------------------------------------------------------------------------------

    async def file(self, media_id: str) -> Any:
        """What is known of a file of this server's, None if nothing: `media_type`,
        `media_length`, `upload_name`, `created_ts`, `user_id`.
        """
        known = await self._store.get_local_media(media_id)
        whole = known is not None and known.media_length is not None
        return known if whole and not known.quarantined_by and not known.url_cache else None

    async def keep_file(self, user_id: str, name: str, mime: str, content: IO, size: int) -> str:
        """Keeps a file as a user's; its mxc URI. Raises SynapseError."""
        media = self._hs.get_media_repository()
        create = getattr(media, "create_or_update_content", None) or media.create_content
        return str(await create(mime, name, content, size, UserID.from_string(user_id)))

    async def with_file(self, media_id: str, use: Callable[[str], Awaitable[_T]]) -> _T:
        """Brings a file of this server's to its disk, and gives its path to `use`."""
        storage = self._hs.get_media_repository().media_storage
        there = storage.ensure_media_is_in_local_cache(FileInfo(None, media_id))
        if not hasattr(there, "__aenter__"):
            return await use(await there)
        async with there as path:
            return await use(path)


def _thawed(value: Any) -> Any:
    """Plain values: what comes of stored events cannot be changed, and Synapse changes it."""
    if isinstance(value, Mapping):
        return {key: _thawed(inner) for key, inner in value.items()}
    return [_thawed(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def is_redacted(event: EventBase) -> bool:
    """Whether somebody has deleted what it said."""
    return bool(event.internal_metadata.is_redacted())


def redaction(room_version: Any, redacted: str, content: dict[str, Any]) -> dict[str, Any]:
    """The parts of a redaction that name what is redacted, as the room's version has it."""
    if getattr(room_version, "updated_redaction_rules", False):
        return {"content": content | {"redacts": redacted}}
    return {"content": content, "redacts": redacted}
