"""Plugins' accounts: made when first needed, brought into rooms, and spoken with.

An account is named after its plugin, never after what the plugin would like to be called, so that
none can pass for another or for a person. Refuses to know why something is said.
"""

from __future__ import annotations

from typing import Any

from outboard_app import Refusal
from synapse.api.errors import Codes, SynapseError
from synapse.module_api import ModuleApi
from synapse.types import UserID

from outboard_synapse.messages import Content


class Bots:
    """The accounts that this module speaks with."""

    def __init__(self, api: ModuleApi, prefix: str) -> None:
        self._api = api
        self._prefix = prefix
        self._known: set[str] = set()
        self._named: dict[str, str] = {}
        self._entered: set[tuple[str, str]] = set()
        self._direct: dict[tuple[str, str], str] = {}

    def owns(self, user_id: str) -> bool:
        """Whether the account is a plugin's. Nobody else can register such a name here."""
        return user_id.startswith(f"@{self._prefix}") and self._api.is_mine(user_id)

    def may_register(self, username: str | None, from_client: bool) -> bool:
        """Keeps people from taking a plugin's name."""
        return not (from_client and (username or "").lower().startswith(self._prefix))

    async def account(self, plugin: str, display_name: str = "") -> str:
        """The plugin's user id; makes the account, and sets its name, where that is needed."""
        localpart = f"{self._prefix}{plugin}"
        user_id = self._api.get_qualified_user_id(localpart)
        if user_id not in self._known:
            if await self._api.check_user_exists(user_id) is None:
                await self._register(localpart, display_name or plugin)
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

    async def say(self, bot: str, room_id: str, content: Content, inviter: str = "") -> str:
        """Says it in the room; the event's id. Raises Refusal in words for the plugin."""
        await self._enter(bot, room_id, inviter)
        event = {
            "type": "m.room.message",
            "room_id": room_id,
            "sender": bot,
            "content": content,
        }
        try:
            return (await self._api.create_and_send_event_into_room(event)).event_id
        except SynapseError as error:
            # It may have been removed from the room: look again the next time.
            self._entered.discard((bot, room_id))
            raise Refusal(error.msg) from error

    async def direct_room(self, bot: str, user_id: str) -> str:
        """A room of the bot's and one person's."""
        known = self._direct.get((bot, user_id))
        if known is not None:
            return known
        config: dict[str, Any] = {
            "preset": "trusted_private_chat",
            "is_direct": True,
            "invite": [user_id],
        }
        room_id, _ = await self._api.create_room(bot, config, ratelimit=False)
        self._direct[bot, user_id] = room_id
        return room_id

    async def _enter(self, bot: str, room_id: str, inviter: str) -> None:
        """Public rooms are entered; others need an invitation, which `inviter` gives."""
        if (bot, room_id) in self._entered:
            return
        try:
            await self._join(bot, room_id)
        except SynapseError as error:
            if not inviter:
                words = f"{bot} must be invited into the room before it can speak there"
                raise Refusal(f"{words} ({error.msg})") from error
            await self._join_invited(bot, room_id, inviter)
        self._entered.add((bot, room_id))

    async def _join_invited(self, bot: str, room_id: str, inviter: str) -> None:
        try:
            await self._api.update_room_membership(inviter, bot, room_id, "invite")
            await self._join(bot, room_id)
        except SynapseError as error:
            words = f"{bot} cannot be brought into the room"
            raise Refusal(f"{words}: {error.msg}") from error

    async def _join(self, bot: str, room_id: str) -> None:
        await self._api.update_room_membership(bot, bot, room_id, "join")
