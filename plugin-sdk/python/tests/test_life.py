"""Grants, milestones, the app, and what a process is told of itself."""

from __future__ import annotations

import asyncio
import threading

import pytest

from outboard_plugin import Plugin, common
from outboard_plugin.test import Failed, Harness, person


# I106
async def test_a_handler_is_told_what_was_granted_withdrawn_and_narrowed_when_it_counts_already():
    told = []
    plugin = Plugin()

    @plugin.on_grants_changed
    async def changed(change):
        assert change.grants == [grant.partition("@")[0] for grant in change.after]
        told.append((change.gained, change.lost, change.limited))

    @plugin.command("may")
    async def may(ctx):
        return str(ctx.may("messages:send"))

    async with Harness(plugin, grants=["commands:own", "storage:read"]) as daemon:
        assert (await daemon.command("may")).text == "False"
        await daemon.change_grants(["commands:own", "messages:send"])
        await daemon.change_grants(["commands:own", "messages:send@channels=town-*"])
        assert (await daemon.command("may")).text == "True"
        await daemon.change_grants(["commands:own", "messages:send"])
        await daemon.change_grants(["commands:own", "messages:send"])
        await daemon.change_grants(["commands:own"])
        assert (await daemon.command("may")).text == "False"
    assert told == [
        (["messages:send"], ["storage:read"], []),
        ([], [], ["messages:send"]),
        ([], [], ["messages:send"]),
        ([], ["messages:send"], []),
    ]


# I106
async def test_news_that_a_session_took_along_is_told_again():
    told = asyncio.Queue()
    plugin = Plugin()

    @plugin.on_grants_changed
    async def changed(change):
        await told.put((change.gained, change.lost))
        if not change.after:
            await asyncio.sleep(60)

    async with Harness(plugin, grants=["messages:send"]) as daemon:
        daemon.daemon.say(grants={})
        assert await asyncio.wait_for(told.get(), 5) == ([], ["messages:send"])
        del daemon.daemon.welcome.grants[:], daemon.daemon.welcome.scoped_grants[:]
        daemon.daemon.welcome.grants.append("storage:read")
        daemon.daemon.end_stream()
        assert await asyncio.wait_for(told.get(), 5) == (["storage:read"], ["messages:send"])


async def test_a_grants_handler_that_fails_takes_nothing_back(capsys):
    plugin = Plugin()

    @plugin.on_grants_changed
    def changed(change):
        raise ValueError(f"without {change.lost}")

    async with Harness(plugin, grants=["messages:send"]) as daemon:
        await daemon.change_grants([])
        await daemon.change_grants(["messages:send"])
    errors = capsys.readouterr().err
    assert "without ['messages:send']" in errors
    assert "without []" in errors


async def test_milestones_reach_their_handlers_beside_the_calls():
    told, go_on = [], asyncio.Event()
    plugin = Plugin()

    @plugin.on_installed
    async def installed(it):
        await it.storage.set("table", [])
        told.append(("installed", it.to, it.from_))

    @plugin.on_upgraded
    async def upgraded(it):
        await go_on.wait()
        if it.from_ == "0.9.0":
            raise ValueError("too old")
        told.append(("upgraded", it.from_))

    @plugin.on_uninstalled
    def uninstalled(it):
        it.wait(it.storage.delete("table"))

    @plugin.command("ping")
    async def ping(ctx):
        return "pong"

    async with Harness(plugin) as daemon:
        await daemon.installed()
        assert daemon.storage["table"] == []
        upgrading = asyncio.ensure_future(daemon.upgraded("1.0.0"))
        assert (await daemon.command("ping")).text == "pong"
        go_on.set()
        await upgrading
        with pytest.raises(Failed, match="HANDLER_FAILED: ValueError: too old"):
            await daemon.upgraded("0.9.0")
        await daemon.uninstalled()
        assert "table" not in daemon.storage
    assert told == [("installed", "", ""), ("upgraded", "1.0.0")]


async def test_a_milestone_that_nobody_handles_is_passed():
    async with Harness(Plugin()) as daemon:
        await daemon.installed()


async def test_the_app_that_changes_is_told_of():
    told = []
    plugin = Plugin()

    @plugin.on_app_changed
    async def changed(host):
        told.append((host.app.name, host.app_can("messages.send")))

    async with Harness(plugin) as daemon:
        await daemon.app_changed("chat", operations=["messages.send"], locale="de")
        await daemon.app_changed()
        daemon.daemon.say(app={"app": {"name": "chat"}, "bot": {"user_id": "b1"}})
        await daemon.app_changed("chat")
        # An older daemon says nothing of the bot.
        assert daemon.process.link.welcome.bot.user_id == "b1"
    assert told[:2] == [("chat", True), ("", False)]


async def test_a_forgotten_user_is_an_event():
    plugin = Plugin()

    @plugin.event("user.forgotten")
    async def forget(ctx):
        await ctx.storage.delete(f"seen/{ctx.user.id}")

    async with Harness(plugin) as daemon:
        daemon.storage["seen/ada"] = 1
        event = common.Event(id="e", type="user.forgotten")
        event.user.user.CopyFrom(person("ada"))
        await daemon.event("user.forgotten", event=event)
        assert "seen/ada" not in daemon.storage


async def test_a_process_knows_what_it_was_told_of_itself():
    plugin = Plugin()

    @plugin.command("who")
    def who(ctx):
        # On a thread, where what is known must not change under the reader.
        return f"{ctx.generation} {ctx.previous_end} {ctx.limits.in_flight} {ctx.call_timeout}"

    async with Harness(plugin) as daemon:
        assert (await daemon.command("who")).text == "1 None 0 0.0"


async def test_a_start_handler_sees_settings_storage_and_its_folder():
    plugin = Plugin()

    @plugin.on_start
    def start(it):
        it.wait(it.storage.set("began", it.wait(it.settings())))
        assert it.data_dir.is_dir()

    async with Harness(plugin, settings={"a": 1}) as daemon:
        assert daemon.storage["began"] == {"a": 1}


async def test_grants_that_change_while_it_starts_are_told_once_it_has_started():
    told, go_on, begun = [], threading.Event(), asyncio.Event()
    plugin = Plugin()

    @plugin.on_start
    async def start(it):
        begun.set()
        assert await asyncio.to_thread(go_on.wait, 5)
        told.append("started")

    @plugin.on_grants_changed
    async def changed(change):
        told.append(change.gained)

    harness = Harness(plugin)

    async def meanwhile() -> None:
        await begun.wait()
        harness.daemon.say(grants={"grants": ["messages:send"]})
        harness.daemon.say(ping=common.Ping(nonce=1))
        await harness.daemon.hear("pong")
        go_on.set()

    changing = asyncio.ensure_future(meanwhile())
    async with harness as daemon:
        await changing
        await daemon.process.grants.tell_now()
    assert told == ["started", ["messages:send"]]
