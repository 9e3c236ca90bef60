"""Where settings count: places, what is known of them, and settings in the author's own shape.

A place is looked up only while something is set for less than the whole server, and then once until
the next change. Refuses to judge a value; the daemon has held all of them against the schema.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from outboard_plugin.cause import Cause
from outboard_plugin.wire import common, configured, wire

if TYPE_CHECKING:
    from outboard_plugin.link import Link

#: Places that are remembered. Beyond that, all are forgotten: one that matters is asked for again.
_MOST = 1024

#: Ids of the channel and of the person, of the branch of a payload or an event.
_Who = Callable[[Any], tuple[str, str]]


class At(NamedTuple):
    """A place, as ids; empty where there is none."""

    workspace: str = ""
    channel: str = ""
    user: str = ""


class Known:
    """What counts where. Belongs to the loop."""

    def __init__(self, link: Link) -> None:
        self._link = link
        #: Counts changes: what was asked for before one is not learnt after it.
        self._age = 0
        #: The daemon's number of the newest change that was gone by.
        self._newest = 0
        self._places: dict[At, str] = {}

    def forget(self) -> None:
        """Something changed: nothing is known any more."""
        self._age += 1
        self._places.clear()

    def is_newest(self, change: int) -> bool:
        """A change is gone by. Whether none newer was before."""
        is_newest = change >= self._newest
        self._newest = max(change, self._newest)
        return is_newest

    async def register(self, schema: str) -> configured.SettingsRegisterResponse:
        """Registers settings; goes by what counts from now on, unless something newer is known."""
        registered = await self._link.ask(
            "Settings/Register",
            configured.SettingsRegisterRequest(schema=schema),
            configured.SettingsRegisterResponse,
            Cause(),
        )
        # One without a number is of a daemon that counts none, such as a test's.
        if registered.change == 0 or self.is_newest(registered.change):
            self._link.update(settings=registered.settings, settings_narrowed=registered.narrowed)
        self.forget()
        return registered

    async def at(self, at: At | None) -> str:
        """What counts at a place, or on the whole server, as JSON. Raises HostError."""
        welcome = self._link.welcome
        if at is None or not welcome.settings_narrowed:
            return welcome.settings
        if (known := self._places.get(at)) is not None:
            return known
        age = self._age
        request = configured.SettingsGetRequest(**at._asdict())
        # What counts there is not the call's; the next one finds it here.
        answer = await self._link.ask(
            "Settings/Get", request, configured.SettingsGetResponse, Cause()
        )
        if self._age == age:
            if len(self._places) >= _MOST:
                self._places.clear()
            self._places[at] = answer.json
        return answer.json


class SettingsRegistered(NamedTuple):
    """What registering settings came to."""

    #: Required settings that nobody has set.
    missing: Sequence[str]
    #: Why values that were saved once do not fit now: they are kept, and count for nothing.
    unfit: Sequence[str]


def shaped(text: str, into: Callable[..., Any] | None) -> Any:
    """Settings as a dict, or as what `into` makes of them. Raises ValueError where it cannot.

    A dataclass is given what it has fields for; anything else is called with all of them by name.
    """
    values = json.loads(text or "{}")
    if into is None:
        return values
    if dataclasses.is_dataclass(into):
        wanted = {field.name for field in dataclasses.fields(into) if field.init}
        values = {name: value for name, value in values.items() if name in wanted}
    try:
        return into(**values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the settings are not as the code wants them: {error}") from error


def place_of_call(call: wire.Call) -> At:
    """Where a call comes from."""
    kind = call.WhichOneof("of")
    if kind == "intercept":
        payload = call.intercept.payload
        branch = payload.WhichOneof("of") or ""
        channel, user = _PAYLOADS[branch](getattr(payload, branch)) if branch in _PAYLOADS else _NO
    elif kind in ("command", "ui", "autocomplete"):
        channel, user = _by_sender(getattr(call, kind))
    else:
        channel, user = _NO
    return At(call.workspace, channel, user)


def place_of_event(event: common.Event) -> At:
    """Where an event happened."""
    branch = event.WhichOneof("of") or ""
    channel, user = _EVENTS[branch](getattr(event, branch)) if branch in _EVENTS else _NO
    return At(event.workspace, channel, user)


_NO = ("", "")


def _by_sender(it: Any) -> tuple[str, str]:
    return it.channel.id, it.sender.id


def _by_user(it: Any) -> tuple[str, str]:
    return it.channel.id, it.user.id


def _by_maker(it: Any) -> tuple[str, str]:
    return it.channel.id, it.by.id


def _batch(it: common.Batch) -> tuple[str, str]:
    return it.messages[0].channel.id if it.messages else "", it.reader.id


_PAYLOADS: dict[str, _Who] = {
    "before_post": _by_sender,
    "before_edit": lambda it: _by_sender(it.message),
    "before_delete": lambda it: (it.stored.channel.id, it.by.id),
    "before_render": _batch,
    "before_reaction": _by_sender,
    "before_upload": _by_sender,
    "before_join": _by_user,
    "before_login": lambda it: ("", it.user.id),
    "before_create": _by_maker,
}

_EVENTS: dict[str, _Who] = {
    "message": _by_sender,
    "reaction": _by_sender,
    "member": _by_user,
    "user": lambda it: ("", it.user.id),
    "channel": _by_maker,
    "file": _by_sender,
}
