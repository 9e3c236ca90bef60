"""Commands: shown as they are written, answered later, offered while typed, taken back."""

from __future__ import annotations

import asyncio

from conftest import new_app
from outboard_app import app, common


def joke() -> app.RunCommand:
    return app.RunCommand(name="joke", interaction_id="i1")


def answered(**reply: object) -> app.CommandResult:
    return app.CommandResult(plugin="joker", reply=common.InteractionReply(**reply))


def follow_up(number: int, seq: int, text: str) -> app.DaemonFrame:
    ask = app.Request(id=number, idempotency_key=f"k{seq}", attempt=1)
    ask.asker.plugin = "joker"
    ask.follow_up.interaction_id = "i1"
    ask.follow_up.seq = seq
    ask.follow_up.channel.id = "c1"
    ask.follow_up.reply.body.plain = text
    return app.DaemonFrame(request=ask)


async def test_a_reply_is_shown_as_it_is_written(socket, daemon):
    daemon.pieces = ["knock ", "knock"]
    daemon.on_command = lambda _: answered(streamed=True)
    shown: list[str] = []
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        outcome = await outboard.run_command(joke(), on_piece=shown.append)
    assert shown == ["knock ", "knock"]
    assert outcome.text == "knock knock"


async def test_a_handler_that_fails_on_a_piece_costs_nothing_else(socket, daemon):
    daemon.pieces = ["a"]
    daemon.on_command = lambda _: answered(body=common.Body(plain="a"))

    def fails(_: str) -> None:
        raise ValueError("cannot draw")

    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        assert (await outboard.run_command(joke(), on_piece=fails)).text == "a"


async def test_progress_buys_time_that_the_budget_does_not(socket, daemon):
    shown: list[tuple[int, str]] = []
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        running = asyncio.ensure_future(
            outboard.run_command(joke(), budget=0.3, on_progress=lambda *seen: shown.append(seen))
        )
        call = (await daemon.wait_heard("command")).command.id
        progress = app.Progress(interaction_id="i1", percent=50, text="thinking")
        daemon.say(app.DaemonFrame(progress=progress))
        done, _ = await asyncio.wait({running}, timeout=0.5)
        assert not done
        result = answered(body=common.Body(plain="ha"))
        result.id = call
        daemon.say(app.DaemonFrame(command=result))
        assert (await running).text == "ha"
    assert shown == [(50, "thinking")]


async def test_a_silent_plugin_ends_with_the_budget_and_is_told(socket, daemon):
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        outcome = await outboard.run_command(joke(), budget=0.05)
        assert outcome.failure is not None
        assert outcome.failure.details["outcome"] == "unknown"
        cancel = (await daemon.wait_heard("cancel")).cancel
    assert cancel.id == daemon.heard("command")[0].command.id


async def test_a_command_whose_task_is_cancelled_is_taken_back(socket, daemon):
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        running = asyncio.ensure_future(outboard.run_command(joke()))
        await daemon.wait_heard("command")
        running.cancel()
        await daemon.wait_heard("cancel")


async def test_a_follow_up_is_shown_once_and_answered(socket, daemon):
    shown: list[str] = []

    async def show(said):
        shown.append(said.reply.body.plain)
        assert (said.interaction_id, said.channel.id, said.plugin) == ("i1", "c1", "joker")
        return "m7"

    daemon.on_command = lambda _: answered(deferred=True)
    async with new_app(socket, on_follow_up=show) as outboard:
        assert await outboard.wait_connected(5)
        assert (await outboard.run_command(joke())).deferred
        daemon.say(follow_up(1, 1, "why did the chicken"))
        daemon.say(follow_up(2, 1, "why did the chicken"))
        await daemon.wait_heard("answer", count=2)
    assert shown == ["why did the chicken"]
    assert {frame.answer.sent.message_id for frame in daemon.heard("answer")} == {"m7"}
    assert "interactions.follow_up" in daemon.heard("hello")[0].hello.operations


async def test_offers_come_in_time_or_not_at_all(socket, daemon):
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        daemon.on_autocomplete = lambda typed: [f"{typed.prefix}!"]
        assert await outboard.autocomplete(app.Autocomplete(prefix="a")) == ["a!"]
        daemon.on_autocomplete = lambda _: None
        assert await outboard.autocomplete(app.Autocomplete(prefix="a"), timeout=0.05) == []


async def test_actions_are_answered_like_commands(socket, daemon):
    daemon.on_action = lambda action: answered(body=common.Body(plain=action.action))
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        outcome = await outboard.act(app.UiAction(plugin="poll", action="vote"))
    assert outcome.text == "vote"


async def test_an_interaction_is_cancelled_by_its_id(socket, daemon):
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        outboard.cancel("i1")
        assert (await daemon.wait_heard("cancel")).cancel.interaction_id == "i1"
