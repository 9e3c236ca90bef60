"""One command or action under way, and the ways to answer it: at once, piece by piece, or later.

Refuses to know what was asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from outboard_plugin.body import Said
from outboard_plugin.cause import Cause
from outboard_plugin.context import Context, Surroundings
from outboard_plugin.error import HostError, Refusal, SessionLost, note, readable
from outboard_plugin.link import Link
from outboard_plugin.outbox import Outbox
from outboard_plugin.reply import Reply, deferred, refuse, reply_of, whisper
from outboard_plugin.threads import within
from outboard_plugin.wire import common, wire

#: Bytes of a streamed reply that are said again as a whole. A longer one is what its pieces said.
_WHOLE = 48 * 1024


class Interaction(Context):
    """What commands and actions share."""

    def __init__(
        self, around: Surroundings, call: int, interaction_id: str, outbox: Outbox
    ) -> None:
        super().__init__(around)
        self._call = call
        self._outbox = outbox
        #: What the app calls it.
        self.interaction_id = interaction_id

    async def progress(self, percent: int, text: str = "") -> None:
        """Shows how far the work is, and gives it 30 s more, 15 minutes in all."""
        self._lease.renew()
        progress = wire.Progress(call=self._call, percent=percent, text=text)
        await self._outbox.offer(wire.PluginFrame(progress=progress))

    def stream(self, *, for_one: bool = False) -> Stream:
        """Begins a reply that appears piece by piece."""
        return Stream(self._outbox, self._call, self, for_one)

    def defer(self, work: Callable[[Later], Awaitable[object]], *, for_one: bool = False) -> Reply:
        """Answers later: to be returned. `work` goes on, and what it returns is the last word.

        There are 15 minutes. When the app cancels it, `work` is cancelled. Not for plain functions.
        """
        later = self.later(self.interaction_id)
        task = asyncio.get_running_loop().create_task(_work(later, work))
        self._link.join(self.interaction_id, task)
        return deferred(for_one=for_one)

    def renew(self) -> None:
        """The handler has said something: its time begins anew."""
        self._lease.restart()


class Stream:
    """A reply that appears piece by piece, such as a model's answer."""

    def __init__(self, outbox: Outbox, call: int, interaction: Interaction, for_one: bool) -> None:
        self._outbox = outbox
        self._call = call
        self._interaction = interaction
        self._visibility = common.VISIBILITY_ONE if for_one else common.VISIBILITY_ALL
        self._said: list[str] = []

    async def push(self, delta: str) -> None:
        """Adds to what has been said. The call's time begins anew with each piece."""
        self._interaction.renew()
        partial = wire.Partial(
            call=self._call, seq=len(self._said), delta=delta, visibility=self._visibility
        )
        self._said.append(delta)
        await self._outbox.offer(wire.PluginFrame(partial=partial))

    @property
    def text(self) -> str:
        """What has been said so far."""
        return "".join(self._said)

    def finish(self) -> Reply:
        """Ends the stream: to be returned. 1 MiB may be streamed."""
        reply = Reply(for_one=self._visibility == common.VISIBILITY_ONE)
        text = self.text
        if len(text.encode()) > _WHOLE and self._outbox.understands("partial"):
            reply.wire.streamed = True
        else:
            reply.wire.body.plain = text
        return reply


class Later:
    """A deferred command, to which more can be said for 15 minutes, also by a later process.

    Keep `interaction_id` and `next_seq` for that; said twice under one number, it counts once.
    """

    def __init__(self, link: Link, interaction_id: str, seq: int) -> None:
        self._link = link
        self.interaction_id = interaction_id
        self.next_seq = seq

    async def say(self, said: Said) -> str:
        """Says it to everyone; the message's id. Raises HostError: `INTERACTION_EXPIRED`."""
        return await self.send(Reply(said))

    async def whisper(self, said: Said) -> str:
        """Says it to the person who asked."""
        return await self.send(whisper(said))

    async def send(self, reply: Reply, *, last: bool = False) -> str:
        """Says any reply. After an error the next one has the same number."""
        request = wire.FollowUpRequest(
            interaction_id=self.interaction_id, seq=self.next_seq, reply=reply.wire, last=last
        )
        said = await self._follow_up(request)
        self.next_seq += 1
        return said.message_id

    async def finish(self, said: Said | Reply) -> str:
        """Says the last word: nothing follows it."""
        return await self.send(said if isinstance(said, Reply) else Reply(said), last=True)

    async def _follow_up(self, request: wire.FollowUpRequest) -> wire.FollowUpResponse:
        while True:
            try:
                return await self._link.ask(
                    "Interactions/FollowUp", request, wire.FollowUpResponse, Cause()
                )
            except SessionLost:
                # It belongs to none, so the next will do; and under one number it counts once.
                continue


async def _work(later: Later, work: Callable[[Later], Awaitable[object]]) -> None:
    try:
        reply = reply_of(await within(None, work(later)))
    except Refusal as refusal:
        reply = refuse(readable(refusal))
    except Exception as error:
        note()
        reply = refuse(readable(error))
    try:
        await later.finish(reply)
    except HostError as error:
        print(f"the last follow-up to {later.interaction_id} was not said: {error}", flush=True)
