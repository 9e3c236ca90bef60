"""What plugins may ask of this homeserver: each operation, and which part carries it out.

Only what this process can do is declared. Refuses to know how anything is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from outboard_app import Asked, Carries
from synapse.module_api import ModuleApi

from outboard_synapse.bots import Bots
from outboard_synapse.files import Files
from outboard_synapse.history import History
from outboard_synapse.inside import Inside
from outboard_synapse.later import Later
from outboard_synapse.moderation import Moderation
from outboard_synapse.people import People
from outboard_synapse.places import Places
from outboard_synapse.reading import Reader
from outboard_synapse.refusals import heard
from outboard_synapse.signs import Signs
from outboard_synapse.talk import Talk
from outboard_synapse.waiting import on_reactor

_T = TypeVar("_T")

_Handler = Callable[[Asked[Any]], Awaitable[_T]]


class Carrier:
    """The parts, put together."""

    def __init__(
        self, api: ModuleApi, inside: Inside, bots: Bots, reader: Reader, later: Later
    ) -> None:
        self._api = api
        self._inside = inside
        self._people = people = People(api, inside, bots, later)
        self._history = History(inside, bots, reader)
        self._moderation = Moderation(api, bots, people, later)
        self._places = Places(api, inside, bots, reader, people)
        self._files = Files(api, inside, bots)
        self.talk = Talk(inside, bots, reader, people)
        self.signs = Signs(api, inside, bots, later)

    def carries(self) -> Carries:
        """A handler for each operation. Ephemeral messages are not in Matrix; a message that grows
        would leave an edit for each piece in the room's history for ever.
        """
        on, inside = self._on_reactor, self._inside
        talk, signs, read = self.talk, self.signs, self._history
        people, places, files = self._moderation, self._places, self._files
        return Carries(
            direct=on("direct", talk.direct),
            edit=on("edit", talk.edit),
            delete=on("delete", talk.delete),
            react=on("react", talk.react),
            unreact=on("unreact", talk.unreact),
            typing=on("typing", signs.typing) if inside.tells_typing else None,
            status=on("status", signs.status) if inside.tells_presence else None,
            get_message=on("get", read.get),
            list_messages=on("list", read.list),
            search_messages=on("search", read.search) if inside.searches else None,
            find_user=on("find_user", self._people.find),
            warn=on("warn", people.warn),
            mute=on("mute", people.mute),
            unmute=on("unmute", people.unmute),
            kick=on("kick", people.kick),
            ban=on("ban", people.ban),
            unban=on("unban", people.unban),
            find_channel=on("find_room", places.find),
            list_channels=on("list_rooms", places.list),
            create_channel=on("create_room", places.create),
            invite=on("invite", places.invite),
            set_topic=on("set_topic", places.set_topic),
            pin=on("pin", places.pin),
            unpin=on("unpin", places.unpin),
            stat_file=on("stat", files.stat) if inside.keeps_files else None,
            read_file=on("read", files.read) if inside.keeps_files else None,
            upload_file=on("upload", files.upload) if inside.keeps_files else None,
        )

    def _on_reactor(self, what: str, work: _Handler[_T]) -> _Handler[_T]:
        """Called on the SDK's thread: does the work on the reactor's."""

        async def carry_out(asked: Asked[Any]) -> _T:
            done = on_reactor(self._api, f"outboard_{what}", lambda: heard(work(asked)))
            return await asyncio.wrap_future(done)

        return carry_out
