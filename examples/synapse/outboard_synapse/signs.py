"""Signs of life: that a plugin's account is typing, and the text beside its name.

Refuses to know what it says in rooms.
"""

from __future__ import annotations

from outboard_app import Asked, Refusal, operations
from synapse.module_api import ModuleApi

from outboard_synapse.bots import Bots
from outboard_synapse.inside import Inside
from outboard_synapse.later import Due, Later

#: The kind of what is kept of a status.
STATUS = "status"

#: Milliseconds that a status stands where the plugin does not say, and between two looks at
#: whether it still does: a message of the bot's puts it out.
_DAY_MS = 24 * 3_600_000
RENEW_MS = 2_000


class Signs:
    """Carries out what plugins ask to be shown of themselves."""

    def __init__(self, api: ModuleApi, inside: Inside, bots: Bots, later: Later) -> None:
        self._api = api
        self._inside = inside
        self._bots = bots
        self._later = later
        self._shown: dict[str, str] | None = None
        later.teach(STATUS, self._status_ends)

    async def typing(self, asked: Asked[operations.ShowTyping]) -> None:
        """Shows to everybody in a room that the bot is writing."""
        bot, what = await self._bots.of(asked), asked.what
        if what.only_to:
            raise Refusal("in Matrix everybody in the room sees who is typing")
        await self._bots.enter(bot, what.channel_id)
        await self._inside.show_typing(bot, what.channel_id, what.ttl_us // 1000)

    async def status(self, asked: Asked[operations.SetStatus]) -> None:
        """Shows the bot as online with a text beside its name, until the time is over."""
        bot, what = await self._bots.of(asked), asked.what
        lasts = what.ttl_us // 1000 or _DAY_MS
        until = self._api.get_current_time_msec() + lasts
        due = Due(STATUS, "", bot, bot, until, {"text": what.text})
        if not what.text:
            await self._later.drop(due)
            await self._status_ends(due)
            return
        await self._later.keep(due)
        await self._show(bot, what.text)

    async def renew(self) -> None:
        """Shows again what still stands: Synapse takes whoever speaks without a client for gone."""
        if self._shown is None:
            kept = await self._later.of_kind(STATUS)
            self._shown = {due.bot: due.data["text"] for due in kept}
        for bot, text in list(self._shown.items()):
            if await self._inside.presence(bot) != ("online", text):
                await self._api.set_presence_for_users({bot: ("online", text)})

    async def _show(self, bot: str, text: str) -> None:
        if self._shown is not None:
            self._shown[bot] = text
        await self._api.set_presence_for_users({bot: ("online", text)})

    async def _status_ends(self, due: Due) -> None:
        if self._shown is not None:
            self._shown.pop(due.bot, None)
        await self._api.set_presence_for_users({due.bot: ("offline", None)})
