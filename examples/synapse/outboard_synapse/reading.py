"""Events of a homeserver as Outboard's messages: with their room, sender and stored past.

Refuses to know what is asked about them or told of them.
"""

from __future__ import annotations

from typing import Any

from outboard_app import common
from synapse.events import EventBase
from synapse.module_api import ModuleApi

from outboard_synapse import messages, rooms
from outboard_synapse.bots import Bots
from outboard_synapse.rooms import State


class Reader:
    """Reads events in the light of their room's state."""

    def __init__(self, api: ModuleApi, bots: Bots) -> None:
        self._api = api
        self._bots = bots

    def message(self, event: EventBase, state: State) -> common.Message:
        """The message that an event is."""
        return self._message(event, state, dict(event.content))

    async def edit(self, event: EventBase, state: State) -> tuple[common.Message, common.Message]:
        """The message as an edit makes it, and as it is stored."""
        stored = await self._stored(messages.edited(event.content), event, state)
        content = event.content.get("m.new_content")
        message = self._message(event, state, dict(content) if _is_object(content) else {})
        message.id = stored.id
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
        """A stored event, if it is here. The module API has no public way to one."""
        return await self._api._store.get_event(event_id, allow_none=True)

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
            attachments=messages.attachments(content),
            created_at_us=messages.created_at_us(event),
            source=common.SOURCE_LOCAL if local else common.SOURCE_FEDERATED,
            mutable=local and event.type != "m.room.encrypted",
            origin=messages.origin(content) if from_plugin else None,
        )


def _is_object(value: Any) -> bool:
    return hasattr(value, "items")
