"""People warned, muted, sent out, banned; and what of that ends by itself.

A room's power levels decide what the plugin's account may do. Refuses to know messages.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import datetime, timezone

from outboard_app import Asked, Refusal, common, operations
from synapse.api.errors import SynapseError
from synapse.module_api import ModuleApi

from outboard_synapse import messages, power, rooms
from outboard_synapse.bots import Bots
from outboard_synapse.later import Due, Later
from outboard_synapse.people import People

log = logging.getLogger(__name__)

_MUTE = "mute"
_BAN = "ban"

#: The kinds of what is kept of acts that end by themselves.
ENDING = (_MUTE, _BAN)

_Moderate = Asked[operations.ModerateUser]


class Moderation:
    """Carries out what plugins ask about people."""

    def __init__(self, api: ModuleApi, bots: Bots, people: People, later: Later) -> None:
        self._api = api
        self._bots = bots
        self._people = people
        self._later = later
        later.teach(_MUTE, self._mute_ends)
        later.teach(_BAN, self._ban_ends)

    async def warn(self, asked: _Moderate) -> None:
        """Says it to the person, in the room that they and the bot have for themselves."""
        bot, what = await self._bots.of(asked), asked.what
        await self._people.must_be(what.user_id)
        where = ""
        if what.channel_id:
            # What it is called is told by those only who may know.
            await self._bots.enter(bot, what.channel_id)
            where = f" about {await self._name(what.channel_id)}"
        await self._tell(asked, bot, f"A warning{where}: {what.reason}")

    async def kick(self, asked: _Moderate) -> None:
        """Out of the room; who is in it may come back."""
        bot = await self._begin(asked)
        if await self._membership(asked) not in ("join", "invite", "knock"):
            if asked.attempt > 1:
                return
            raise Refusal(f"{asked.what.user_id} is not in the room")
        await self._member(asked, bot, "kick")

    async def ban(self, asked: _Moderate) -> None:
        """Out of the room, and not in again: for good, or until the time is over."""
        bot, what = await self._begin(asked), asked.what
        due = self._due(asked, _BAN, bot)
        if what.duration_us:
            async with self._kept(due):
                await self._member(asked, bot, "ban")
        else:
            await self._member(asked, bot, "ban")
            await self._later.drop(due)

    async def unban(self, asked: _Moderate) -> None:
        """They may come in again."""
        bot = await self._begin(asked)
        if await self._membership(asked) == "ban":
            await self._member(asked, bot, "unban")
        elif asked.attempt <= 1:
            raise Refusal(f"{asked.what.user_id} is not banned from the room")
        await self._later.drop(self._due(asked, _BAN, bot))

    async def mute(self, asked: _Moderate) -> None:
        """Takes them the power to speak, until the time is over."""
        bot, what = await self._begin(asked), asked.what
        if await self._membership(asked) != "join":
            raise Refusal(f"{what.user_id} is not in the room")
        levels = await self._levels(what.channel_id)
        earlier = await self._later.find(_MUTE, what.channel_id, what.user_id)
        content, level, before = power.muted(levels, what.user_id)
        if earlier is not None and earlier.data["level"] == before:
            before = earlier.data["before"]
        due = self._due(asked, _MUTE, bot, {"level": level, "before": before})
        async with self._kept(due):
            await self._bots.set(bot, what.channel_id, "m.room.power_levels", content)
        until = datetime.fromtimestamp(due.due_ms / 1000, timezone.utc)
        where = await self._name(what.channel_id)
        await self._explain(
            asked, bot, f"You are muted in {where} until {until:%Y-%m-%d %H:%M} UTC: {what.reason}"
        )

    async def unmute(self, asked: _Moderate) -> None:
        """Gives them back what a mute took."""
        bot, what = await self._begin(asked), asked.what
        muted = await self._later.find(_MUTE, what.channel_id, what.user_id)
        if muted is None:
            if asked.attempt > 1:
                return
            raise Refusal(f"no plugin has muted {what.user_id} in the room")
        await self._give_back(muted, bot)
        await self._later.drop(muted)

    # --- What ends by itself --------------------------------------------------------------------

    async def _mute_ends(self, due: Due) -> None:
        await self._give_back(due, due.bot)

    async def _give_back(self, muted: Due, bot: str) -> None:
        levels = await self._levels(muted.room_id)
        data = muted.data
        content = power.restored(levels, muted.user_id, data["level"], data["before"])
        if content is not None:
            await self._bots.set(bot, muted.room_id, "m.room.power_levels", content)

    async def _ban_ends(self, due: Due) -> None:
        if await self._membership_of(due.room_id, due.user_id) == "ban":
            await self._api.update_room_membership(due.bot, due.user_id, due.room_id, "unban")

    # --- What the acts have in common -----------------------------------------------------------

    async def _begin(self, asked: _Moderate) -> str:
        """The bot, in the room. Matrix knows no sanction that holds everywhere."""
        if not asked.what.channel_id:
            raise Refusal("in Matrix this is done to somebody in a room: name it")
        await self._people.must_be(asked.what.user_id)
        bot = await self._bots.of(asked)
        await self._bots.enter(bot, asked.what.channel_id)
        return bot

    @contextlib.asynccontextmanager
    async def _kept(self, due: Due) -> AsyncIterator[None]:
        """Keeps what an act takes to be taken back, before it is done; not where it is refused."""
        earlier = await self._later.find(due.kind, due.room_id, due.user_id)
        await self._later.keep(due)
        try:
            yield
        except (Refusal, SynapseError):
            await (self._later.drop(due) if earlier is None else self._later.keep(earlier))
            raise

    async def _member(self, asked: _Moderate, bot: str, act: str) -> None:
        what = asked.what
        content = {"reason": what.reason}
        await self._api.update_room_membership(bot, what.user_id, what.channel_id, act, content)

    async def _membership(self, asked: _Moderate) -> str:
        return await self._membership_of(asked.what.channel_id, asked.what.user_id)

    async def _membership_of(self, room_id: str, user_id: str) -> str:
        state = await self._api.get_room_state(room_id, [("m.room.member", user_id)])
        member = state.get(("m.room.member", user_id))
        return str(member.content.get("membership")) if member is not None else ""

    async def _levels(self, room_id: str) -> power.Levels:
        state = await self._api.get_room_state(room_id, [("m.room.power_levels", "")])
        levels = state.get(("m.room.power_levels", ""))
        return levels.content if levels is not None else {}

    async def _name(self, room_id: str) -> str:
        state = await self._api.get_room_state(room_id, rooms.NAMES)
        return rooms.name(state) or room_id

    def _due(self, asked: _Moderate, kind: str, bot: str, data: dict | None = None) -> Due:
        what = asked.what
        until = self._api.get_current_time_msec() + what.duration_us // 1000
        return Due(kind, what.channel_id, what.user_id, bot, until, data or {})

    async def _explain(self, asked: _Moderate, bot: str, words: str) -> None:
        """Tells the person; what was done to them counts even where that fails."""
        try:
            await self._tell(asked, bot, words)
        except Exception as error:
            log.warning("%s is not told that they are muted: %s", asked.what.user_id, error)

    async def _tell(self, asked: _Moderate, bot: str, words: str) -> None:
        origin = common.Origin(
            plugin=asked.plugin, version=asked.version, hops=1, chain=[asked.plugin]
        )
        said = common.Message(body=common.Body(plain=words), origin=origin)
        room_id = await self._bots.direct_room(bot, asked.what.user_id)
        await self._bots.say(bot, room_id, [messages.content_of(said)], asked.key)
