"""What has happened: published to Outboard, and commands found in it are run.

Synapse waits for its callback before it tells any client, so everything here happens in the
background. Refuses to know who listens.
"""

from __future__ import annotations

import hashlib
import logging
import uuid

from outboard_app import Published, ThreadedApp, app, common, text_of
from synapse.events import EventBase
from synapse.module_api import ModuleApi

from outboard_synapse import messages
from outboard_synapse.commands import Commands
from outboard_synapse.reading import Reader
from outboard_synapse.rooms import State
from outboard_synapse.waiting import in_background, outcome_of

log = logging.getLogger(__name__)

#: The events that this module publishes.
EVENTS = (
    "message.posted",
    "message.edited",
    "message.deleted",
    "member.joined",
    "member.left",
)


class Events:
    """Listens to Synapse and tells Outboard."""

    def __init__(
        self, api: ModuleApi, outboard: ThreadedApp, reader: Reader, commands: Commands
    ) -> None:
        self._api = api
        self._app = outboard
        self._reader = reader
        self._commands = commands

    async def on_new_event(self, event: EventBase, state: State) -> None:
        """Returns at once."""
        if event.type in ("m.room.message", "m.room.encrypted"):
            edited = messages.edited(event.content)
            tell = self._edited if edited else self._posted
            in_background(self._api, "outboard_message", tell, event, state)
        elif event.type == "m.room.redaction":
            in_background(self._api, "outboard_redaction", self._deleted, event, state)
        elif event.type == "m.room.member":
            in_background(self._api, "outboard_member", self._member, event, state)

    async def _posted(self, event: EventBase, state: State) -> None:
        message = self._reader.message(event, state)
        await self._publish("message.posted", event, message=message)
        await self._run_command(message)

    async def _edited(self, event: EventBase, state: State) -> None:
        message, _ = await self._reader.edit(event, state)
        await self._publish("message.edited", event, message=message)

    async def _deleted(self, event: EventBase, state: State) -> None:
        stored, _ = await self._reader.deletion(event, state)
        await self._publish("message.deleted", event, message=stored)

    async def _member(self, event: EventBase, state: State) -> None:
        before, now = await self._membership_before(event), event.content.get("membership")
        if before == now or "join" not in (before, now):
            return
        membership = common.Membership(
            channel=self._reader.channel(event, state),
            user=self._reader.sender(event.state_key, state),
            by=self._reader.sender(event.sender, state),
        )
        kind = "member.joined" if now == "join" else "member.left"
        await self._publish(kind, event, member=membership)

    async def _membership_before(self, event: EventBase) -> str:
        """A new name or picture is a membership event too, and no news here."""
        replaced = event.unsigned.get("replaces_state")
        before = await self._reader.event(replaced) if replaced else None
        return str(before.content.get("membership")) if before is not None else ""

    async def _publish(
        self,
        kind: str,
        event: EventBase,
        message: common.Message | None = None,
        member: common.Membership | None = None,
    ) -> None:
        told = common.Event(id=event_id(kind, event), type=kind, message=message, member=member)
        told.at_us = messages.created_at_us(event)
        published: Published = await outcome_of(self._app.publish(told))
        if published.failure is not None:
            log.warning("%s of %s: %s", kind, event.event_id, published.failure.message)

    async def _run_command(self, message: common.Message) -> None:
        written = text_of(message.body)
        named = self._commands.find(written)
        is_person = message.sender.kind == common.SENDER_KIND_USER
        if named is None or not is_person or not self._api.is_mine(message.sender.id):
            return
        run = app.RunCommand(
            name=named[0],
            text=named[1],
            channel=message.channel,
            sender=message.sender,
            thread_root=message.thread_root,
            interaction_id=f"matrix:{message.id}",
        )
        await self._commands.run(run)


def event_id(kind: str, event: EventBase) -> str:
    """The same UUIDv7 for the same Matrix event, whichever process publishes it, and however often:
    Outboard counts it once."""
    digest = hashlib.sha256(f"{kind} {event.event_id}".encode()).digest()
    moment = (messages.created_at_us(event) // 1000) & ((1 << 48) - 1)
    number = (moment << 80) | int.from_bytes(digest[:10], "big")
    number = (number & ~(0xF << 76)) | (7 << 76)
    number = (number & ~(0x3 << 62)) | (2 << 62)
    return str(uuid.UUID(int=number))
