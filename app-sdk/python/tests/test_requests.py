"""Carrying out what plugins ask: answered once, done once, in order."""

from __future__ import annotations

import asyncio

from conftest import new_app
from outboard_app import Carries, Refusal, app, common, operations


def request(number: int, key: str, channel: str = "c1", text: str = "hi") -> app.DaemonFrame:
    body = common.Body(plain=text)
    message = common.Message(channel=common.Channel(id=channel), body=body)
    asker = app.Asker(plugin="welcome", bot_username="greeter")
    ask = app.Request(id=number, idempotency_key=key, attempt=1, asker=asker)
    ask.send.message.CopyFrom(message)
    return app.DaemonFrame(request=ask)


async def test_a_send_is_answered_with_the_messages_id(socket, daemon):
    async def send(ask):
        assert (ask.plugin, ask.bot_username, ask.bot_display_name) == ("welcome", "greeter") + (
            "greeter",
        )
        return "m1"

    async with new_app(socket, on_send=send) as outboard:
        assert await outboard.wait_connected(5)
        daemon.say(request(1, "k1"))
        answer = (await daemon.wait_heard("answer")).answer
    assert (answer.id, answer.sent.message_id) == (1, "m1")


async def test_the_same_key_is_carried_out_once(socket, daemon):
    sent = []

    async def send(ask):
        sent.append(ask.key)
        await asyncio.sleep(0)
        return f"m{len(sent)}"

    async with new_app(socket, on_send=send) as outboard:
        assert await outboard.wait_connected(5)
        daemon.say(request(1, "k1"))
        daemon.say(request(2, "k1"))
        await daemon.wait_heard("answer", count=2)
        daemon.say(request(3, "k1"))
        await daemon.wait_heard("answer", count=3)
    assert sent == ["k1"]
    assert {f.answer.sent.message_id for f in daemon.heard("answer")} == {"m1"}


async def test_a_refusal_reaches_the_plugin_in_words(socket, daemon):
    async def send(ask):
        raise Refusal("the bot is not in that room")

    async with new_app(socket, on_send=send) as outboard:
        assert await outboard.wait_connected(5)
        daemon.say(request(1, "k1"))
        failure = (await daemon.wait_heard("answer")).answer.failure
    assert failure.reason == common.REASON_APP_REFUSED
    assert failure.message == "the bot is not in that room"


async def test_a_handler_that_breaks_is_an_answer_too(socket, daemon):
    async def send(ask):
        raise ValueError("oops")

    async with new_app(socket, on_send=send) as outboard:
        assert await outboard.wait_connected(5)
        daemon.say(request(1, "k1"))
        failure = (await daemon.wait_heard("answer")).answer.failure
    assert failure.reason == common.REASON_INTERNAL


async def test_an_app_without_a_handler_says_so(socket, daemon):
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        daemon.say(request(1, "k1"))
        failure = (await daemon.wait_heard("answer")).answer.failure
    assert failure.reason == common.REASON_APP_UNSUPPORTED


async def test_a_channel_gets_its_messages_in_order_and_waits_for_no_other(socket, daemon):
    gate = asyncio.Event()
    order = []

    async def send(ask):
        if ask.message.body.plain == "slow":
            await gate.wait()
        order.append(ask.message.body.plain)
        return "m"

    async with new_app(socket, on_send=send) as outboard:
        assert await outboard.wait_connected(5)
        daemon.say(request(1, "k1", "c1", "slow"))
        daemon.say(request(2, "k2", "c1", "after"))
        daemon.say(request(3, "k3", "c2", "elsewhere"))
        await daemon.wait_heard("answer")
        gate.set()
        await daemon.wait_heard("answer", count=3)
    assert order == ["elsewhere", "slow", "after"]


async def test_work_that_was_given_up_is_an_answer_too(socket, daemon):
    async def send(ask):
        raise asyncio.CancelledError

    async with new_app(socket, on_send=send) as outboard:
        assert await outboard.wait_connected(5)
        daemon.say(request(1, "k1"))
        failure = (await daemon.wait_heard("answer")).answer.failure
    assert failure.reason == common.REASON_INTERNAL


async def test_closing_ends_all_that_is_under_way(socket, daemon):
    begun, ended = asyncio.Event(), []

    async def look(asked):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(asked.plugin)

    async with new_app(socket, carries=Carries(list_messages=look)) as outboard:
        assert await outboard.wait_connected(5)
        ask = app.Request(id=1, asker=app.Asker(plugin="welcome"))
        ask.list_messages.CopyFrom(operations.ListMessages(channel_id="c1"))
        daemon.say(app.DaemonFrame(request=ask))
        await asyncio.wait_for(begun.wait(), 5)
    assert ended == ["welcome"]
