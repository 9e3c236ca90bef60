"""What a plugin notes of its own use."""

from __future__ import annotations

import asyncio

from outboard_plugin import HostError, Plugin
from outboard_plugin.test import Harness


def dice() -> Plugin:
    plugin = Plugin()

    @plugin.command("roll")
    async def roll(ctx):
        ctx.track("rolled", sides="6")
        ctx.track("won", value=2.5)
        ctx.count("dice", 2)
        ctx.count("nothing", 0)
        return "4 and 3"

    @plugin.command("later")
    def later(ctx):
        # In a thread of its own.
        ctx.count("dice", by=1, sides="6")
        return "soon"

    return plugin


async def test_what_is_noted_is_told_together():
    async with Harness(dice()) as daemon:
        await daemon.command("roll")
        await daemon.command("roll")
        await daemon.command("later")
        told = await daemon.tracked()
        assert [(it.action, it.metadata, it.value) for it in told] == [
            ("rolled", {"sides": "6"}, None),
            ("won", {}, 2.5),
        ] * 2
        assert await daemon.counted("dice") == 4
        assert await daemon.counted("dice{sides=6}") == 1
        assert await daemon.counted("nothing") == 0


async def test_it_is_told_without_being_asked_for():
    async with Harness(dice()) as daemon:
        await daemon.command("later")
        for _ in range(200):
            if daemon.daemon.host.counted:
                break
            await asyncio.sleep(0.02)
        assert daemon.daemon.host.counted == {"dice{sides=6}": 1}


async def test_what_cannot_be_told_is_dropped_and_counted():
    async with Harness(dice()) as daemon:
        await daemon.command("roll")
        daemon.daemon.host.refusal = HostError("STOPPING", "no")
        usage = daemon.process.link.usage
        await usage.flush()
        assert usage.dropped == 3
        for number in range(1000):
            usage.track(f"action-{number}", None, {})
        assert usage.dropped == 3 + 1000 - 256
        daemon.daemon.host.refusal = None
        assert len(await daemon.tracked()) == 256
