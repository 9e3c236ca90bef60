"""Plugins' accounts: made when first needed, brought into rooms, and spoken with.

An account is named after its plugin, never after what the plugin would like to be called, so that
none can pass for another or for a person. Refuses to know why something is said.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from outboard_app import Asked, NotFound, Refusal
from synapse.api.errors import Codes, SynapseError
from synapse.module_api import ModuleApi, make_deferred_yieldable
from synapse.types import UserID
from twisted.internet.defer import DeferredLock

from outboard_synapse.inside import Inside
from outboard_synapse.messages import Content
from outboard_synapse.refusals import refusal

#: Account data that names the rooms one has with one person each.
_DIRECT = "m.direct"


class Bots:
    """The accounts that this module speaks with."""

    def __init__(self, api: ModuleApi, inside: Inside, prefix: str) -> None:
        self._api = api
        self._inside = inside
        self._prefix = prefix
        self._known: set[str] = set()
        self._named: dict[str, str] = {}
        self._making: dict[tuple[str, str], DeferredLock] = {}

    def owns(self, user_id: str) -> bool:
        """Whether the account is a plugin's. Nobody else can register such a name here."""
        return user_id.startswith(f"@{self._prefix}") and self._api.is_mine(user_id)

    def may_register(self, username: str | None, from_client: bool) -> bool:
        """Keeps people from taking a plugin's name."""
        return not (from_client and (username or "").lower().startswith(self._prefix))

    async def of(self, asked: Asked[Any]) -> str:
        """The account of the plugin that asks for something."""
        return await self.account(asked.plugin, asked.bot_display_name)

    def user_id(self, plugin: str) -> str:
        """The plugin's user id, whether there is such an account yet or not."""
        return self._api.get_qualified_user_id(f"{self._prefix}{plugin}")

    async def account(self, plugin: str, display_name: str = "") -> str:
        """The plugin's user id; makes the account, and sets its name, where that is needed."""
        user_id = self.user_id(plugin)
        if user_id not in self._known:
            if await self._api.check_user_exists(user_id) is None:
                await self._register(f"{self._prefix}{plugin}", display_name or plugin)
                self._named[user_id] = display_name or plugin
            self._known.add(user_id)
        if display_name and self._named.get(user_id) != display_name:
            await self._rename(user_id, display_name)
        return user_id

    async def _register(self, localpart: str, display_name: str) -> None:
        try:
            await self._api.register_user(localpart, display_name)
        except SynapseError as error:
            # Two messages of a new plugin at once: the other one was first.
            if error.errcode != Codes.USER_IN_USE:
                raise

    async def _rename(self, user_id: str, display_name: str) -> None:
        await self._api.set_displayname(UserID.from_string(user_id), display_name)
        self._named[user_id] = display_name

    # --- What they do ---------------------------------------------------------------------------

    async def say(
        self, bot: str, room_id: str, contents: Sequence[Content], key: str, inviter: str = ""
    ) -> str:
        """Says things in a room, one after the other; the first one's id. Raises Refusal.

        What was said under a key within a day is not said again.
        """
        await self.enter(bot, room_id, inviter)
        ids = [
            await self.do(bot, room_id, "m.room.message", content, key and f"{key}/{number}")
            for number, content in enumerate(contents)
        ]
        return ids[0]

    async def do(self, bot: str, room_id: str, kind: str, content: Content, key: str) -> str:
        """Sends an event into a room that the bot is in; its id. Raises Refusal."""
        return await self._send(bot, room_id, key, {"type": kind, "content": content})

    async def redact(self, bot: str, room_id: str, parts: dict[str, Any], key: str) -> str:
        """Sends a redaction, of what its parts name. Raises Refusal."""
        return await self._send(bot, room_id, key, {"type": "m.room.redaction", **parts})

    async def set(self, bot: str, room_id: str, kind: str, content: Content) -> str:
        """Changes the state of a room that the bot is in. Raises Refusal."""
        return await self._send(
            bot, room_id, "", {"type": kind, "state_key": "", "content": content}
        )

    async def _send(self, bot: str, room_id: str, key: str, event: dict[str, Any]) -> str:
        try:
            return await self._inside.send(event | {"sender": bot, "room_id": room_id}, key)
        except SynapseError as error:
            raise refusal(error) from error

    async def enter(self, bot: str, room_id: str, inviter: str = "") -> None:
        """Public rooms are entered; others need an invitation, which `inviter` gives.

        Raises Refusal in words for the plugin, and NotFound where there is no such room.
        """
        if await self._inside.is_in(bot, room_id):
            return
        if not await self._api.get_room_state(room_id, [("m.room.create", "")]):
            raise NotFound(f"there is no room {room_id!r} here")
        try:
            await self._join(bot, room_id)
        except SynapseError as error:
            if not inviter:
                words = f"{bot} must be invited into the room before it can do anything there"
                raise Refusal(f"{words} ({error.msg})") from error
            await self._join_invited(bot, room_id, inviter)

    async def _join_invited(self, bot: str, room_id: str, inviter: str) -> None:
        try:
            await self._api.update_room_membership(inviter, bot, room_id, "invite")
            await self._join(bot, room_id)
        except SynapseError as error:
            words = f"{bot} cannot be brought into the room"
            raise Refusal(f"{words}: {error.msg}") from error

    async def _join(self, bot: str, room_id: str) -> None:
        await self._api.update_room_membership(bot, bot, room_id, "join")

    # --- Rooms for two --------------------------------------------------------------------------

    async def direct_room(self, bot: str, user_id: str) -> str:
        """The room of the bot's and one person's: the one there was, or a new one.

        Somebody who has left it is invited again. Raises Refusal.
        """
        async with self._one_at_a_time(bot, user_id):
            try:
                return await self._direct_room(bot, user_id)
            except SynapseError as error:
                raise refusal(error) from error

    async def _direct_room(self, bot: str, user_id: str) -> str:
        accounts = self._api.account_data_manager
        known = await accounts.get_global(bot, _DIRECT) or {}
        rooms = [room for room in known.get(user_id, ()) if isinstance(room, str)]
        for room_id in reversed(rooms):
            if await self._inside.is_in(bot, room_id):
                await self._bring_back(bot, user_id, room_id)
                return room_id
        config: dict[str, Any] = {
            "preset": "trusted_private_chat",
            "is_direct": True,
            "invite": [user_id],
        }
        room_id, _ = await self._api.create_room(bot, config, ratelimit=False)
        others = {user: list(theirs) for user, theirs in known.items() if user != user_id}
        await accounts.put_global(bot, _DIRECT, others | {user_id: [*rooms, room_id]})
        return room_id

    async def _bring_back(self, bot: str, user_id: str, room_id: str) -> None:
        state = await self._api.get_room_state(room_id, [("m.room.member", user_id)])
        member = state.get(("m.room.member", user_id))
        if member is None or member.content.get("membership") not in ("join", "invite"):
            content = {"is_direct": True}
            await self._api.update_room_membership(bot, user_id, room_id, "invite", content)

    @contextlib.asynccontextmanager
    async def _one_at_a_time(self, bot: str, user_id: str) -> AsyncIterator[None]:
        """Two first messages to one person must not make two rooms."""
        lock = self._making.setdefault((bot, user_id), DeferredLock())
        await make_deferred_yieldable(lock.acquire())
        try:
            yield
        finally:
            lock.release()
            if not lock.locked:
                self._making.pop((bot, user_id), None)
