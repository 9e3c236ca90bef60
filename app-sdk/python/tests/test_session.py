"""Coming back: sessions that end, daemons that are away, events that outlive both."""

from __future__ import annotations

import asyncio

from conftest import message, new_app
from outboard_app import DecidedBy, app, common
from outboard_app.testing import FakeDaemon


def posted(text: str) -> common.Event:
    return common.Event(type="message.posted", message=message(text))


async def test_the_app_finds_a_daemon_that_starts_later(socket):
    async with new_app(socket) as outboard:
        assert not await outboard.wait_connected(0.3)
        daemon = FakeDaemon(socket)
        await daemon.start()
        assert await outboard.wait_connected(10)
        await daemon.stop()


async def test_the_app_comes_back_as_the_same_node_and_epoch(socket, daemon):
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        await daemon.stop()
        again = FakeDaemon(socket)
        await again.start()
        await again.wait_heard("hello")
        assert await outboard.wait_connected(5)
        assert (await outboard.before_post(message())).by is DecidedBy.DAEMON
        first, second = daemon.heard("hello")[0].hello, again.heard("hello")[0].hello
        assert (first.node, first.epoch) == (second.node, second.epoch)
        await again.stop()


async def test_a_refused_hello_is_tried_again(socket, daemon):
    daemon.refuses = "protocol 1 is not spoken here"
    async with new_app(socket) as outboard:
        await daemon.wait_heard("hello", count=2)
        assert not outboard.connected
        daemon.refuses = ""
        assert await outboard.wait_connected(10)


async def test_an_event_is_acknowledged(socket, daemon):
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        published = await outboard.publish(posted("hi"))
    heard = daemon.heard("publish")[0].publish.event
    assert published.failure is None
    assert published.event_id == heard.id
    assert heard.at_us > 0


async def test_a_refused_event_says_why(socket, daemon):
    daemon.takes_events = False
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        publishing = asyncio.ensure_future(outboard.publish(posted("hi")))
        number = (await daemon.wait_heard("publish")).publish.id
        failure = common.Failure(code=8, reason=common.REASON_DISK_FULL, message="no space left")
        daemon.say(app.DaemonFrame(published=app.Published(id=number, failure=failure)))
        published = await publishing
    assert (published.taken, published.reason) == (False, "DISK_FULL")


async def test_events_of_plugins_are_heard_and_their_credit_returned(socket, daemon):
    heard: list[str] = []
    kind = "plugin:moderator:case_opened"
    async with new_app(socket, subscriptions=[kind], on_event=lambda e: heard.append(e.type)) as it:
        assert await it.wait_connected(5)
        event = common.Event(type=kind, custom=common.Custom(name=kind, json="{}"))
        daemon.say(app.DaemonFrame(event=event))
        credit = await daemon.wait_heard("credit")
    assert credit.credit.bytes == event.ByteSize()
    assert heard == [kind]
    assert list(daemon.heard("hello")[0].hello.subscriptions) == [kind]


async def test_events_wait_for_the_daemon_and_keep_their_order(socket):
    async with new_app(socket) as outboard:
        waiting = [asyncio.ensure_future(outboard.publish(posted(str(n)))) for n in range(5)]
        daemon = FakeDaemon(socket)
        await daemon.start()
        published = await asyncio.gather(*waiting)
        texts = [f.publish.event.message.body.plain for f in daemon.heard("publish")]
        await daemon.stop()
    assert texts == ["0", "1", "2", "3", "4"]
    assert all(p.failure is None for p in published)


async def test_an_unacknowledged_event_is_said_again_under_the_same_id(socket, daemon):
    daemon.takes_events = False
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        waiting = asyncio.ensure_future(outboard.publish(posted("once")))
        first = (await daemon.wait_heard("publish")).publish.event.id
        await daemon.stop()
        again = FakeDaemon(socket)
        await again.start()
        assert (await waiting).failure is None
        assert [f.publish.event.id for f in again.heard("publish")] == [first]
        await again.stop()


async def test_events_wait_for_credit_and_calls_pass_them(socket, daemon):
    daemon.takes_events = False
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        big = [outboard.publish(posted("x" * 60_000), timeout=0.2) for _ in range(10)]
        waiting = [asyncio.ensure_future(one) for one in big]
        await daemon.wait_heard("publish", count=4)
        assert (await outboard.before_post(message())).by is DecidedBy.DAEMON
        # 256 KiB of credit: four fit, the fifth waits.
        assert len(daemon.heard("publish")) == 4
        for taken in range(5, 11):
            daemon.say(app.DaemonFrame(credit=common.Credit(bytes=60_500)))
            await daemon.wait_heard("publish", count=taken)
        await asyncio.gather(*waiting)


async def test_an_acknowledgement_returns_an_events_credit_once(socket, daemon):
    daemon.takes_events = False
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        big = [outboard.publish(posted("x" * 60_000), timeout=0.2) for _ in range(10)]
        waiting = [asyncio.ensure_future(one) for one in big]
        first = (await daemon.wait_heard("publish", count=4)).publish
        daemon.say(app.DaemonFrame(published=app.Published(id=first.id)))
        await daemon.wait_heard("publish", count=5)
        weight = app.AppFrame(publish=first).ByteSize()
        daemon.say(app.DaemonFrame(credit=common.Credit(bytes=weight)))
        assert (await outboard.before_post(message())).by is DecidedBy.DAEMON
        assert len(daemon.heard("publish")) == 5
        await asyncio.gather(*waiting)


async def test_commands_and_catalogue(socket, daemon):
    daemon.commands = [common.CommandInfo(name="roll", plugin="dice")]
    reply = common.InteractionReply(body=common.Body(plain="7"))
    daemon.on_command = lambda run: app.CommandResult(plugin="dice", reply=reply)
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        assert outboard.commands["roll"].plugin == "dice"
        run = app.RunCommand(name="roll", text="2d6", sender=common.Sender(id="u1"))
        outcome = await outboard.run_command(run)
    assert (outcome.plugin, outcome.text) == ("dice", "7")
    assert daemon.heard("command")[0].command.interaction_id == outcome.interaction_id


async def test_a_command_while_the_daemon_is_away_says_so(socket):
    async with new_app(socket) as outboard:
        outcome = await outboard.run_command(app.RunCommand(name="roll"))
    assert outcome.failure.reason == common.REASON_PLUGIN_UNAVAILABLE
    assert outcome.failure.details["outcome"] == "not_started"
    assert outcome.text == "the daemon is away"


async def test_a_command_lost_under_way_has_an_unknown_outcome(socket, daemon):
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        running = asyncio.ensure_future(outboard.run_command(app.RunCommand(name="roll")))
        await daemon.wait_heard("command")
        await daemon.stop()
        outcome = await running
    assert outcome.failure.details["outcome"] == "unknown"


async def test_what_the_app_does_with_an_event_does_not_end_the_session(socket, daemon):
    heard = []

    def fail(event):
        heard.append(event.type)
        raise ValueError("oops")

    async with new_app(socket, subscriptions=["plugin:a:b"], on_event=fail) as outboard:
        assert await outboard.wait_connected(5)
        daemon.say(app.DaemonFrame(event=common.Event(type="plugin:a:b")))
        await daemon.wait_heard("credit")
        assert (await outboard.publish(posted("hi"))).taken
    assert heard == ["plugin:a:b"]
    assert len(daemon.heard("hello")) == 1
