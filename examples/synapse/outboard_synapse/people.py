"""People: looked up, and what is needed to know of them.

Refuses to know what is done to them.
"""

from __future__ import annotations

from outboard_app import Asked, NotFound, Refusal, common, operations
from synapse.module_api import ModuleApi
from synapse.types import UserID

from outboard_synapse import rooms
from outboard_synapse.bots import Bots
from outboard_synapse.inside import Inside
from outboard_synapse.later import Later

#: What Matrix calls the states of presence, and plugins.
_PRESENCE = {"online": "online", "unavailable": "away", "busy": "busy", "offline": "offline"}


class People:
    """Looks people up."""

    def __init__(self, api: ModuleApi, inside: Inside, bots: Bots, later: Later) -> None:
        self._api = api
        self._inside = inside
        self._bots = bots
        self._later = later

    async def must_be(self, user_id: str) -> None:
        """Raises NotFound where this server does not know the person; Refusal if it is no id.

        People of other servers are taken on trust: their server will say.
        """
        if not UserID.is_valid(user_id):
            raise Refusal(f"{user_id!r} is not the id of a person")
        if self._api.is_mine(user_id) and await self._api.check_user_exists(user_id) != user_id:
            raise NotFound(f"there is no {user_id} here")

    async def sender(self, user_id: str) -> common.Sender:
        """A person by their own name: that of their account, or of a room where they are."""
        state: rooms.State = {}
        if not self._api.is_mine(user_id):
            for room_id in sorted(await self._inside.rooms_of(user_id)):
                state = await self._api.get_room_state(room_id, [("m.room.member", user_id)])
                if state:
                    break
            else:
                raise NotFound(f"there is no {user_id} in any room here")
        plugin = self._bots.owns(user_id)
        found = rooms.sender(user_id, state, self._api.server_name, plugin)
        if self._api.is_mine(user_id):
            profile = await self._api.get_profile_for_user(UserID.from_string(user_id).localpart)
            found.name = profile.display_name or found.name
        return found

    async def find(self, asked: Asked[operations.FindUser]) -> operations.User:
        """A person by id or name. Matrix bans people from rooms: `banned` is said of nobody."""
        user_id = self._id_of(asked.what)
        await self.must_be(user_id)
        sender = await self.sender(user_id)
        mutes = await self._later.of_person("mute", user_id)
        until = max((due.due_ms for due in mutes), default=0)
        state, _ = await self._inside.presence(user_id)
        return operations.User(
            sender=sender, muted_until_us=until * 1000, presence=_PRESENCE.get(state, state)
        )

    def _id_of(self, what: operations.FindUser) -> str:
        """The id that is asked for, or that a name stands for."""
        wanted = what.id if what.WhichOneof("by") == "id" else what.name
        if wanted.startswith("@") and ":" in wanted:
            return wanted
        if what.WhichOneof("by") == "id":
            raise NotFound(f"{wanted!r} is not the id of a person")
        return self._api.get_qualified_user_id(wanted.removeprefix("@").lower())
