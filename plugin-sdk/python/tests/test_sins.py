"""What an author's function may do wrong costs its own call, and nothing and nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import threading

import pytest

from outboard_plugin import NotStarted, Plugin, Response, SessionLost, logs, wire
from outboard_plugin.session import Session
from outboard_plugin.test import Failed, FakeDaemon, Harness
from outboard_plugin.threads import Threads


def made(handler) -> Plugin:
    plugin = Plugin()
    plugin.command("do")(handler)

    @plugin.command("ping")
    async def ping(ctx):
        return "pong"

    return plugin


async def answers(daemon: Harness) -> bool:
    return (await daemon.command("ping")).text == "pong"


# I107
@pytest.mark.parametrize("budget", [1, 5])
async def test_a_handler_that_will_not_be_cancelled_does_not_keep_the_process_from_coming_back(
    budget,
):
    begun = asyncio.Event()

    async def stubborn(ctx):
        begun.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(60)

    async with Harness(made(stubborn)) as daemon:
        asked = asyncio.ensure_future(daemon.command("do", budget=budget))
        await begun.wait()
        daemon.daemon.end_stream()
        # The daemon waits two seconds for it.
        await daemon.daemon.hear("ready", 2, timeout=2)
        assert await answers(daemon)
        asked.cancel()


# I107
async def test_a_handler_whose_own_waiting_was_cancelled_has_failed():
    async def trips(ctx):
        inner = asyncio.ensure_future(asyncio.sleep(60))
        inner.cancel()
        await inner

    plugin = made(trips)
    plugin.event("message.posted")(trips)
    why = "HANDLER_FAILED: RuntimeError: what the handler waited for was cancelled"
    async with Harness(plugin) as daemon:
        with pytest.raises(Failed, match=why):
            await daemon.command("do")
        with pytest.raises(Failed, match=why):
            await daemon.event("message.posted", "hi")


# I107
async def test_a_handler_that_exits_fails_its_call_and_the_process_goes_on(capsys):
    async def at_once(ctx):
        raise SystemExit(2)

    def on_a_thread(ctx):
        raise SystemExit("usage: do")

    for handler, why in ((at_once, "SystemExit: 2"), (on_a_thread, "SystemExit: usage: do")):
        async with Harness(made(handler)) as daemon:
            with pytest.raises(Failed, match=why):
                await daemon.command("do")
            assert await answers(daemon)


# I107
@pytest.mark.parametrize("said", ["x" * 300_000, "no text: \udc80"])
async def test_whatever_an_exception_says_it_fits_into_a_frame(said, capsys):
    async def breaks(ctx):
        raise ValueError(said)

    plugin = made(breaks)
    plugin.event("message.posted")(breaks)
    async with Harness(plugin) as daemon:
        for ask in (daemon.command, daemon.event):
            with pytest.raises(Failed, match="HANDLER_FAILED: ValueError: ") as failed:
                await ask("do" if ask == daemon.command else "message.posted")
            assert len(str(failed.value)) < 5000
        assert await answers(daemon)


async def test_waiting_in_an_async_handler_is_told_instead_of_hanging():
    async def waits(ctx):
        ctx.wait(ctx.storage.increment("n"))

    async with Harness(made(waits)) as daemon:
        with pytest.raises(Failed, match="wait is for plain functions: an async one awaits"):
            await daemon.command("do")
        assert await answers(daemon)


# I107
async def test_deferred_work_says_again_what_a_lost_session_took_along(
    monkeypatch,
):
    told, asked, own = [], asyncio.Semaphore(0), None

    async def bake(ctx):
        async def work(later):
            said, asking = later.say("in the oven"), own.get("oven")
            told.extend(await asyncio.gather(said, asking, return_exceptions=True))
            return "done"

        return ctx.defer(work)

    plugin = made(bake)

    @plugin.on_start
    async def start(it):
        nonlocal own
        own = it.storage

    async with Harness(plugin) as daemon:
        admits = daemon.daemon._admit

        async def hangs(context):
            asked.release()
            await asyncio.sleep(60)

        assert (await daemon.command("ping")).text == "pong"
        monkeypatch.setattr(daemon.daemon, "_admit", hangs)
        assert (await daemon.command("do")).is_deferred
        for _ in range(2):
            await asyncio.wait_for(asked.acquire(), 5)
        # The answers never come: the session is lost under the questions.
        monkeypatch.setattr(daemon.daemon, "_admit", admits)
        daemon.daemon.end_stream()
        said = await daemon.follow_ups(2)
        assert [(it.seq, it.text) for it in said] == [(1, "in the oven"), (2, "done")]
    # A word under its number is said again; of anything else it is for the author to decide.
    assert [type(it) for it in told] == [str, SessionLost]


async def test_a_refusal_counts_although_a_write_failed_first(monkeypatch):
    async def fails(self, stream):
        await stream.write(wire.PluginFrame(hello=self._hello()))
        raise asyncio.InvalidStateError("RPC already finished.")

    monkeypatch.setattr(Session, "_write", fails)
    harness = Harness(Plugin())

    class Refusing(FakeDaemon):
        def __init__(self, *args, **named):
            super().__init__(*args, **named)
            self.refuses = "SESSION_REPLACED: by another"

    monkeypatch.setattr("outboard_plugin.test.harness.FakeDaemon", Refusing)
    with pytest.raises(NotStarted, match="refused this plugin: .*by another"):
        await harness.__aenter__()


async def test_a_body_for_which_there_was_no_time_breaks_off():
    plugin = Plugin()

    @plugin.http("/slow")
    async def slow(ctx):
        async def pieces():
            yield b"one"
            await asyncio.sleep(60)

        return Response(pieces())

    async with Harness(plugin) as daemon:
        request = {"method": "GET", "path": "/slow", "route": "/slow"}
        daemon.daemon.say(call={"id": 1, "budget_us": 100_000, "http": request})
        broke = await daemon.daemon.hear("chunk", 2)
        assert broke.abort == "there was no time for the rest"


async def test_a_streamed_reply_that_is_cut_off_cleans_up_at_once():
    cleaned = asyncio.Event()

    async def tell(ctx):
        try:
            while True:
                yield "on and "
                await asyncio.sleep(0.01)
        finally:
            cleaned.set()

    async with Harness(made(tell)) as daemon:
        asked = asyncio.ensure_future(daemon.command("do"))
        await daemon.daemon.hear("partial", 2)
        daemon.daemon.say(cancel={"call": 1})
        await asyncio.wait_for(cleaned.wait(), 5)
        asked.cancel()


async def test_partials_and_objects_are_handlers_too():
    class Counter:
        async def __call__(self, ctx):
            return "counted"

    def said(words, ctx):
        return words

    for handler, text in ((Counter(), "counted"), (functools.partial(said, "hi"), "hi")):
        async with Harness(made(handler)) as daemon:
            assert (await daemon.command("do")).text == text


async def test_a_thread_that_the_system_does_not_give_takes_no_room(monkeypatch):
    def refuses(self):
        raise RuntimeError("can't start new thread")

    threads = Threads(at_once=1)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuses)
        for _ in range(3):
            with pytest.raises(RuntimeError, match="can't start"):
                await threads.run(lambda: 1)
    assert await asyncio.wait_for(threads.run(lambda: 1), 5) == 1


async def test_a_line_that_cannot_be_written_or_sent_is_the_logs_own_trouble(capsys):
    log = logging.getLogger("trouble")
    log.propagate = False
    log.addHandler(logs._HANDLER)

    async def logs_badly(ctx):
        log.error("%d", "no number")
        log.warning("two\nlines \udc80")
        return "logged"

    async with Harness(made(logs_badly)) as daemon:
        assert (await daemon.command("do")).text == "logged"
        log_two = await daemon.daemon.hear("log", 2)
        assert log_two.line == "lines ?"
    # Nobody hears it any more.
    log.warning("after the end: %s", "é")
    assert "after the end: é" in capsys.readouterr().out
    log.removeHandler(logs._HANDLER)
