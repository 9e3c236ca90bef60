"""What plugins hold: told with the verdict, decided later, done once."""

from __future__ import annotations

from conftest import HOOK, message, new_app, policy
from outboard_app import Decided, Decision, Refusal, app, common
from outboard_app.testing import FakeDaemon


def holds(_: app.Intercept) -> common.Verdict:
    hold = common.Hold(id="case-7", queue="review", plugin="alpha", expires_at_us=5_000_000)
    hold.reason.text = "somebody will look"
    return common.Verdict(held=hold)


def decided(request_id: int, **fate: object) -> app.DaemonFrame:
    payload = common.HookPayload(before_post=message("hm"))
    told = app.HeldDecided(
        id="case-7", plugin="alpha", hook=HOOK, payload=payload, by="operator", **fate
    )
    asker = app.Asker(plugin="alpha")
    request = app.Request(id=request_id, idempotency_key="k1", attempt=1, asker=asker, decided=told)
    return app.DaemonFrame(request=request)


async def test_a_verdict_that_holds_says_where_and_until_when(
    daemon: FakeDaemon, socket: str
) -> None:
    daemon.policies = [policy()]
    daemon.on_intercept = holds
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(10.0)
        outcome = await outboard.before_post(message())
    assert outcome.decision is Decision.HOLD
    assert not outcome.allowed
    assert outcome.reason == "somebody will look"
    held = outcome.held
    assert held is not None
    assert (held.id, held.queue, held.plugin, held.expires) == ("case-7", "review", "alpha", 5.0)


async def test_what_is_released_is_done_once_however_often_it_is_told(
    daemon: FakeDaemon, socket: str
) -> None:
    done: list[Decided] = []

    async def on_decided(it: Decided) -> str:
        done.append(it)
        return "m1"

    async with new_app(socket, on_decided=on_decided) as outboard:
        assert await outboard.wait_connected(10.0)
        hello = await daemon.wait_heard("hello")
        assert list(hello.hello.operations) == ["held.decide"]
        for request_id in (1, 2):
            daemon.say(decided(request_id, released=app.Released()))
            answer = await daemon.wait_heard("answer", request_id)
            assert answer.answer.sent.message_id == "m1"
    assert len(done) == 1
    assert done[0].released
    assert (done[0].id, done[0].by, done[0].payload.before_post.body.plain) == (
        "case-7",
        "operator",
        "hm",
    )


async def test_what_is_dropped_comes_with_its_reason_and_may_be_refused(
    daemon: FakeDaemon, socket: str
) -> None:
    async def on_decided(it: Decided) -> str:
        raise Refusal(f"{it.released} {it.code} {it.reason}")

    async with new_app(socket, on_decided=on_decided) as outboard:
        assert await outboard.wait_connected(10.0)
        why = common.Text(code="HOLD_EXPIRED", text="nobody decided")
        daemon.say(decided(1, dropped=app.Dropped(reason=why)))
        answer = await daemon.wait_heard("answer")
    assert answer.answer.failure.message == "False HOLD_EXPIRED nobody decided"


async def test_an_app_without_a_handler_takes_nothing_back(daemon: FakeDaemon, socket: str) -> None:
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(10.0)
        daemon.say(decided(1, released=app.Released()))
        answer = await daemon.wait_heard("answer")
    assert answer.answer.failure.reason == common.REASON_APP_UNSUPPORTED
