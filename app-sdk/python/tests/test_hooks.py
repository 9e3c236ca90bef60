"""What becomes of an act, whatever the daemon does."""

from __future__ import annotations

import asyncio
import time

from conftest import HOOK, message, new_app, policy
from outboard_app import DecidedBy, Decision, app, common
from outboard_app.wire import hook_of


def rewritten(ask: app.Intercept) -> common.Verdict:
    changed = common.HookPayload()
    changed.CopyFrom(ask.payload)
    changed.before_post.body.plain = ask.payload.before_post.body.plain.replace("darn", "d*rn")
    return common.Verdict(replaced=changed)


async def test_a_verdict_replaces_the_message(socket, daemon):
    daemon.on_intercept = rewritten
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        outcome = await outboard.before_post(message("darn it"))
    assert outcome.by is DecidedBy.DAEMON
    assert outcome.decision is Decision.REPLACE
    assert outcome.message.body.plain == "d*rn it"


async def test_a_rejection_brings_the_plugins_words(socket, daemon):
    rejected = common.Rejected(reason=common.Text(text="no insults"), code="insult", plugin="mod")
    daemon.on_intercept = lambda _: common.Verdict(rejected=rejected)
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        outcome = await outboard.before_post(message())
    assert not outcome.allowed
    assert (outcome.reason, outcome.code, outcome.plugin) == ("no insults", "insult", "mod")


async def test_nobody_is_asked_where_nobody_intercepts(socket, daemon):
    daemon.policies = [policy(intercepted=False)]
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        outcome = await outboard.before_post(message())
    assert outcome.by is DecidedBy.NOBODY
    assert outcome.allowed
    assert daemon.heard("intercept") == []


async def test_a_policy_never_received_is_open(socket):
    async with new_app(socket) as outboard:
        outcome = await outboard.before_post(message())
    assert outcome.by is DecidedBy.POLICY
    assert outcome.allowed
    assert outcome.why == "the daemon is away"


async def test_a_late_verdict_gives_way_to_the_policy_within_the_budget(socket, daemon):
    daemon.policies = [policy(closed=True, budget=0.2)]
    daemon.on_intercept = lambda _: None
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        started = time.monotonic()
        outcome = await outboard.before_post(message())
        took = time.monotonic() - started
        cancel = await daemon.wait_heard("cancel")
    assert outcome.decision is Decision.REJECT
    assert outcome.why == "no answer within 200 ms"
    assert 0.19 < took < 0.4
    assert cancel.cancel.id == daemon.heard("intercept")[0].intercept.id


async def test_a_closed_hook_stays_closed_while_the_daemon_is_away(socket, daemon):
    daemon.policies = [policy(closed=True)]
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        assert (await outboard.before_post(message())).allowed
        await daemon.stop()
        outcome = await outboard.before_post(message())
    assert outcome.by is DecidedBy.POLICY
    assert outcome.decision is Decision.REJECT
    assert outcome.retry_after > 0


async def test_a_lost_session_ends_calls_under_way_at_once(socket, daemon):
    daemon.policies = [policy(budget=30)]
    daemon.on_intercept = lambda _: None
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        asking = asyncio.ensure_future(outboard.before_post(message()))
        await daemon.wait_heard("intercept")
        await daemon.stop()
        outcome = await asyncio.wait_for(asking, 5)
    assert outcome.by is DecidedBy.POLICY
    assert outcome.allowed


async def test_a_daemon_that_falls_silent_costs_nothing_after_three_misses(socket, daemon):
    daemon.policies = [policy(budget=0.1)]
    daemon.on_intercept = lambda _: None
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        for _ in range(3):
            await outboard.before_post(message())
        started = time.monotonic()
        outcome = await outboard.before_post(message())
        assert time.monotonic() - started < 0.05
        assert outcome.why == "the daemon does not answer"
        # Any frame is a sign of life.
        daemon.on_intercept = rewritten
        daemon.say(app.DaemonFrame(ping=common.Ping(nonce=7)))
        assert (await daemon.wait_heard("pong")).pong.nonce == 7
        assert (await outboard.before_post(message())).by is DecidedBy.DAEMON


async def test_a_new_policy_counts_from_the_next_call(socket, daemon):
    daemon.policies = [policy(intercepted=False)]
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        daemon.say(app.DaemonFrame(policies=app.Policies(hooks=[policy()])))
        daemon.say(app.DaemonFrame(ping=common.Ping(nonce=1)))
        await daemon.wait_heard("pong")
        assert (await outboard.before_post(message())).by is DecidedBy.DAEMON


async def test_a_message_too_large_for_a_frame_falls_to_the_policy(socket, daemon):
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        outcome = await outboard.before_post(message("x" * 70_000))
        assert outcome.allowed
        assert "do not fit a frame" in outcome.why
        assert (await outboard.before_post(message())).by is DecidedBy.DAEMON


async def test_many_calls_share_the_stream(socket, daemon):
    daemon.on_intercept = rewritten
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        asked = [outboard.before_post(message(f"darn {n}")) for n in range(500)]
        outcomes = await asyncio.gather(*asked)
    assert [o.message.body.plain for o in outcomes] == [f"d*rn {n}" for n in range(500)]


async def test_hello_says_what_the_app_does(socket, daemon):
    async with new_app(socket, operations=["messages.send"], events=["message.posted"]) as outboard:
        assert await outboard.wait_connected(5)
    hello = daemon.heard("hello")[0].hello
    assert (hello.protocol, hello.app, hello.node, hello.dedupe) == ("1", "test", "n1", True)
    assert list(hello.hooks) == [HOOK]
    assert list(hello.operations) == ["messages.send"]
    assert hello.epoch > 0


async def test_other_hooks_are_asked_by_what_they_are_about(socket, daemon):
    hooks = ["reaction.before_add", "x.shop.before_order"]
    daemon.policies = [policy() for _ in hooks]
    for told, hook in zip(daemon.policies, hooks, strict=True):
        told.hook = hook
    rejected = common.Rejected(reason=common.Text(text="no"), plugin="mod")
    daemon.on_intercept = lambda _: common.Verdict(rejected=rejected)
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        assert not (await outboard.before_reaction(common.Reaction(reaction="+1"))).allowed
        assert not (await outboard.custom("x.shop.before_order", "{}")).allowed
    asked = [hook_of(frame.intercept.payload) for frame in daemon.heard("intercept")]
    assert asked == hooks


async def test_whoever_stops_waiting_takes_the_question_back_and_blames_nobody(socket, daemon):
    daemon.policies = [policy(budget=30)]
    daemon.on_intercept = lambda _: None
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        for number in range(1, 5):
            asking = asyncio.ensure_future(outboard.before_post(message()))
            await daemon.wait_heard("intercept", number)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            # Four of them: were they silence, the daemon would count as away by now.
            cancelled = (await daemon.wait_heard("cancel", number)).cancel
            assert cancelled.id == daemon.heard("intercept")[-1].intercept.id
