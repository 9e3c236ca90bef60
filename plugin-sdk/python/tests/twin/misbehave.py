"""A plugin that commits one named sin: its only argument. Its manifest declares nothing."""

import asyncio
import contextlib
import os
import sys
import threading
import time

from outboard_plugin import Fatal, Plugin

plugin = Plugin()
SIN = sys.argv[1] if len(sys.argv) > 1 else ""


@plugin.on_start
async def start(ctx):
    await ctx.progress(50, "half way")
    if SIN == "fails-to-start":
        raise OSError("no stars")
    if SIN == "can-never-start":
        raise Fatal("no stars at all")


@plugin.on_shutdown
def farewell():
    print("farewell", flush=True)
    if SIN == "slow-farewell":
        time.sleep(60)


@plugin.on_drain
def drain():
    print("draining", flush=True)


if SIN == "registers-too-much":

    @plugin.hook("message.before_post")
    def undeclared(ctx):
        pass


@plugin.action("hang")
def hang(ctx):
    print("hanging", flush=True)
    threading.Event().wait()


@plugin.action("stubborn")
async def stubborn(ctx):
    print("stubborn", flush=True)
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)


@plugin.action("exit")
def leave(ctx):
    os._exit(3)


@plugin.action("log")
def log(ctx):
    ctx.log.warning("a line of %s", ctx.sender.name)
    return "logged"


if __name__ == "__main__":
    plugin.run()
