"""Plugins' settings: the pages to show, and saving what people enter.

A call of its own beside the session, for it may wait for a plugin's word. Refuses to know who may
save what: that is the app's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from outboard_app.wire import app_settings, common, common_settings, dial

#: Seconds that pages may take, and a save: a plugin may have 5 for each change before it.
_PAGES = 5.0
_SAVE = 30.0

_AWAY = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNKNOWN,
)

_R = TypeVar("_R", bound=Message)

SERVER = common_settings.SettingsPlace(scope=common_settings.SETTINGS_SCOPE_SERVER)


class SettingsError(Exception):
    """No answer, or a refusal. `away`: the daemon did not answer; saving may have happened."""

    def __init__(self, words: str, *, away: bool) -> None:
        super().__init__(words)
        self.away = away


@dataclass(frozen=True)
class Saved:
    """What became of values that were saved: all of them, or none."""

    #: "acknowledged", "kept", "unchanged", "invalid", "refused" or "unanswered".
    outcome: str
    #: The plugin's words, or why nothing is known of them.
    reason: str
    #: Every fault there is, where it is invalid.
    faults: Sequence[common_settings.SettingsFault]

    @property
    def done(self) -> bool:
        """Whether the values count, now or from the plugin's next start."""
        return self.outcome in ("acknowledged", "kept", "unchanged")


def for_workspace(workspace: str) -> common_settings.SettingsPlace:
    """One workspace."""
    scope = common_settings.SETTINGS_SCOPE_WORKSPACE
    return common_settings.SettingsPlace(scope=scope, workspace=workspace)


def for_channel(channel: str, workspace: str = "") -> common_settings.SettingsPlace:
    """One channel, by its id."""
    scope = common_settings.SETTINGS_SCOPE_CHANNEL
    return common_settings.SettingsPlace(scope=scope, workspace=workspace, channel=channel)


def for_user(user: str, workspace: str = "") -> common_settings.SettingsPlace:
    """One person, by their id."""
    scope = common_settings.SETTINGS_SCOPE_USER
    return common_settings.SettingsPlace(scope=scope, workspace=workspace, user=user)


async def pages(
    socket: str, workspace: str, channel: str, user: str
) -> list[app_settings.SettingsPage]:
    """A page for each plugin that has settings, as they are at one place. Raises SettingsError."""
    request = app_settings.SettingsPagesRequest(workspace=workspace, channel=channel, user=user)
    answer = await _call(
        socket, "SettingsPages", request, app_settings.SettingsPagesResponse, _PAGES
    )
    return list(answer.pages)


async def save(
    socket: str,
    plugin: str,
    values: Mapping[str, object],
    place: common_settings.SettingsPlace,
    who: common.Sender,
) -> Saved:
    """Saves values, None for what counts without one. Raises SettingsError."""
    request = app_settings.SaveSettingsRequest(
        plugin=plugin, place=place, who=who, values=json.dumps(dict(values))
    )
    answer = await _call(socket, "SaveSettings", request, common_settings.SettingsSaved, _SAVE)
    name = common_settings.SettingsOutcome.Name(answer.outcome)
    outcome = name.removeprefix("SETTINGS_OUTCOME_").lower()
    return Saved(outcome, answer.reason, list(answer.faults))


async def _call(
    socket: str, method: str, request: Message, response: type[_R], seconds: float
) -> _R:
    async with dial(socket, large=True) as channel:
        call = channel.unary_unary(
            f"/outboard.app.v1.Settings/{method}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=response.FromString,
        )
        try:
            answer: _R = await call(request, timeout=seconds)
            return answer
        except grpc.aio.AioRpcError as error:
            away = error.code() in _AWAY
            raise SettingsError(error.details() or error.code().name, away=away) from None
