"""The same promises on a thread of its own, for callers without asyncio."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import Future

import pytest

from conftest import message
from outboard_app import DecidedBy, ThreadedApp, common
from test_requests import request


@pytest.fixture
def threaded(socket):
    apps = []

    def describe(**more):
        outboard = ThreadedApp(socket, app="test", node="n1", **more)
        apps.append(outboard)
        outboard.start()
        return outboard

    yield describe
    for outboard in apps:
        outboard.close()


async def test_futures_bring_outcomes(daemon, threaded):
    outboard = threaded()
    assert await asyncio.wrap_future(outboard.wait_connected(5))
    outcome = await asyncio.wrap_future(outboard.before_post(message()))
    assert outcome.by is DecidedBy.DAEMON
    event = common.Event(type="message.posted", message=message())
    assert (await asyncio.wrap_future(outboard.publish(event))).failure is None


async def test_asking_does_not_block_the_caller(threaded):
    outboard = threaded()
    started = time.monotonic()
    asking = outboard.before_post(message())
    assert time.monotonic() - started < 0.05
    assert (await asyncio.wrap_future(asking)).by is DecidedBy.POLICY


async def test_the_policy_decides_before_the_start_and_after_the_end(socket):
    outboard = ThreadedApp(socket, app="test", node="n1")
    assert outboard.before_post(message()).result(1).why == "not started, or closed"
    outboard.start()
    assert outboard.before_post(message()).result(5).why == "the daemon is away"
    outboard.close()
    assert outboard.before_post(message()).result(1).allowed


async def test_closing_leaves_no_future_without_an_end(daemon, threaded):
    daemon.on_intercept = lambda _: None
    outboard = threaded()
    assert await asyncio.wrap_future(outboard.wait_connected(5))
    asking = outboard.before_post(message())
    await daemon.wait_heard("intercept")
    daemon.takes_events = False
    publishing = outboard.publish(common.Event(type="message.posted"), timeout=60)
    await asyncio.to_thread(outboard.close)
    assert asking.result(1).by is DecidedBy.POLICY
    assert publishing.done()


async def test_a_send_is_handed_to_the_callers_own_thread(daemon, threaded):
    asked = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def send(ask):
        sent: Future[str] = Future()
        loop.call_soon_threadsafe(asked.set_result, (ask, sent))
        return sent

    outboard = threaded(on_send=send)
    assert await asyncio.wrap_future(outboard.wait_connected(5))
    daemon.say(request(1, "k1"))
    ask, sent = await asked
    assert ask.plugin == "welcome"
    sent.set_result("m9")
    assert (await daemon.wait_heard("answer")).answer.sent.message_id == "m9"
