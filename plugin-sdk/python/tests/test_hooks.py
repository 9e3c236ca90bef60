"""Hooks: what a handler returns becomes a verdict."""

from __future__ import annotations

import time

import pytest

from outboard_plugin import Plugin, common, handled, hold, html, proceed, reject, replace
from outboard_plugin.test import Failed, Harness, What, message


def deciding(verdict, hook: str = "message.before_post") -> Plugin:
    plugin = Plugin()

    @plugin.hook(hook)
    async def decide(ctx):
        return verdict

    return plugin


async def test_a_message_is_rewritten_as_it_was_written():
    plugin = Plugin()

    @plugin.hook("message.before_post")
    async def tidy(ctx):
        return replace(ctx.text.replace("darn", "d**n"))

    async with Harness(plugin) as daemon:
        assert (await daemon.hook("message.before_post", text="oh darn")).replaced == "oh d**n"
        verdict = await daemon.hook("message.before_post", text=html("<b>darn</b>"))
        assert verdict.wire.replace.before_post.body.html == "<b>d**n</b>"


@pytest.mark.parametrize("verdict", [None, proceed(), replace("well")])
async def test_what_changes_nothing_passes(verdict):
    async with Harness(deciding(verdict)) as daemon:
        assert (await daemon.hook("message.before_post", text="well")).passed


async def test_a_message_is_rejected_with_words_and_a_code():
    async with Harness(deciding(reject("not here", code="rude", silent=True))) as daemon:
        verdict = await daemon.hook("message.before_post", text="well")
    assert (verdict.rejected, verdict.code, verdict.wire.reject.silent) == (
        "not here",
        "rude",
        True,
    )


async def test_a_message_is_held_for_a_while_and_then_decided_about():
    plugin = deciding(hold("review", expires=60, reason="a moment", id="h1"))

    @plugin.command("let")
    async def let(ctx, name):
        listed = [item.id async for item in ctx.held.list("review")]
        await ctx.held.release(name)
        return f"{name} of {listed}"

    async with Harness(plugin) as daemon:
        verdict = await daemon.hook("message.before_post", text="well")
        assert verdict.held == "review"
        assert 50 < verdict.wire.hold.expires_at_us / 1e6 - time.time() <= 60
        assert (await daemon.command("let", name="h1")).text == "h1 of ['h1']"
        assert daemon.decided == [("h1", "released", "")]


async def test_a_plugin_takes_care_of_it_itself():
    async with Harness(deciding(handled())) as daemon:
        assert (await daemon.hook("message.before_post", text="well")).handled


async def test_every_hook_has_its_words():
    plugin = Plugin()
    seen = []

    async def note(ctx):
        seen.append((ctx.name, ctx.text, ctx.sender.id, ctx.channel.id))

    hooks = {
        "message.before_edit": "new",
        "message.before_delete": "old",
        "reaction.before_add": "+1",
        "file.before_upload": "",
        "user.before_join": "",
        "channel.before_create": "",
    }
    for hook in hooks:
        plugin.hook(hook)(note)
    async with Harness(plugin) as daemon:
        for hook, text in hooks.items():
            await daemon.hook(hook, text=text, sender="bob", channel="town")
    wanted = [(hook, text, "bob", "town") for hook, text in hooks.items()]
    # A stored message has a channel, a deletion has none of its own.
    assert seen == wanted


async def test_messages_about_to_be_shown_are_changed_one_by_one():
    plugin = deciding(replace(str.upper), "message.before_render")
    async with Harness(plugin) as daemon:
        verdict = await daemon.hook("message.before_render", texts=["a", "b"])
    assert verdict.replaced == ["A", "B"]


async def test_a_hook_of_the_apps_own_speaks_json():
    plugin = Plugin()

    @plugin.hook("x.shop.before_order")
    async def order(ctx):
        return replace({"count": ctx.data["count"] - 1})

    async with Harness(plugin) as daemon:
        verdict = await daemon.hook("x.shop.before_order", data={"count": 3})
    assert verdict.replaced == {"count": 2}


async def test_a_whole_payload_may_be_the_answer():
    payload = common.HookPayload(before_post=message("else", "bob"))
    async with Harness(deciding(replace(payload))) as daemon:
        assert (await daemon.hook("message.before_post", text="well")).replaced == "else"


@pytest.mark.parametrize("verdict", ["a string", replace(3), 7])
async def test_what_is_no_verdict_fails_that_call_only(verdict):
    plugin = deciding(verdict)

    @plugin.command("ping")
    async def ping(ctx):
        return "pong"

    async with Harness(plugin) as daemon:
        with pytest.raises(Failed, match="HANDLER_FAILED: TypeError"):
            await daemon.hook("message.before_post", text="well")
        assert (await daemon.command("ping")).text == "pong"


async def test_a_hook_without_a_handler_is_not_supported():
    async with Harness(Plugin()) as daemon:
        with pytest.raises(Failed, match="NOT_SUPPORTED: .* hook message.before_post"):
            await daemon.hook("message.before_post", text="well")


def test_what_a_test_says_it_is_about_has_defaults():
    assert What(text="x").sender == "ada"
