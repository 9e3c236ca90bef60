"""What was said: one message, a room or a thread backwards, and what is found in it.

A plugin reads what its account may see, as any member. Refuses to know what is asked beside that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from outboard_app import Asked, NotFound, Refusal, common, operations
from synapse.events import EventBase

from outboard_synapse import messages
from outboard_synapse.bots import Bots
from outboard_synapse.inside import Inside, Position
from outboard_synapse.reading import Reader

#: Messages of a page where the plugin does not say.
_USUAL = 50

#: How often is looked on for a page, where much of what is found may not be seen.
_ROUNDS = 10


@dataclass(frozen=True)
class _Page:
    """Where a page begins, and how long it is."""

    before: str
    most: int


@dataclass
class _Found:
    """What is found for a page, which may be more than it holds."""

    most: int
    events: list[EventBase] = field(default_factory=list)
    #: There is nothing behind it.
    ended: bool = False

    @property
    def is_enough(self) -> bool:
        return self.ended or len(self.events) > self.most

    @property
    def more(self) -> bool:
        # Of nothing no further page could begin.
        return len(self.events) > self.most or (not self.ended and bool(self.events))


class History:
    """Carries out what plugins ask about messages that there are."""

    def __init__(self, inside: Inside, bots: Bots, reader: Reader) -> None:
        self._inside = inside
        self._bots = bots
        self._reader = reader

    async def get(self, asked: Asked[operations.GetMessage]) -> common.Message:
        """One message, as it was last edited."""
        bot, what = await self._bots.of(asked), asked.what
        await self._bots.enter(bot, what.channel_id)
        event = await self._reader.found(what.channel_id, what.message_id)
        if not await self._inside.seen_by(bot, [event.event_id]):
            raise NotFound(f"{bot} may not see {what.message_id}")
        return (await self._told([event]))[0]

    async def list(self, asked: Asked[operations.ListMessages]) -> operations.MessagePage:
        """A page of a room or a thread. The thread's first message is the last of it."""
        bot, what = await self._bots.of(asked), asked.what
        await self._bots.enter(bot, what.channel_id)
        page = _Page(what.before, what.most or _USUAL)
        if what.thread_root:
            await self._reader.found(what.channel_id, what.thread_root)
        return await self._page(bot, what.channel_id, what.thread_root, page)

    async def search(self, asked: Asked[operations.SearchMessages]) -> operations.MessagePage:
        """What says something in a room, or in all that the bot is in: as it was first said."""
        bot, what = await self._bots.of(asked), asked.what
        if not any(letter.isalnum() for letter in what.text):
            raise Refusal("there is no word to search for")
        if what.channel_id:
            await self._bots.enter(bot, what.channel_id)
            rooms = frozenset([what.channel_id])
        else:
            rooms = await self._inside.rooms_of(bot)
        last = await self._last(what, rooms)
        most = what.most or _USUAL
        found = _Found(most)
        for _ in range(_ROUNDS):
            events = await self._inside.search(rooms, what.text, last, 2 * most)
            seen = await self._inside.seen_by(bot, [event.event_id for event in events])
            found.events += [event for event in seen if not messages.edited(event.content)]
            found.ended = len(events) < 2 * most
            if found.is_enough:
                break
            last = events[-1]
        return await self._told_page(found)

    async def _page(
        self, bot: str, room_id: str, thread: str, page: _Page
    ) -> operations.MessagePage:
        position = await self._position(room_id, page.before)
        found = _Found(page.most)
        # What opened a thread is the last of it.
        found.ended = bool(thread) and page.before == thread
        for _ in range(_ROUNDS):
            if found.is_enough:
                break
            ids = await self._inside.before(room_id, position, page.most + 1, thread)
            found.events += await self._inside.seen_by(bot, [event_id for event_id, _ in ids])
            found.ended = len(ids) <= page.most
            if found.ended and thread:
                found.events += await self._inside.seen_by(bot, [thread])
            elif ids:
                position = ids[-1][1]
        return await self._told_page(found)

    async def _told_page(self, found: _Found) -> operations.MessagePage:
        told = await self._told(found.events[: found.most])
        return operations.MessagePage(messages=told, more=found.more)

    async def _position(self, room_id: str, event_id: str) -> Position | None:
        if not event_id:
            return None
        position = await self._inside.position(room_id, event_id)
        if position is None:
            raise NotFound(f"there is no message {event_id!r} in {room_id}")
        return position

    async def _last(
        self, what: operations.SearchMessages, rooms: frozenset[str]
    ) -> EventBase | None:
        event = await self._inside.event(what.before) if what.before else None
        if what.before and (event is None or event.room_id not in rooms):
            raise NotFound(f"there is no message {what.before!r}")
        return event

    async def _told(self, events: Sequence[EventBase]) -> list[common.Message]:
        """Messages as plugins are told of them, as they were last edited."""
        edits = await self._inside.edits_of([event.event_id for event in events])
        people: dict[str, set[str]] = {}
        for event in events:
            people.setdefault(event.room_id, set()).add(event.sender)
        states = {
            room_id: await self._reader.state(room_id, senders)
            for room_id, senders in people.items()
        }
        return [
            self._reader.edited(event, edits.get(event.event_id), states[event.room_id])
            for event in events
        ]
