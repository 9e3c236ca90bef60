"""The plugin keeps the protocol, as docs/protocol.md tells it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import HERE, TOKEN, before_post, common, posted, wire


async def test_hello_says_what_the_manifest_says(idle_daemon):
    await idle_daemon.start_plugin()
    hello = (await idle_daemon.hear("hello")).hello
    manifest = tomllib.loads((HERE / "plugin.toml").read_text())
    assert (hello.protocol, hello.name, hello.version) == (
        manifest["protocol"],
        manifest["name"],
        manifest["version"],
    )
    declared = {(wire.HANDLER_KIND_HOOK, hook["on"]) for hook in manifest["hooks"]}
    declared |= {(wire.HANDLER_KIND_EVENT, on) for e in manifest["events"] for on in e["on"]}
    declared |= {(wire.HANDLER_KIND_COMMAND, command["name"]) for command in manifest["commands"]}
    assert {(handler.kind, handler.name) for handler in hello.handlers} == declared
    await idle_daemon.hear("ready")
    assert idle_daemon.tokens == {TOKEN}


async def test_a_message_is_rewritten(daemon):
    daemon.say(call=before_post("well :shrug:"))
    reply = (await daemon.hear("reply")).reply
    assert reply.call == 7
    assert reply.hook.replace.before_post.body.plain == r"well ¯\_(ツ)_/¯"
    assert reply.hook.replace.before_post.draft_id == "d1"


async def test_other_messages_go_on_unchanged(daemon):
    for call in (before_post("well"), before_post("well :shrug:", mutable=False)):
        daemon.say(call=call)
        assert (await daemon.hear("reply")).reply.hook.WhichOneof("answer") == "continued"


async def test_a_command_is_answered(daemon):
    run = wire.RunCommand(name="reverse", args={"text": common.Value(string="abc")})
    daemon.say(call=wire.Call(id=8, budget_us=1_000_000, command=run))
    reply = (await daemon.hear("reply")).reply
    assert (reply.call, reply.interaction.body.plain) == (8, "cba")


async def reversed_in(daemon, channel: str) -> str:
    place = common.Channel(id=channel)
    run = wire.RunCommand(name="reverse", args={"text": common.Value(string="abc")}, channel=place)
    daemon.say(call=wire.Call(id=8, budget_us=1_000_000, command=run))
    return (await daemon.hear("reply")).reply.interaction.body.plain


async def test_a_change_of_settings_is_answered_and_gone_by(daemon):
    changed = wire.SettingsChanged(
        change=4, before='{"loud":false}', after='{"loud":true}', budget_us=1_000_000
    )
    changed.place.scope = 1
    daemon.say(settings=changed)
    ack = (await daemon.hear("settings")).settings
    assert (ack.change, ack.refused) == (4, False)
    assert await reversed_in(daemon, "c-any") == "CBA!"


async def test_what_is_set_for_a_channel_counts_there(daemon):
    changed = wire.SettingsChanged(
        change=4,
        before='{"loud":false}',
        after='{"loud":true}',
        budget_us=1_000_000,
        narrowed=True,
    )
    changed.place.scope = 3
    changed.place.channel = "c-loud"
    daemon.say(settings=changed)
    await daemon.hear("settings")
    assert await reversed_in(daemon, "c-loud") == "CBA!"
    assert await reversed_in(daemon, "c-quiet") == "cba"


async def test_what_cannot_be_gone_by_is_refused_with_the_reason(daemon):
    changed = wire.SettingsChanged(change=5, before="{}", after="{}", budget_us=1_000_000)
    daemon.say(settings=changed)
    ack = (await daemon.hear("settings")).settings
    assert ack.refused
    assert "loud" in ack.reason


async def test_a_command_counts_in_the_daemons_storage(daemon):
    run = wire.RunCommand(name="tally", args={"word": common.Value(string="tea")})
    for count in (1, 2):
        daemon.say(call=wire.Call(id=8, budget_us=1_000_000, command=run))
        reply = (await daemon.hear("reply")).reply
        assert reply.interaction.body.plain == f"tea: {count}"
    assert daemon.counters == {"tally/tea": 2}
    tracked = await asyncio.wait_for(daemon.tracked.get(), 10)
    assert (tracked.action, dict(tracked.metadata)) == ("tallied", {"word": "tea"})
    assert daemon.tokens == {TOKEN}


async def test_a_press_changes_what_is_shown(daemon):
    press = wire.UiAction(component="presses", action="press")
    daemon.say(call=wire.Call(id=9, budget_us=1_000_000, ui=press))
    reply = (await daemon.hear("reply")).reply
    assert (reply.call, reply.WhichOneof("result")) == (9, "interaction")
    assert daemon.shown == {"presses": "Pressed 1 times"}


async def test_an_event_is_answered_over_the_host_api_then_acknowledged(daemon):
    frame = wire.DaemonFrame(event=posted("Hello Python!"))
    daemon.say(event=posted("Hello Python!"))
    assert (await daemon.hear("credit")).credit.bytes == frame.ByteSize()
    ack = (await daemon.hear("ack")).ack
    assert (ack.delivery, ack.HasField("failure")) == (3, False)
    request, metadata = daemon.replies.get_nowait()
    assert request.body.plain == "Hello Ann"
    assert (metadata["outboard-token"], metadata["outboard-call"]) == (TOKEN, "e3")


async def test_a_handler_that_fails_is_a_reply_and_the_session_goes_on(daemon):
    run = wire.RunCommand(name="no such command")
    daemon.say(call=wire.Call(id=9, budget_us=1_000_000, command=run))
    reply = (await daemon.hear("reply")).reply
    assert reply.failure.reason == common.REASON_HANDLER_FAILED
    daemon.say(ping=common.Ping(nonce=5))
    assert (await daemon.hear("pong")).pong.nonce == 5


async def test_a_reply_too_large_for_a_frame_fails_that_call_only(daemon):
    run = wire.RunCommand(name="reverse", args={"text": common.Value(string="x" * 70_000)})
    daemon.say(call=wire.Call(id=8, budget_us=1_000_000, command=run))
    reply = (await daemon.hear("reply")).reply
    assert reply.failure.reason == common.REASON_FRAME_TOO_LARGE
    daemon.say(call=before_post("well"))
    await daemon.hear("reply")


async def test_a_lost_stream_is_taken_up_again_by_the_same_process(daemon):
    daemon.end_stream()
    await daemon.hear("hello")
    await daemon.hear("ready")
    daemon.say(call=before_post("well"))
    await daemon.hear("reply")
    assert daemon.process.returncode is None
    assert daemon.sessions == 2


async def test_drain_lets_calls_finish_and_shutdown_ends_the_process(daemon):
    daemon.say(call=before_post("well"))
    daemon.say(drain=wire.Drain(budget_us=5_000_000))
    await daemon.hear("reply")
    daemon.say(shutdown=wire.Shutdown(budget_us=5_000_000, reason="stopped"))
    assert await daemon.ended() == 0


async def test_sigterm_ends_the_process(daemon):
    os.kill(daemon.process.pid, signal.SIGTERM)
    assert await daemon.ended() == 0


async def test_a_refusal_ends_the_process(idle_daemon):
    idle_daemon.refuses = True
    await idle_daemon.start_plugin()
    assert await idle_daemon.ended() == 1


async def test_a_daemon_that_stays_away_ends_the_process(daemon):
    await daemon.server.stop(None)
    assert await daemon.ended() == 1


def test_the_bindings_are_fresh(tmp_path):
    pytest.importorskip("grpc_tools")
    environment = os.environ | {"PYTHON": sys.executable}
    subprocess.run([HERE / "generate.sh", tmp_path], check=True, env=environment)
    committed = sorted((HERE / "outboard").rglob("*_pb2*.py"))
    assert committed
    for file in committed:
        fresh = tmp_path / Path(file).relative_to(HERE)
        assert file.read_text() == fresh.read_text(), f"run generate.sh: {file} is stale"


async def test_a_milestone_is_acknowledged_when_its_handler_has_returned(daemon):
    kinds = (
        wire.LIFECYCLE_KIND_INSTALLED,
        wire.LIFECYCLE_KIND_UPGRADED,
        wire.LIFECYCLE_KIND_UNINSTALLED,
    )
    for number, kind in enumerate(kinds, start=1):
        told = wire.Lifecycle(id=number, kind=kind, to="0.1.0")
        daemon.say(lifecycle=told)
        ack = (await daemon.hear("lifecycle")).lifecycle
        assert (ack.id, ack.HasField("failure")) == (number, False)


async def test_history_is_read_and_the_newest_marked(daemon):
    args = {"count": common.Value(integer=2)}
    channel = common.Channel(id="c1")
    command = wire.RunCommand(name="last", args=args, channel=channel)
    daemon.say(call=wire.Call(id=9, budget_us=5_000_000, command=command))
    reply = (await daemon.hear("reply")).reply
    assert reply.interaction.body.plain == "Ann: said 1\nAnn: said 2"
    (react,) = daemon.acts
    assert (react.channel_id, react.message_id, react.reaction) == ("c1", "m2", "👀")


async def test_a_topic_is_set(daemon):
    args = {"words": common.Value(string="calm sea")}
    command = wire.RunCommand(name="about", args=args, channel=common.Channel(id="c1"))
    daemon.say(call=wire.Call(id=9, budget_us=5_000_000, command=command))
    assert (await daemon.hear("reply")).reply.interaction.body.plain == "It is the topic now."
    (topic,) = daemon.acts
    assert (topic.channel_id, topic.topic) == ("c1", "calm sea")
