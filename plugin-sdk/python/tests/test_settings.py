"""Settings as handlers see them, and changes that are agreed to or refused."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass

import pytest

from outboard_plugin import Plugin, Refusal, wire
from outboard_plugin.test import Failed, Harness, Refused
from outboard_plugin.wire import configured


@dataclass
class Settings:
    greeting: str
    loud: bool = False


def greeter() -> Plugin:
    plugin = Plugin()

    @plugin.command("greet")
    async def greet(ctx):
        settings = await ctx.settings(Settings)
        return settings.greeting.upper() if settings.loud else settings.greeting

    @plugin.event("message.posted")
    def heard(ctx):
        ctx.wait(ctx.reply(ctx.wait(ctx.settings())["greeting"]))

    @plugin.command("key")
    async def key(ctx):
        return await ctx.secret("key")

    @plugin.on_settings_changed
    async def changed(change):
        if change.secrets:
            assert await change.secret("key") != "wrong", "that key opens nothing"
        word = change.after(Settings).greeting
        assert (change.scope, change.before()["greeting"] != "") == ("server", True)
        # What counts until this has returned.
        assert (await change.settings())["greeting"] == change.before()["greeting"]
        if not word:
            raise Refusal("nothing to say")
        if word == "hang":
            await asyncio.sleep(60)
        if word == "stubborn":
            # Cancelled, it goes on; the end of the test's loop is the second time.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            await asyncio.sleep(60)
        if word == "cancelled":
            raise asyncio.CancelledError
        if word == "exit":
            raise SystemExit(3)

    return plugin


async def greeted(daemon: Harness, **where: str) -> str:
    return (await daemon.command("greet", **where)).text


async def test_a_handler_sees_what_counts_and_changes_count_once_it_agrees():
    async with Harness(greeter(), settings={"greeting": "Hello", "other": 1}) as daemon:
        assert await greeted(daemon) == "Hello"
        await daemon.change_settings({"greeting": "Ahoy"})
        assert await greeted(daemon) == "Ahoy"
        await daemon.change_settings({"loud": True})
        assert await greeted(daemon) == "AHOY"


# I107
@pytest.mark.parametrize(
    ("greeting", "why"),
    [
        ("", "nothing to say"),
        ("hang", "ran out of time"),
        ("stubborn", "ran out of time"),
        ("cancelled", "what the handler waited for was cancelled"),
        ("exit", "SystemExit: 3"),
    ],
)
async def test_a_change_that_is_refused_changes_nothing_and_the_next_one_is_asked(greeting, why):
    async with Harness(greeter(), settings={"greeting": "Hello"}) as daemon:
        with pytest.raises(Refused, match=why):
            await daemon.change_settings({"greeting": greeting}, budget=0.2)
        assert await greeted(daemon) == "Hello"
        await daemon.change_settings({"greeting": "Ahoy"})
        assert await greeted(daemon) == "Ahoy"


async def test_settings_that_the_code_does_not_want_fail_the_call_and_refuse_the_change():
    async with Harness(greeter(), settings={}) as daemon:
        with pytest.raises(Failed, match="not as the code wants them.*greeting"):
            await daemon.command("greet")


async def test_a_plain_settings_handler_that_hangs_leaves_the_session_alive():
    plugin, forever = Plugin(), threading.Event()

    @plugin.on_settings_changed
    def changed(change):
        forever.wait()

    async with Harness(plugin) as daemon:
        with pytest.raises(Refused, match="ran out of time"):
            await daemon.change_settings({"a": 1}, budget=0.1)
    forever.set()


async def test_without_a_handler_every_change_is_gone_by():
    plugin = Plugin()

    @plugin.command("show")
    async def show(ctx):
        return str(await ctx.settings())

    async with Harness(plugin) as daemon:
        await daemon.change_settings({"a": 1})
        assert (await daemon.command("show")).text == "{'a': 1}"


async def test_a_place_has_its_own_until_something_changes():
    async with Harness(greeter(), settings={"greeting": "Hello"}) as daemon:
        daemon.settings_at({"greeting": "Lovely day"}, user="ada")
        daemon.settings_at({"greeting": "Quiet"}, channel="library")
        assert await greeted(daemon) == "Lovely day"
        assert await greeted(daemon, sender="bob") == "Hello"
        assert await greeted(daemon, sender="bob", channel="library") == "Quiet"
        await daemon.event("message.posted", "hi", sender="bob", channel="library")
        assert daemon.sent[0].text == "Quiet"
        # Known by now, it is not asked for again; and a change forgets it.
        asked = len(daemon.daemon.host.metadata)
        assert await greeted(daemon) == "Lovely day"
        assert len(daemon.daemon.host.metadata) == asked
        daemon.settings_at({"greeting": "Still here"}, user="ada")
        assert await greeted(daemon) == "Still here"


async def test_a_secret_is_asked_for_and_may_not_be_set():
    async with Harness(greeter(), settings={"greeting": "Hello"}) as daemon:
        with pytest.raises(Failed, match="SETTING_NOT_SET"):
            await daemon.command("key")
        daemon.secret("key", "hush")
        assert (await daemon.command("key")).text == "hush"
        with pytest.raises(Refused, match="AssertionError: that key opens nothing"):
            await daemon.change_settings({}, secrets={"key": "wrong"})
        assert (await daemon.command("key")).text == "hush"
        await daemon.change_settings({}, secrets={"key": "open"})
        assert (await daemon.command("key")).text == "open"


async def test_what_is_taken_back_is_not_asked_about_twice():
    told = []
    plugin = Plugin()

    @plugin.on_settings_changed
    async def changed(change):
        told.append(change.after())

    async with Harness(plugin, settings={"a": 1}) as daemon:
        # It counts already: the plugin never went by what is taken back.
        await daemon.change_settings({"a": 1})
        await daemon.change_settings({"a": 2})
        assert told == [{"a": 2}]


async def test_what_was_saved_while_there_was_no_session_is_told_in_the_next_one():
    told = []
    plugin = Plugin()

    @plugin.on_settings_changed
    async def changed(change):
        told.append((change.before(), change.after()))

    @plugin.command("show")
    async def show(ctx):
        return str(await ctx.settings())

    async with Harness(plugin, settings={"a": 1}) as daemon:
        daemon.daemon.welcome.settings = '{"a": 2}'
        daemon.daemon.end_stream()
        await daemon.daemon.hear("ready", 2)
        assert (await daemon.command("show")).text == "{'a': 2}"
        assert told == [({"a": 1}, {"a": 2})]
        # Nobody asked, so nobody is answered.
        assert not daemon.daemon.heard("settings")


async def test_more_changes_than_may_wait_are_refused_at_once():
    plugin, go_on = Plugin(), asyncio.Event()

    @plugin.on_settings_changed
    async def changed(change):
        await go_on.wait()

    async with Harness(plugin) as daemon:
        for number in range(1, 21):
            changed = wire.SettingsChanged(change=number, after=f'{{"a": {number}}}')
            daemon.daemon.say(settings=changed)
        ack = await daemon.daemon.hear("settings")
        assert (ack.refused, ack.reason) == (True, "too many changes wait already")
        go_on.set()
        await daemon.daemon.hear("settings", 20)


async def test_more_settings_stand_beside_the_manifests():
    plugin = Plugin()

    @plugin.on_start
    async def start(it):
        tone = {"type": "string", "default": "warm"}
        schema = {"type": "object", "properties": {"tone": tone}, "required": ["token"]}
        registered = await it.register_settings(schema)
        assert registered.missing == ["token"]
        assert await it.settings() == {"tone": "warm", "a": 1}

    async with Harness(plugin, settings={"a": 1}) as daemon:
        assert "tone" in daemon.registered_settings["properties"]
        await daemon.change_settings({"tone": "cool"})


async def test_what_was_registered_counts_unless_something_newer_does():
    plugin = Plugin()

    @plugin.command("register")
    async def register(ctx):
        await ctx.register_settings({"type": "object"})
        return str(await ctx.settings())

    async with Harness(plugin, settings={"a": 1}) as daemon:
        await daemon.change_settings({"a": 2})
        # An answer that was on its way while somebody saved again.
        old = configured.SettingsRegisterResponse(change=1, settings='{"a": 1}')
        daemon.daemon.host.answer = lambda method, request: old
        daemon.process.link.known.is_newest(7)
        assert (await daemon.command("register")).text == "{'a': 2}"
