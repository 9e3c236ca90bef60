"""The SDK keeps the protocol, as docs/protocol.md tells it: in a process of its own."""

from __future__ import annotations

import os
import signal

import pytest

from outboard_plugin import common, wire
from outboard_plugin.test import message

MISBEHAVE = 'name = "misbehave"\nversion = "0.1.0"\n'


def before_post(text: str, mutable: bool = True) -> wire.Call:
    payload = common.HookPayload(before_post=message(text, mutable=mutable))
    return wire.Call(id=7, budget_us=1_000_000, intercept=wire.Intercept(payload=payload))


def posted(text: str) -> wire.Delivery:
    event = common.Event(id="e", type="message.posted", message=message(text, "Ann"))
    return wire.Delivery(delivery=3, event=event, attempt=1, budget_us=5_000_000)


def action(component: str, id: int = 5) -> wire.Call:
    sender = common.Sender(name="Ann")
    return wire.Call(
        id=id, budget_us=5_000_000, ui=wire.UiAction(component=component, sender=sender)
    )


async def test_hello_says_what_the_manifest_says(twin):
    hello = await twin.daemon.hear("hello")
    assert (hello.protocol, hello.name, hello.version) == ("1", "python-plain", "0.1.0")
    assert [(handler.kind, handler.name) for handler in hello.handlers] == [
        (wire.HANDLER_KIND_HOOK, "message.before_post"),
        (wire.HANDLER_KIND_EVENT, "message.posted"),
        (wire.HANDLER_KIND_COMMAND, "about"),
        (wire.HANDLER_KIND_COMMAND, "last"),
        (wire.HANDLER_KIND_COMMAND, "reverse"),
        (wire.HANDLER_KIND_COMMAND, "tally"),
    ]


async def test_a_message_is_rewritten_and_others_go_on(twin):
    twin.daemon.say(call=before_post("well :shrug:"))
    reply = await twin.daemon.hear("reply")
    assert reply.call == 7
    assert reply.hook.replace.before_post.body.plain == r"well ¯\_(ツ)_/¯"
    twin.daemon.say(call=before_post("well :shrug:", mutable=False))
    assert (await twin.daemon.hear("reply", 2)).hook.HasField("continued")


async def test_a_command_counts_in_the_daemons_storage(twin):
    run = wire.RunCommand(name="tally", args={"word": common.Value(string="tea")})
    for count in (1, 2):
        twin.daemon.say(call=wire.Call(id=8, budget_us=1_000_000, command=run))
        reply = await twin.daemon.hear("reply", count)
        assert reply.interaction.body.plain == f"tea: {count}"


async def test_an_event_is_answered_over_the_host_api_then_acknowledged(twin):
    twin.daemon.say(event=posted("Hello Python!"))
    ack = await twin.daemon.hear("ack")
    assert (ack.delivery, ack.HasField("failure")) == (3, False)
    assert twin.daemon.host.sent[0].text == "Hello Ann"
    assert twin.daemon.host.metadata[-1] == {"outboard-token": "t0ken", "outboard-call": "e3"}


async def test_credit_is_returned_for_what_is_taken_before_it_runs_out(twin):
    big = posted("x" * 60_000)
    size = wire.DaemonFrame(event=big).ByteSize()
    for _ in range(2):
        twin.daemon.say(event=big)
    assert (await twin.daemon.hear("credit")).bytes == 2 * size


async def test_a_call_without_a_handler_fails_and_the_session_goes_on(twin):
    run = wire.RunCommand(name="no such command")
    twin.daemon.say(call=wire.Call(id=9, budget_us=1_000_000, command=run))
    reply = await twin.daemon.hear("reply")
    assert reply.failure.reason == common.REASON_NOT_SUPPORTED
    twin.daemon.say(ping=common.Ping(nonce=5))
    assert (await twin.daemon.hear("pong")).nonce == 5


async def test_a_call_too_large_fails_alone(twin):
    twin.daemon.say(call=before_post("x" * 70_000))
    assert (await twin.daemon.hear("reply")).failure.reason == common.REASON_FRAME_TOO_LARGE


async def test_a_lost_stream_is_taken_up_again_by_the_same_process(twin):
    twin.daemon.end_stream()
    await twin.daemon.hear("hello", 2)
    await twin.daemon.hear("ready", 2)
    twin.daemon.say(call=before_post("well"))
    await twin.daemon.hear("reply")
    assert twin.process.returncode is None
    assert twin.daemon.sessions == 2


async def test_a_daemon_that_comes_back_in_time_finds_the_process(twin):
    await twin.daemon.stop()
    await twin.daemon.start()
    await twin.daemon.hear("ready", 2)


async def test_a_daemon_that_stays_away_ends_the_process(twin):
    await twin.daemon.stop()
    code, out = await twin.ended()
    assert code == 1
    assert "lost the daemon at" in out


async def test_drain_lets_calls_finish_and_shutdown_ends_the_process(twin):
    twin.daemon.say(drain=wire.Drain(budget_us=5_000_000))
    twin.daemon.say(call=before_post("well"))
    await twin.daemon.hear("reply")
    twin.daemon.say(shutdown=wire.Shutdown(budget_us=5_000_000, reason="stopped"))
    assert await twin.ended() == (0, "")


async def test_sigterm_ends_the_process(twin):
    os.kill(twin.process.pid, signal.SIGTERM)
    assert (await twin.ended())[0] == 0


async def test_a_refusal_ends_the_process(started):
    started.daemon.refuses = "HANDLERS_DIFFER: …"
    await started.start("plugin.py")
    code, out = await started.ended()
    assert code == 1
    assert "the daemon refused this plugin" in out


# --- Sins


@pytest.fixture
def sinner(started):
    (started.folder / "plugin.toml").write_text(MISBEHAVE)
    return started


async def test_code_and_manifest_that_differ_are_told_before_dialling(sinner):
    await sinner.start("misbehave.py", "registers-too-much", OUTBOARD_SOCKET="/nowhere")
    code, out = await sinner.ended()
    assert code == 1
    first = out.splitlines()[0]
    assert first.endswith(
        "registered but not declared: hook message.before_post; declared but not registered: none"
    )


@pytest.mark.parametrize(("sin", "final"), [("fails-to-start", False), ("can-never-start", True)])
async def test_a_failed_start_is_told(sinner, sin, final):
    await sinner.start("misbehave.py", sin)
    failed = await sinner.daemon.hear("init_failed")
    assert (failed.reason.startswith("no stars"), failed.final) == (True, final)
    assert (await sinner.daemon.hear("starting")).percent == 50
    assert (await sinner.ended())[0] == 1


async def test_a_plain_handler_that_hangs_keeps_neither_pings_nor_the_process(sinner):
    await sinner.start("misbehave.py")
    await sinner.daemon.hear("ready")
    sinner.daemon.say(call=action("hang"))
    await sinner.printed("hanging")
    sinner.daemon.say(ping=common.Ping(nonce=5))
    await sinner.daemon.hear("pong")
    sinner.daemon.say(drain=wire.Drain(budget_us=100_000))
    await sinner.printed("draining")
    sinner.daemon.say(shutdown=wire.Shutdown(budget_us=400_000, reason="stopped"))
    code, out = await sinner.ended()
    assert (code, "farewell" in out) == (0, True)


# I107
async def test_plain_handlers_that_hang_take_no_thread_from_the_farewell(sinner):
    await sinner.start("misbehave.py")
    await sinner.daemon.hear("ready")
    # More than may be at work at once.
    for id in range(40):
        sinner.daemon.say(call=action("hang", id))
    for _ in range(32):
        await sinner.printed("hanging")
    sinner.daemon.say(shutdown=wire.Shutdown(budget_us=400_000, reason="stopped"))
    code, out = await sinner.ended()
    assert (code, "farewell" in out) == (0, True)


# I107
async def test_a_handler_that_ignores_its_end_does_not_keep_the_process(sinner):
    await sinner.start("misbehave.py")
    await sinner.daemon.hear("ready")
    sinner.daemon.say(call=action("stubborn"))
    await sinner.printed("stubborn")
    sinner.daemon.say(shutdown=wire.Shutdown(budget_us=400_000, reason="stopped"))
    code, out = await sinner.ended()
    assert (code, "farewell" in out) == (0, True)


async def test_a_farewell_that_never_ends_is_cut_short(sinner):
    await sinner.start("misbehave.py", "slow-farewell")
    await sinner.daemon.hear("ready")
    sinner.daemon.say(shutdown=wire.Shutdown(budget_us=400_000, reason="stopped"))
    code, out = await sinner.ended()
    assert (code, "ran out of time" in out) == (0, True)


async def test_what_is_logged_goes_to_the_daemon_with_its_level(sinner):
    await sinner.start("misbehave.py")
    await sinner.daemon.hear("ready")
    sinner.daemon.say(call=action("log"))
    log = await sinner.daemon.hear("log")
    assert (log.level, log.line) == (wire.LEVEL_WARN, "a line of Ann")


async def test_started_by_hand_it_says_who_starts_it(sinner):
    await sinner.start("misbehave.py", OUTBOARD_SOCKET="")
    code, out = await sinner.ended()
    assert code == 1
    assert out.startswith("OUTBOARD_SOCKET is not set: this program is an Outboard plugin")
