"""Settings of plugins: pages, saving, and what comes of it."""

from __future__ import annotations

import json

import pytest

from conftest import new_app
from outboard_app import SettingsError, common, for_channel
from outboard_app.testing import FakeDaemon
from outboard_app.wire import app_settings, common_settings

ANN = common.Sender(id="u-ann", name="ann")


async def test_pages_are_given(daemon: FakeDaemon, socket: str) -> None:
    daemon.pages = [app_settings.SettingsPage(plugin="welcome", values='{"greeting":"Hello"}')]
    async with new_app(socket) as outboard:
        pages = await outboard.settings_pages(channel="c1")
    assert [page.plugin for page in pages] == ["welcome"]


async def test_what_is_saved_has_an_outcome(daemon: FakeDaemon, socket: str) -> None:
    asked: list[app_settings.SaveSettingsRequest] = []

    def save(request: app_settings.SaveSettingsRequest) -> common_settings.SettingsSaved:
        asked.append(request)
        fault = common_settings.SettingsFault(path="greeting", message="is too long")
        return common_settings.SettingsSaved(
            outcome=common_settings.SETTINGS_OUTCOME_INVALID, faults=[fault]
        )

    daemon.on_save_settings = save
    async with new_app(socket) as outboard:
        saved = await outboard.save_settings(
            "welcome", {"greeting": "Hi", "most": None}, place=for_channel("c1"), who=ANN
        )
    assert (saved.outcome, saved.done) == ("invalid", False)
    assert saved.faults[0].path == "greeting"
    assert json.loads(asked[0].values) == {"greeting": "Hi", "most": None}
    assert asked[0].place.channel == "c1"
    assert asked[0].who.id == "u-ann"


async def test_without_a_daemon_nobody_waits(socket: str) -> None:
    outboard = new_app(socket)
    with pytest.raises(SettingsError) as told:
        await outboard.settings_pages()
    assert told.value.away
