"""Commands and actions: arguments by name, and the ways to answer."""

from __future__ import annotations

import asyncio
import threading
from enum import Enum

import pytest

from outboard_plugin import HostError, Plugin, Refusal, deferred, refuse, whisper
from outboard_plugin.test import Failed, Harness

MANIFEST = """
name = "test"
version = "0.1.0"
[[commands]]
name = "roll"
args = [{ name = "dice", type = "string" }, { name = "times", type = "integer", optional = true }]
[[commands]]
name = "todo"
[[commands.subcommands]]
name = "add"
args = [{ name = "what", type = "string" }]
"""


class Dice(Enum):
    D6 = "d6"
    D20 = "d20"


@pytest.fixture
def plugin(tmp_path) -> Plugin:
    path = tmp_path / "plugin.toml"
    path.write_text(MANIFEST)
    plugin = Plugin(path)

    @plugin.command("roll")
    async def roll(ctx, dice: Dice, times: int = 1):
        return f"{dice.name} {times} for {ctx.sender.name} in {ctx.channel.name}"

    @plugin.command("todo add")
    async def add(ctx, what: str):
        return whisper(f"{ctx.subcommand}: {what}")

    @plugin.command("todo")
    async def todo(ctx, **any):
        return f"else: {any}"

    return plugin


async def test_arguments_come_by_name_as_their_annotations_say(plugin):
    async with Harness(plugin) as daemon:
        reply = await daemon.command("roll", dice="d20", sender="bob", channel="pub")
        assert reply.text == "D20 1 for bob in pub"
        assert (await daemon.command("roll", dice="d6", times=3)).text.startswith("D6 3")


async def test_a_value_that_suits_no_annotation_is_told_to_the_person(plugin):
    async with Harness(plugin) as daemon:
        reply = await daemon.command("roll", dice="d7")
    assert reply.is_refusal
    assert reply.text == "dice: 'd7' is not a valid Dice"


async def test_a_subcommand_has_its_own_handler(plugin):
    async with Harness(plugin) as daemon:
        reply = await daemon.command("todo add", what="milk")
    assert (reply.text, reply.is_whisper) == ("add: milk", True)


@pytest.mark.parametrize("given", [{}, {"dice": "d6", "color": "red"}])
async def test_the_harness_knows_the_manifests_arguments(plugin, given):
    async with Harness(plugin) as daemon:
        with pytest.raises(Failed, match="BAD_ARGUMENTS"):
            await daemon.command("roll", **given)


def made(handler) -> Plugin:
    plugin = Plugin()
    plugin.command("do")(handler)
    return plugin


async def test_what_is_wrong_is_told_to_the_person_alone():
    async def returned(ctx):
        return refuse("no")

    async def raised(ctx):
        raise Refusal("no")

    for handler in (returned, raised):
        async with Harness(made(handler)) as daemon:
            reply = await daemon.command("do")
        assert (reply.text, reply.is_refusal, reply.is_whisper) == ("no", True, True)


async def test_a_handler_that_raises_fails_its_call(capsys):
    async def broken(ctx):
        raise ZeroDivisionError("by nothing")

    async with Harness(made(broken)) as daemon:
        with pytest.raises(Failed, match="HANDLER_FAILED: ZeroDivisionError: by nothing"):
            await daemon.command("do")
    # The log says where.
    assert "test_commands.py" in capsys.readouterr().err


async def test_a_plain_function_runs_on_a_thread_and_pings_are_answered():
    seen = threading.Event()

    def slow(ctx):
        assert seen.wait(5)
        return ctx.wait(ctx.storage.increment("n"))

    plugin = made(lambda ctx: f"counted {slow(ctx)}")
    async with Harness(plugin) as daemon:
        asked = asyncio.ensure_future(daemon.command("do"))
        daemon.daemon.say(ping={"nonce": 7})
        assert (await daemon.daemon.hear("pong")).nonce == 7
        seen.set()
        assert (await asked).text == "counted 1"


async def test_a_handler_past_its_time_is_cancelled_and_the_call_fails():
    ended = asyncio.Event()

    async def slow(ctx):
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with Harness(made(slow)) as daemon:
        with pytest.raises(Failed, match="DEADLINE"):
            await daemon.command("do", budget=0.05)
        await asyncio.wait_for(ended.wait(), 5)


async def test_a_plain_handler_past_its_time_can_tell():
    over = threading.Event()

    def slow(ctx):
        while not ctx.is_over:
            threading.Event().wait(0.01)
        over.set()

    async with Harness(made(slow)) as daemon:
        with pytest.raises(Failed, match="DEADLINE"):
            await daemon.command("do", budget=0.05)
        assert await asyncio.to_thread(over.wait, 5)


async def test_a_cancelled_call_ends_its_handler():
    begun, ended = asyncio.Event(), asyncio.Event()

    async def slow(ctx):
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    async with Harness(made(slow)) as daemon:
        asked = asyncio.ensure_future(daemon.command("do", budget=1))
        await begun.wait()
        daemon.daemon.say(cancel={"call": 1, "reason": "nobody waits"})
        await asyncio.wait_for(ended.wait(), 5)
        asked.cancel()


async def test_progress_renews_the_time():
    async def slow(ctx):
        await ctx.progress(50, "half")
        await asyncio.sleep(0.2)
        assert ctx.remaining > 10
        return "done"

    async with Harness(made(slow)) as daemon:
        assert (await daemon.command("do", budget=0.1)).text == "done"
        assert (await daemon.daemon.hear("progress")).percent == 50


async def test_a_handler_that_yields_streams_its_reply():
    async def tell(ctx):
        for piece in ("once ", "upon ", "a time"):
            yield piece

    async with Harness(made(tell)) as daemon:
        assert (await daemon.command("do")).text == "once upon a time"
        assert daemon.said == "once upon a time"
        pieces = [frame.partial.seq for frame in daemon.daemon.heard("partial")]
        assert pieces == [0, 1, 2]


async def test_a_long_stream_is_what_its_pieces_said():
    async def tell(ctx):
        stream = ctx.stream(for_one=True)
        for _ in range(4):
            await stream.push("x" * 30_000)
        return stream.finish()

    async with Harness(made(tell)) as daemon:
        reply = await daemon.command("do")
        assert (reply.wire.streamed, reply.text, reply.is_whisper) == (True, "", True)
        assert len(daemon.said) == 120_000


async def test_what_is_deferred_is_said_later():
    async def bake(ctx):
        async def work(later):
            await later.say("in the oven")
            return "done"

        return ctx.defer(work)

    async with Harness(made(bake)) as daemon:
        assert (await daemon.command("do")).is_deferred
        said = await daemon.follow_ups(2)
        assert [(it.seq, it.text, it.last) for it in said] == [
            (1, "in the oven", False),
            (2, "done", True),
        ]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("burnt"), "burnt"),
        (asyncio.CancelledError(), "what the handler waited for was cancelled"),
        (SystemExit(2), "SystemExit: 2"),
    ],
)
async def test_deferred_work_that_fails_says_so(error, text, capsys):
    async def bake(ctx):
        async def work(later):
            raise error

        return ctx.defer(work)

    async with Harness(made(bake)) as daemon:
        await daemon.command("do")
        (said,) = await daemon.follow_ups(1)
        assert (said.text, said.reply.is_refusal, said.last) == (text, True, True)


async def test_deferred_work_ends_when_nobody_wants_it():
    begun, ended = asyncio.Event(), asyncio.Event()

    async def bake(ctx):
        async def work(later):
            begun.set()
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()

        return ctx.defer(work)

    async with Harness(made(bake)) as daemon:
        await daemon.command("do")
        await begun.wait()
        daemon.cancel("interaction-1")
        await asyncio.wait_for(ended.wait(), 5)


async def test_another_process_goes_on_with_what_was_deferred():
    async def ask(ctx):
        await ctx.storage.set("waiting", ctx.interaction_id)
        return deferred()

    plugin = made(ask)

    @plugin.event("app.started")
    async def answer(ctx):
        await ctx.later(await ctx.storage.get("waiting"), seq=3).finish("at last")

    async with Harness(plugin) as daemon:
        await daemon.command("do")
        await daemon.event("app.started")
        assert (await daemon.follow_ups(1))[0][:2] == ("interaction-1", 3)


async def test_an_action_is_answered_like_a_command():
    plugin = Plugin()

    @plugin.action("poll")
    async def vote(ctx):
        return f"{ctx.sender.name} {ctx.name} {ctx.data['for']}"

    async with Harness(plugin) as daemon:
        assert (await daemon.action("poll", "votes", {"for": "tea"})).text == "ada votes tea"


async def test_what_is_typed_is_completed():
    plugin = Plugin()

    @plugin.autocomplete("roll", "dice")
    async def dice(ctx):
        return [it for it in ("d6", "d20", "2d6") if it.startswith(ctx.prefix)]

    async with Harness(plugin) as daemon:
        assert await daemon.autocomplete("roll", "dice", "d") == ["d6", "d20"]


async def test_what_the_daemon_refuses_is_an_error_with_its_reason():
    async def speak(ctx):
        try:
            await ctx.reply("hello")
        except HostError as error:
            return f"{error.reason}, {error.message}"

    async with Harness(made(speak)) as daemon:
        daemon.refuse("PERMISSION_DENIED", "messages:send is not granted")
        reply = await daemon.command("do")
    assert reply.text == "PERMISSION_DENIED, messages:send is not granted"


async def test_an_answer_too_large_for_a_frame_fails_that_call_only():
    async def much(ctx, size):
        return "x" * size

    async with Harness(made(much)) as daemon:
        with pytest.raises(Failed, match="FRAME_TOO_LARGE"):
            await daemon.command("do", size=70_000)
        assert len((await daemon.command("do", size=60_000)).text) == 60_000
