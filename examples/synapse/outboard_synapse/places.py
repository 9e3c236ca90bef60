"""Rooms: looked up, listed, made, with topics, pins and guests.

A plugin finds what its account is in, and what everybody may enter. Refuses to know messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from outboard_app import Asked, NotFound, Refusal, common, operations
from synapse.api.errors import SynapseError
from synapse.module_api import ModuleApi

from outboard_synapse import messages, rooms
from outboard_synapse.bots import Bots
from outboard_synapse.inside import Inside
from outboard_synapse.people import People
from outboard_synapse.reading import Reader

#: Pins that are told of, and rooms of a page where the plugin does not say.
_PINS = 50
_USUAL = 100

_PINNED = "m.room.pinned_events"


class Places:
    """Carries out what plugins ask about rooms."""

    def __init__(
        self, api: ModuleApi, inside: Inside, bots: Bots, reader: Reader, people: People
    ) -> None:
        self._api = api
        self._inside = inside
        self._bots = bots
        self._reader = reader
        self._people = people

    async def find(self, asked: Asked[operations.FindChannel]) -> operations.ChannelInfo:
        """A room by id, by alias (its server is optional), or by the name of one the bot is in."""
        bot, what = await self._bots.of(asked), asked.what
        wanted = what.id if what.WhichOneof("by") == "id" else await self._named(bot, what.name)
        state = await self._seen(bot, wanted)
        if state is None:
            raise NotFound(f"there is no room {what.id or what.name!r} that {bot} may see")
        return await self._info(wanted, state)

    async def list(self, asked: Asked[operations.ListChannels]) -> operations.ChannelPage:
        """The rooms that the bot is in, and those in the public list, by id; none for two."""
        bot, what = await self._bots.of(asked), asked.what
        most = what.most or _USUAL
        ids = {*await self._inside.rooms_of(bot), *await self._inside.listed_rooms()}
        page = operations.ChannelPage()
        for room_id in sorted(room_id for room_id in ids if room_id > what.after):
            state = await self._seen(bot, room_id)
            if state is None or rooms.kind(state) == common.CHANNEL_KIND_DIRECT:
                continue
            if len(page.channels) == most:
                page.more = True
                break
            page.channels.append(await self._info(room_id, state))
        return page

    async def create(self, asked: Asked[operations.CreateChannel]) -> operations.ChannelInfo:
        """A room of the bot's; a public one gets an alias, by which it is found."""
        bot, what = await self._bots.of(asked), asked.what
        made = await self._made_before(bot, asked.key) if asked.attempt > 1 else None
        room_id = made or await self._create(bot, what, asked)
        return await self._info(room_id, await self._reader.state(room_id))

    async def invite(self, asked: Asked[operations.InviteToChannel]) -> None:
        """Invites somebody; who is in already, or invited, stays so."""
        bot, what = await self._bots.of(asked), asked.what
        await self._people.must_be(what.user_id)
        await self._bots.enter(bot, what.channel_id)
        member = ("m.room.member", what.user_id)
        state = await self._api.get_room_state(what.channel_id, [member])
        if member in state and state[member].content.get("membership") in ("join", "invite"):
            return
        await self._api.update_room_membership(bot, what.user_id, what.channel_id, "invite")

    async def set_topic(self, asked: Asked[operations.SetTopic]) -> None:
        """Sets a room's topic, or with "" takes it away."""
        bot, what = await self._bots.of(asked), asked.what
        await self._bots.enter(bot, what.channel_id)
        await self._bots.set(bot, what.channel_id, "m.room.topic", {"topic": what.topic})

    async def pin(self, asked: Asked[operations.PinMessage]) -> None:
        """Pins a message, as the newest pin."""
        what = asked.what
        await self._change_pins(
            asked, lambda pins: [*(it for it in pins if it != what.message_id), what.message_id]
        )

    async def unpin(self, asked: Asked[operations.PinMessage]) -> None:
        """Takes a pin away; that there is none is well, too."""
        what = asked.what
        await self._change_pins(asked, lambda pins: [it for it in pins if it != what.message_id])

    async def _change_pins(
        self,
        asked: Asked[operations.PinMessage],
        change: Callable[[list[str]], list[str]],
    ) -> None:
        bot, what = await self._bots.of(asked), asked.what
        await self._bots.enter(bot, what.channel_id)
        await self._reader.found(what.channel_id, what.message_id)
        pins = rooms.pinned(await self._api.get_room_state(what.channel_id, [(_PINNED, "")]))
        changed = change(pins)
        if changed != pins:
            await self._bots.set(bot, what.channel_id, _PINNED, {"pinned": changed})

    # --- Finding --------------------------------------------------------------------------------

    async def _named(self, bot: str, name: str) -> str:
        """The id of the room with a name; "" if there is none."""
        alias = name if name.startswith("#") else f"#{name}"
        alias = alias if ":" in alias else f"{alias}:{self._api.server_name}"
        try:
            return (await self._api.lookup_room_alias(alias))[0]
        except SynapseError:
            pass  # Then it is no alias.
        for room_id in sorted(await self._inside.rooms_of(bot)):
            if rooms.name(await self._api.get_room_state(room_id, rooms.NAMES)) == name:
                return room_id
        return ""

    async def _seen(self, bot: str, room_id: str) -> rooms.State | None:
        """A room's state, if the bot is in it or everybody may enter."""
        if not room_id.startswith("!"):
            return None
        state = await self._reader.state(room_id)
        open_to_all = rooms.kind(state) == common.CHANNEL_KIND_PUBLIC
        return state if open_to_all or await self._inside.is_in(bot, room_id) else None

    async def _info(self, room_id: str, state: rooms.State) -> operations.ChannelInfo:
        return operations.ChannelInfo(
            channel=rooms.channel(room_id, state),
            topic=rooms.topic(state),
            pinned=rooms.pinned(state)[: -_PINS - 1 : -1],
            members=await self._inside.members(room_id),
        )

    # --- Making ---------------------------------------------------------------------------------

    async def _create(
        self, bot: str, what: operations.CreateChannel, asked: Asked[operations.CreateChannel]
    ) -> str:
        if what.kind in (common.CHANNEL_KIND_DIRECT, common.CHANNEL_KIND_GROUP):
            raise Refusal("rooms for people among themselves are made by them")
        public = what.kind == common.CHANNEL_KIND_PUBLIC
        made = {"plugin": asked.plugin, "version": asked.version, "key": asked.key}
        config = {
            "name": what.name,
            "preset": "public_chat" if public else "private_chat",
            "creation_content": {messages.ORIGIN: made},
        }
        if what.topic:
            config["topic"] = what.topic
        if public and (alias := alias_for(what.name)):
            config["room_alias_name"] = alias
        room_id, _ = await self._api.create_room(bot, config, ratelimit=False)
        return room_id

    async def _made_before(self, bot: str, key: str) -> str | None:
        """The room that an earlier attempt has made."""
        for room_id in await self._inside.rooms_of(bot):
            state = await self._api.get_room_state(room_id, [("m.room.create", "")])
            made = state[("m.room.create", "")].content.get(messages.ORIGIN, {})
            if made.get("key") == key:
                return room_id
        return None


def alias_for(name: str) -> str:
    """The local part of an alias, made of a room's name."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-")[:100]
