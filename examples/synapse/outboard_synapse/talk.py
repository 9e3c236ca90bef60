"""What plugins do besides sending: they speak to one person, edit, delete and react.

Refuses to know how messages are found and read.
"""

from __future__ import annotations

from typing import Any

from outboard_app import Asked, NotItsOwn, Refusal, SendRequest, app, common, operations
from synapse.api.errors import Codes, SynapseError
from synapse.events import EventBase

from outboard_synapse import messages
from outboard_synapse.bots import Bots
from outboard_synapse.files import attachment
from outboard_synapse.inside import Inside, redaction
from outboard_synapse.people import People
from outboard_synapse.reading import Reader


class Talk:
    """Carries out what plugins ask to be said, and done to messages."""

    def __init__(self, inside: Inside, bots: Bots, reader: Reader, people: People) -> None:
        self._inside = inside
        self._bots = bots
        self._reader = reader
        self._people = people

    async def send(self, asked: SendRequest) -> str:
        """Says it in the room it is for."""
        room_id = asked.message.channel.id
        if not room_id.startswith("!"):
            raise Refusal(f"{room_id!r} is not the id of a room")
        bot = await self._bots.account(asked.plugin, asked.bot_display_name)
        await self._bots.enter(bot, room_id)
        for answered in (asked.message.reply_to, asked.message.thread_root):
            if answered:
                await self._reader.must_stand_in(room_id, answered)
        return await self._bots.say(bot, room_id, await self.contents(asked.message), asked.key)

    async def direct(self, asked: Asked[app.DirectMessage]) -> str:
        """Says it in the room that the bot and a person have for themselves."""
        bot = await self._bots.of(asked)
        await self._people.must_be(asked.what.to_user)
        contents = await self.contents(asked.what.message)
        room_id = await self._bots.direct_room(bot, asked.what.to_user)
        return await self._bots.say(bot, room_id, contents, asked.key)

    async def edit(self, asked: Asked[operations.EditMessage]) -> None:
        """Replaces what a message of the bot's says. Matrix lets nobody edit others' messages."""
        bot, what = await self._bots.of(asked), asked.what
        await self._bots.enter(bot, what.channel_id)
        event = await self._reader.found(what.channel_id, what.message_id)
        if event.sender != bot:
            words = f"{event.sender} wrote it, and nobody else can edit it in Matrix"
            raise Refusal(words) if asked.manages_messages else NotItsOwn(words)
        stored = dict(event.content) | {messages.ORIGIN: _origin(asked)}
        content = messages.edit_of(stored, event.event_id, what.body)
        await self._bots.do(bot, what.channel_id, "m.room.message", content, asked.key)

    async def delete(self, asked: Asked[operations.DeleteMessage]) -> None:
        """Redacts a message of the bot's; another's if the plugin may and the bot has the power."""
        bot, what = await self._bots.of(asked), asked.what
        await self._bots.enter(bot, what.channel_id)
        if asked.attempt > 1 and await self._reader.is_gone(what.message_id):
            return
        event = await self._reader.found(what.channel_id, what.message_id)
        if event.sender != bot and not asked.manages_messages:
            raise NotItsOwn(f"{event.sender} wrote it, not this plugin")
        await self._redact(asked, bot, event, what.reason)

    async def react(self, asked: Asked[operations.ReactToMessage]) -> None:
        """Annotates a message; once is enough."""
        bot, what = await self._bots.of(asked), asked.what
        await self._bots.enter(bot, what.channel_id)
        await self._reader.found(what.channel_id, what.message_id)
        content = {
            "m.relates_to": {
                "rel_type": "m.annotation",
                "event_id": what.message_id,
                "key": what.reaction,
            },
            messages.ORIGIN: _origin(asked),
        }
        event = {"type": "m.reaction", "room_id": what.channel_id, "sender": bot}
        try:
            await self._inside.send(event | {"content": content}, asked.key)
        except SynapseError as error:
            if error.errcode != Codes.DUPLICATE_ANNOTATION:
                raise

    async def unreact(self, asked: Asked[operations.ReactToMessage]) -> None:
        """Redacts the bot's own annotation; that there is none any more is well, too."""
        bot, what = await self._bots.of(asked), asked.what
        await self._bots.enter(bot, what.channel_id)
        await self._reader.found(what.channel_id, what.message_id)
        for event_id in await self._inside.reactions(what.message_id, bot, what.reaction):
            reaction = await self._inside.event(event_id)
            if reaction is not None:
                await self._redact(asked, bot, reaction, "")

    async def contents(
        self, message: common.Message, kind: str = "m.notice"
    ) -> list[messages.Content]:
        """The contents of the events that say what a message says. Raises NotFound."""

        async def find(file_id: str) -> common.Attachment | None:
            return await attachment(self._inside, file_id)

        return await messages.contents_of(message, find, kind)

    async def _redact(self, asked: Asked[Any], bot: str, event: EventBase, reason: str) -> None:
        content: messages.Content = {messages.ORIGIN: _origin(asked)}
        if reason:
            content["reason"] = reason
        parts = redaction(event.room_version, event.event_id, content)
        await self._bots.redact(bot, event.room_id, parts, f"{asked.key}/{event.event_id}")


def _origin(asked: Asked[Any]) -> dict[str, Any]:
    """Says which plugin did it, and for whom. To be believed of plugins' accounts only."""
    made = {"plugin": asked.plugin, "version": asked.version, "hops": 1, "chain": [asked.plugin]}
    return made | ({"for": asked.on_behalf_of.id} if asked.on_behalf_of.id else {})
