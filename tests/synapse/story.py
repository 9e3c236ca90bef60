"""The story: people chat on a homeserver while its plugins, and the daemon, come to grief.

Each check is a claim and a line. Refuses to know how anything is started or driven.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from checks import Checks, expect
from homeserver import Homeserver, Person, Sent
from mapping import Mapping
from operations import Operations
from outboard import PLUGINS, Outboard
from processes import alive, stopped, wait_until
from traffic import Traffic

#: Seconds a pipeline may take, and how late a busy machine may wake whoever waits for it.
BUDGET = 1.0
LATE = 0.15


class Story:
    """Who is there, and what happens to them."""

    def __init__(self, outboard: Outboard, server: Homeserver, check: Checks) -> None:
        self.outboard = outboard
        self.server = server
        self.check = check
        self.alice = Person(server, "alice")
        self.bob = Person(server, "bob")
        self.room = ""

    async def tell(self) -> None:
        await self.alice.register()
        await self.bob.register()
        self.room = await self.alice.create_room("town-square")
        await self.before_there_is_a_daemon()
        await Mapping(self.check, self.server, self.outboard.app_socket).tell()
        await self.with_plugins()
        await self.a_conversation()
        await Operations(self.check, self.server).tell()
        await self.plugins_fall()
        await self.the_daemon_falls()
        await self.closed_means_closed()
        await self.afterwards()

    # --- While all is well -------------------------------------------------------------------

    async def before_there_is_a_daemon(self) -> None:
        async with self.check("people chat before there is a daemon"):
            delivered(await self.alice.send(self.room, "is anybody here?"))
            await self.bob.join(self.room)
            await self.bob.sees("is anybody here?")

    async def with_plugins(self) -> None:
        async with self.check("the daemon starts and its plugins run"):
            await later(self.outboard.start)
            await later(self.outboard.load_plugins)
            for plugin in PLUGINS:
                await later(self.outboard.wait_running, plugin)
        async with self.check("the homeserver finds the daemon by itself"):
            await self.moderated()

    async def a_conversation(self) -> None:
        await self.hooks()
        await self.events_and_sends()
        await self.commands()

    async def hooks(self) -> None:
        async with self.check("a message is rewritten"):
            sent = delivered(await self.alice.send(self.room, "well darn it"))
            seen = await self.bob.sees_event(sent.event_id)
            expect(seen.body == "well d*rn it", f"bob saw {seen.body!r}")
        async with self.check("a formatted message is rewritten in both its renderings"):
            html = {"format": "org.matrix.custom.html", "formatted_body": "<b>oh darn</b>"}
            sent = delivered(await self.alice.send(self.room, "harmless", **html))
            content = (await self.bob.sees_event(sent.event_id)).source["content"]
            expect(content["formatted_body"] == "<b>oh d*rn</b>", str(content))
            expect(content["body"] == "oh d*rn", str(content))
        async with self.check("two plugins rewrite one message, one after the other"):
            sent = delivered(await self.alice.send(self.room, "darn :shrug:"))
            seen = await self.bob.sees_event(sent.event_id)
            expect(seen.body == r"d*rn ¯\_(ツ)_/¯", f"bob saw {seen.body!r}")
        async with self.check("a message is rejected with the plugin's reason") as notes:
            sent = await self.alice.send(self.room, "this is forbidden here")
            expect(sent.refusal.startswith("M_FORBIDDEN "), f"not refused: {sent}")
            expect(sent.refusal != "M_FORBIDDEN A plugin refused this.", "no reason given")
            notes.append(sent.refusal)

    async def events_and_sends(self) -> None:
        async with self.check("a newcomer is welcomed by a plugin's own account"):
            carol = Person(self.server, "carol")
            await carol.register()
            await carol.join(self.room)
            await carol.close()
            await self.bob.sees("carol", by="outboard-welcome")
        async with self.check("a plugin on plain grpcio answers what it overhears"):
            await self.alice.send(self.room, "Hello Python")
            await self.bob.sees("Hello alice", by="outboard-python-plain")
        async with self.check("nobody else can register a plugin's name"):
            mallory = Person(self.server, "outboard-mallory")
            try:
                await mallory.register()
            except AssertionError:
                return
            finally:
                await mallory.close()
            raise AssertionError("outboard-mallory was registered")

    async def commands(self) -> None:
        async with self.check("a command is answered") as notes:
            await self.alice.send(self.room, "!roll 2d6")
            answer = await self.bob.sees("alice rolls 2d6: ", by="outboard-dice")
            notes.append(answer.body.splitlines()[0])
        async with self.check("an answer that was written piece by piece arrives whole"):
            await self.alice.send(self.room, "!oracle will it rain?")
            await self.bob.sees('You ask "will it rain?"', by="outboard-oracle")
        async with self.check("an answer that follows later arrives too"):
            await self.alice.send(self.room, "!fortune weather")
            await self.bob.sees("about weather: ", by="outboard-oracle")
        async with self.check("a command of the plain grpcio plugin is answered"):
            await self.alice.send(self.room, "!reverse stressed desserts!")
            await self.bob.sees("!stressed desserts", by="outboard-python-plain")
        async with self.check("a command that cannot be run says why") as notes:
            await self.alice.send(self.room, "!reverse")
            answer = await self.bob.sees("text", by="outboard-python-plain")
            notes.append(answer.body.splitlines()[0])

    # --- Falls -------------------------------------------------------------------------------

    async def plugins_fall(self) -> None:
        async with self.check("a plugin is SIGKILLed mid-traffic: every message arrives") as notes:
            async with Traffic(self.alice, self.room, "killed") as traffic:
                pid = await later(self.outboard.pid, "python-plain")
                os.kill(pid, signal.SIGKILL)
                await traffic.more(20)
                await later(self.outboard.wait_running, "python-plain")
                await traffic.more(5)
            await self.arrived(traffic)
            notes.append(traffic.figures())
        async with self.check("the killed plugin is back, and works"):
            sent = delivered(await self.alice.send(self.room, ":shrug:"))
            seen = await self.bob.sees_event(sent.event_id)
            expect("ツ" in seen.body, f"bob saw {seen.body!r}")
            end = (await later(self.outboard.status, "python-plain"))["ends"][0]
            expect(end["cause"] == "signal", f"its last end: {end}")
        async with self.check("a plugin is SIGSTOPped mid-traffic: every message arrives") as notes:
            async with Traffic(self.alice, self.room, "stopped") as traffic:
                pid = await later(self.outboard.pid, "moderator")
                with stopped(pid):
                    await later(wait_until, "the hung one is ended", lambda: not alive(pid), 30)
                await later(self.outboard.wait_running, "moderator")
                await traffic.more(5)
            await self.arrived(traffic)
            notes.append(traffic.figures())
        async with self.check("the stopped plugin was found hung, and is back"):
            await self.moderated()
            end = (await later(self.outboard.status, "moderator"))["ends"][0]
            expect(end["cause"] == "hung", f"its last end: {end}")

    async def the_daemon_falls(self) -> None:
        pids = [await later(self.outboard.pid, plugin) for plugin in PLUGINS]
        async with self.check(
            "the daemon is SIGKILLed mid-traffic: every message arrives"
        ) as notes:
            async with Traffic(self.alice, self.room, "daemonless") as traffic:
                self.outboard.daemon.kill()
                await traffic.more(20)
                await later(self.outboard.start)
                await traffic.more(20)
            await self.arrived(traffic)
            notes.append(traffic.figures())
        async with self.check("no plugin outlived the killed daemon"):
            await later(wait_until, "they are gone", lambda: not any(map(alive, pids)), 5)
        async with self.check("the daemon is back with its plugins, and works"):
            for plugin in PLUGINS:
                await later(self.outboard.wait_running, plugin)
            await self.moderated()

    async def closed_means_closed(self) -> None:
        async with self.check("an operator closes a hook"):
            self.outboard.configure(closed=True)
            await later(self.outboard.cli, "reload")
            await later(self.outboard.wait_running, "moderator")
            await self.moderated()
        async with self.check(
            "a plugin is SIGKILLed mid-traffic under a closed hook: nothing passes it by"
        ) as notes:
            async with Traffic(self.alice, self.room, "darn killed") as traffic:
                os.kill(await later(self.outboard.pid, "moderator"), signal.SIGKILL)
                await traffic.more(20)
                await later(self.outboard.wait_running, "moderator")
                await traffic.more(5)
            await self.moderated_or_refused(traffic)
            notes.append(traffic.figures())
        async with self.check(
            "the daemon is SIGKILLed mid-traffic under a closed hook:"
            " refused while it is away, moderated once it is back"
        ) as notes:
            async with Traffic(self.alice, self.room, "darn daemonless") as traffic:
                self.outboard.daemon.kill()
                await traffic.more(20)
                away = len(traffic.refused)
                await later(self.outboard.start)
                await later(self.outboard.wait_running, "moderator")
                await self.moderated()
                before = len(traffic.delivered)
                await traffic.more(20)
                expect(away >= 10, f"only {away} refused while the daemon was away")
                expect(len(traffic.delivered) >= before + 10, "not delivered afterwards")
            await self.moderated_or_refused(traffic)
            notes.append(traffic.figures())

    async def afterwards(self) -> None:
        async with self.check("no hook kept anybody waiting beyond its budget") as notes:
            seconds = self.server.hook_seconds()
            expect(len(seconds) > 200, f"only {len(seconds)} hooks were called")
            expect(max(seconds) <= BUDGET + LATE, f"one took {max(seconds):.3f} s")
            notes.append(f"{len(seconds)} hooks, the slowest {max(seconds) * 1e3:.0f} ms")

    # --- What the checks lean on -------------------------------------------------------------

    async def moderated(self) -> None:
        """Waits until a message is rewritten."""
        end = asyncio.get_running_loop().time() + 30
        while asyncio.get_running_loop().time() < end:
            sent = await self.alice.send(self.room, "darn")
            if sent.event_id and (await self.bob.sees_event(sent.event_id)).body == "d*rn":
                return
            await asyncio.sleep(0.1)
        raise TimeoutError("no message was rewritten within 30 s")

    async def arrived(self, traffic: Traffic) -> None:
        """Every message was accepted, and seen once."""
        expect(not traffic.refused, f"refused: {traffic.refused[:3]}")
        await self.seen_once(traffic, lambda text: text)

    async def moderated_or_refused(self, traffic: Traffic) -> None:
        """What was accepted was seen once, and moderated; what was refused was told why."""
        await self.seen_once(traffic, lambda text: text.replace("darn", "d*rn"))
        reasons = {sent.refusal for sent in traffic.refused}
        expect(all(reason.startswith("M_FORBIDDEN ") for reason in reasons), str(reasons))

    async def seen_once(self, traffic: Traffic, becomes: Callable[[str], str]) -> None:
        for sent in traffic.delivered:
            await self.bob.sees_event(sent.event_id)
        seen = [message.body for message in self.bob.messages]
        for sent in traffic.sent:
            times = seen.count(becomes(sent.text))
            expect(times == (1 if sent.event_id else 0), f"{sent} was seen {times} times")

    async def close(self) -> None:
        await self.alice.close()
        await self.bob.close()


def delivered(sent: Sent) -> Sent:
    expect(bool(sent.event_id), f"refused: {sent.refusal}")
    return sent


async def later(act, *of):
    """Runs what would block on a thread, so that clients go on."""
    return await asyncio.to_thread(act, *of)


async def run(arguments: argparse.Namespace, check: Checks) -> None:
    outboard = Outboard(arguments.bin, arguments.root, arguments.work)
    server = Homeserver(arguments.work, outboard.app_socket)
    try:
        await later(server.start)
        story = Story(outboard, server, check)
        try:
            await story.tell()
        finally:
            await story.close()
        if check.failed:
            print(server.tail(), outboard.daemon.tail(), sep="\n", file=sys.stderr)
    finally:
        await later(server.stop)
        await later(outboard.stop)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("bin", "root", "work"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    check = Checks()
    # nio says on standard error what every refusal looks like.
    logging.getLogger("nio").setLevel(logging.CRITICAL)
    # SIGTERM, as from a time-out, stops everything on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        asyncio.run(run(parser.parse_args(), check))
    except Exception as error:
        check.failed += 1
        print(f"FAIL  the story could not be told: {error!r}", flush=True)
    return check.close()


if __name__ == "__main__":
    sys.exit(main())
