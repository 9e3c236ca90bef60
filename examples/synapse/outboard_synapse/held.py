"""What plugins held, once somebody has decided: done in the person's name, or not at all.

The payload is all that it takes, so a restart forgets nothing. Refuses to know who decides.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from outboard_app import Decided, Refusal, common
from synapse.events import EventBase

from outboard_synapse import messages
from outboard_synapse.bots import Bots
from outboard_synapse.inside import Inside, redaction
from outboard_synapse.reading import Reader
from outboard_synapse.talk import Talk

log = logging.getLogger(__name__)

#: Under this key a message that was held says so.
_HELD = "dev.outboard.held"

#: The newest messages of a room, among which one is looked for that was posted already.
_NEWEST = 200


class Passes:
    """Events on their way that plugins have decided about before: no hook is asked again."""

    def __init__(self) -> None:
        self._open: set[tuple[str, str]] = set()

    @contextlib.contextmanager
    def opened(self, sender: str, transaction: str) -> Iterator[None]:
        """While it lasts."""
        self._open.add((sender, transaction))
        try:
            yield
        finally:
            self._open.discard((sender, transaction))

    def has(self, event: EventBase) -> bool:
        """Whether an event is one of them."""
        return (event.sender, messages.transaction(event)) in self._open


class Held:
    """Carries out what becomes of what was held."""

    def __init__(
        self, inside: Inside, bots: Bots, reader: Reader, talk: Talk, passes: Passes
    ) -> None:
        self._inside = inside
        self._bots = bots
        self._reader = reader
        self._talk = talk
        self._passes = passes

    async def decided(self, it: Decided) -> str:
        """Does it, or tells the person why not; the id of the message that it became, or ""."""
        of, payload = it.payload.WhichOneof("of"), it.payload
        if of == "before_post":
            message = payload.before_post
            return await self._post(it, message) if it.released else await self._drop(it, message)
        if of == "before_edit":
            message = payload.before_edit.message
            return await self._edit(it, message) if it.released else await self._drop(it, message)
        if of == "before_delete":
            return await self._delete(it, payload.before_delete) if it.released else ""
        raise Refusal("this server waits with messages only")

    async def _post(self, it: Decided, message: common.Message) -> str:
        room_id = message.channel.id
        if (posted := await self._posted(it, message)) is not None:
            return posted
        ids = [
            await self._send(it, message.sender.id, room_id, {"type": _MESSAGE, "content": content})
            for content in await self._talk.contents(message, "m.text")
        ]
        return ids[0]

    async def _edit(self, it: Decided, message: common.Message) -> str:
        if message.body.WhichOneof("content") == "opaque":
            raise Refusal(_ENCRYPTED)
        stored = await self._reader.found(message.channel.id, message.id)
        content = messages.edit_of(dict(stored.content), message.id, message.body)
        event = {"type": _MESSAGE, "content": content}
        await self._send(it, message.sender.id, message.channel.id, event)
        return message.id

    async def _delete(self, it: Decided, delete: common.Delete) -> str:
        room_id, event_id = delete.stored.channel.id, delete.stored.id
        if await self._reader.is_gone(event_id):
            return ""
        stored = await self._reader.found(room_id, event_id)
        event = {"type": "m.room.redaction", **redaction(stored.room_version, event_id, {})}
        await self._send(it, delete.by.id, room_id, event)
        return ""

    async def _send(self, it: Decided, person: str, room_id: str, event: dict[str, Any]) -> str:
        """Sends it as the person, whom no hook holds up again."""
        event["content"] = event["content"] | {_HELD: {"id": it.id, "by": it.plugin}}
        transaction = f"held/{it.id}"
        with self._passes.opened(person, transaction):
            event |= {"sender": person, "room_id": room_id}
            return await self._inside.send_for(event, transaction)

    async def _posted(self, it: Decided, message: common.Message) -> str | None:
        """The message that it became already, in an earlier life of this process, or because no
        verdict came in time.
        """
        if message.body.WhichOneof("content") == "opaque":
            raise Refusal(_ENCRYPTED)
        for event_id, _ in await self._inside.before(message.channel.id, None, _NEWEST):
            event = await self._inside.event(event_id)
            if event is None or event.sender != message.sender.id:
                continue
            held = event.content.get(_HELD)
            same = messages.is_object(held) and held.get("id") == it.id
            if same or (message.draft_id and messages.draft_id(event) == message.draft_id):
                return event_id
        return None

    async def _drop(self, it: Decided, message: common.Message) -> str:
        """Tells the person. It counts as dropped even where that fails."""
        why = it.reason or "Nobody has released it in time."
        origin = common.Origin(plugin=it.plugin, version=it.version, hops=1, chain=[it.plugin])
        words = common.Body(plain=f"What you wrote was not posted: {why}")
        said = messages.content_of(common.Message(body=words, origin=origin))
        try:
            bot = await self._bots.account(it.plugin, it.bot_display_name)
            room_id = await self._bots.direct_room(bot, message.sender.id)
            await self._bots.say(bot, room_id, [said], it.key)
        except Refusal as refusal:
            log.warning("%s is not told what was dropped: %s", message.sender.id, refusal)
        return ""


_MESSAGE = "m.room.message"
_ENCRYPTED = "what is encrypted cannot be sent for somebody else"
