"""Events of a homeserver as Outboard's messages: with their room, sender and stored past.

Refuses to know what is asked about them or told of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from outboard_app import NotFound, common
from synapse.events import EventBase
from synapse.module_api import ModuleApi

from outboard_synapse import messages, rooms
from outboard_synapse.bots import Bots
from outboard_synapse.inside import Inside, is_redacted
from outboard_synapse.rooms import State


class Reader:
    """Reads events in the light of their room's state."""

    def __init__(self, api: ModuleApi, inside: Inside, bots: Bots) -> None:
        self._api = api
        self._inside = inside
        self._bots = bots

    async def state(self, room_id: str, people: Iterable[str] = ()) -> State:
        """As much of a room's state as is told to plugins, with these people's memberships."""
        wanted: list[tuple[str, str | None]] = [*rooms.ALL_BUT_MEMBERS]
        wanted += [("m.room.member", user_id) for user_id in people]
        state = await self._api.get_room_state(room_id, wanted)
        if rooms.kind(state) == common.CHANNEL_KIND_DIRECT:
            # So it has no name, and whether it is for two is known by all its members.
            state = await self._api.get_room_state(room_id, [*wanted, ("m.room.member", None)])
        return state

    def message(self, event: EventBase, state: State) -> common.Message:
        """The message that an event is."""
        return self._message(event, state, dict(event.content))

    def edited(self, event: EventBase, edit: EventBase | None, state: State) -> common.Message:
        """The message that a stored event is, as it was last edited if it was."""
        message = self.message(event, state)
        new = edit.content.get("m.new_content") if edit is not None else None
        if edit is not None and messages.is_object(new):
            message.body.CopyFrom(messages.body(event.type, dict(new)))
            message.edited_at_us = messages.created_at_us(edit)
        return message

    async def edit(self, event: EventBase, state: State) -> tuple[common.Message, common.Message]:
        """The message as an edit makes it, and as it is stored."""
        stored = await self._stored(messages.edited(event.content), event, state)
        content = event.content.get("m.new_content")
        message = self._message(event, state, dict(content) if messages.is_object(content) else {})
        message.id = stored.id
        # New content has no relations of its own.
        message.thread_root, message.reply_to = stored.thread_root, stored.reply_to
        message.created_at_us = stored.created_at_us
        message.edited_at_us = messages.created_at_us(event)
        return message, stored

    async def deletion(
        self, event: EventBase, state: State
    ) -> tuple[common.Message, common.Sender]:
        """The message that a redaction deletes, and who does."""
        deleted = event.content.get("redacts") or event.get("redacts") or ""
        return await self._stored(str(deleted), event, state), self.sender(event.sender, state)

    def sender(self, user_id: str, state: State) -> common.Sender:
        """A person, or a plugin's account."""
        plugin = self._bots.owns(user_id)
        return rooms.sender(user_id, state, self._api.server_name, plugin)

    def channel(self, event: EventBase, state: State) -> common.Channel:
        """The room that an event stands in."""
        return rooms.channel(event.room_id, state)

    async def event(self, event_id: str) -> EventBase | None:
        """A stored event, if it is here."""
        return await self._inside.event(event_id)

    async def found(self, room_id: str, event_id: str) -> EventBase:
        """A message of a room. Raises NotFound where there is none, or none any more."""
        event = await self.must_stand_in(room_id, event_id)
        if is_redacted(event):
            raise NotFound(f"{event_id} has been deleted")
        if event.type not in ("m.room.message", "m.room.encrypted"):
            raise NotFound(f"{event_id} is no message")
        if original := messages.edited(event.content):
            raise NotFound(f"{event_id} is an edit of {original}")
        return event

    async def must_stand_in(self, room_id: str, event_id: str) -> EventBase:
        """An event of a room, whatever it is. Raises NotFound."""
        event = await self._inside.event(event_id)
        if event is None or event.room_id != room_id:
            raise NotFound(f"there is no message {event_id!r} in {room_id}")
        return event

    async def is_gone(self, event_id: str) -> bool:
        """Whether a message has been deleted."""
        event = await self._inside.event(event_id)
        return event is not None and is_redacted(event)

    async def _stored(self, event_id: str, act: EventBase, state: State) -> common.Message:
        event = await self.event(event_id) if event_id else None
        # An id from another room is no reason to show what is said there.
        if event is None or event.room_id != act.room_id:
            return common.Message(id=event_id, channel=self.channel(act, state))
        return self.message(event, state)

    def _message(self, event: EventBase, state: State, content: messages.Content) -> common.Message:
        root, answered = messages.thread_and_reply(content)
        local = self._api.is_mine(event.sender)
        sender = self.sender(event.sender, state)
        from_plugin = sender.kind == common.SENDER_KIND_PLUGIN
        return common.Message(
            id=event.event_id,
            draft_id=messages.draft_id(event),
            channel=self.channel(event, state),
            sender=sender,
            body=messages.body(event.type, content),
            thread_root=root,
            reply_to=answered,
            role=common.ROLE_ASSISTANT if from_plugin else common.ROLE_USER,
            mentions=messages.mentions(content),
            attachments=messages.attachments(content),
            created_at_us=messages.created_at_us(event),
            source=common.SOURCE_LOCAL if local else common.SOURCE_FEDERATED,
            mutable=local and event.type != "m.room.encrypted",
            origin=messages.origin(content) if from_plugin else None,
        )
