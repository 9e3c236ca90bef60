"""Events, schedules, calls of other plugins, requests, storage."""

from __future__ import annotations

import asyncio

import pytest

from outboard_plugin import Change, HostError, Plugin, Response, is_signed, operations, sign
from outboard_plugin.test import Failed, Harness, message, person


async def test_an_event_is_answered_where_it_happened():
    plugin = Plugin()

    @plugin.event("message.posted", "member.joined")
    async def greet(ctx):
        await ctx.reply(f"{ctx.type} by {ctx.sender.name}: {ctx.text}")
        await ctx.send("elsewhere", "heard")

    async with Harness(plugin) as daemon:
        await daemon.event("message.posted", text="hi")
        await daemon.event("member.joined", sender="bob")
        assert [(it.channel, it.text) for it in daemon.sent] == [
            (None, "message.posted by ada: hi"),
            ("elsewhere", "heard"),
            (None, "member.joined by bob: "),
            ("elsewhere", "heard"),
        ]
        # Each call names what is being handled.
        causes = [it["outboard-call"] for it in daemon.daemon.host.metadata]
        assert causes == ["", "e1", "e1", "e2", "e2"]


async def test_an_event_whose_handler_raises_is_not_acknowledged_well():
    plugin = Plugin()

    @plugin.event("message.posted")
    def keep(ctx):
        assert ctx.attempt > 1, "the first try"

    async with Harness(plugin) as daemon:
        with pytest.raises(Failed, match="the first try"):
            await daemon.event("message.posted", text="hi")
        await daemon.event("message.posted", text="hi", attempt=2)


async def test_events_of_ones_own_are_told():
    plugin = Plugin()

    @plugin.event("plugin:moderator:case_opened")
    async def heard(ctx):
        await ctx.emit("case_seen", {"case": ctx.data["case"]})

    async with Harness(plugin) as daemon:
        await daemon.event("plugin:moderator:case_opened", data={"case": 7})
        assert daemon.emitted == [("case_seen", {"case": 7})]


async def test_a_schedule_fires():
    plugin = Plugin()

    @plugin.schedule("nightly")
    async def nightly(ctx):
        await ctx.send("town-square", f"good night at {ctx.at:.0f}")

    async with Harness(plugin) as daemon:
        await daemon.fire("nightly")
        assert daemon.sent[0].text == "good night at 1782864000"


async def test_plugins_call_each_other():
    plugin = Plugin()

    @plugin.method("define")
    async def define(ctx):
        meaning = await ctx.call("dictionary", "define", ctx.data["word"])
        return {"word": ctx.data["word"], "meaning": meaning, "for": ctx.caller}

    async with Harness(plugin) as daemon:
        with pytest.raises(Failed, match="UNKNOWN_PLUGIN"):
            await daemon.call("define", {"word": "tea"})
        daemon.answer("dictionary", "define", lambda word: f"what {word} means")
        answer = await daemon.call("define", {"word": "tea"}, caller="quiz")
    assert answer == {"word": "tea", "meaning": "what tea means", "for": "quiz"}


async def test_requests_are_answered():
    plugin = Plugin()

    @plugin.http("/hook")
    async def hook(ctx):
        if not is_signed(b"secret", await ctx.body(), ctx.headers.get("x-signature", "")):
            return 403
        return {"user": ctx.user, "query": ctx.query}

    async with Harness(plugin) as daemon:
        assert (await daemon.http("POST", "/hook", b"{}")).status == 403
        headers = {"X-Signature": sign(b"secret", b"{}")}
        answer = await daemon.http("POST", "/hook", b"{}", headers=headers, query="a=b")
        assert answer.json() == {"user": None, "query": "a=b"}
        assert answer.headers["content-type"] == "application/json"


async def test_a_large_body_goes_in_pieces_as_far_as_its_credit():
    plugin = Plugin()

    @plugin.http("/all")
    async def everything(ctx):
        return Response(b"x" * 1_000_000, headers={"X-Much": "yes"})

    async with Harness(plugin) as daemon:
        answer = await daemon.http("GET", "/all")
        assert (len(answer.body), answer.headers) == (1_000_000, {"x-much": "yes"})
        daemon.daemon.returns_credit = False
        before = len(daemon.daemon.heard("chunk"))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(daemon.http("GET", "/all"), 0.3)
        sent = daemon.daemon.heard("chunk")[before:]
        assert 200_000 < sum(frame.ByteSize() for frame in sent) <= 256 * 1024


async def test_a_body_that_breaks_off_says_so(capsys):
    plugin = Plugin()

    @plugin.http("/half")
    async def half(ctx):
        async def pieces():
            yield b"half"
            raise ValueError("no more")

        return Response(pieces())

    async with Harness(plugin) as daemon:
        with pytest.raises(ConnectionError, match="no more"):
            await daemon.http("GET", "/half")


async def test_a_body_comes_in_pieces():
    plugin = Plugin()

    @plugin.http("/sum")
    async def total(ctx):
        return str(len(await ctx.body()))

    async with Harness(plugin) as daemon:
        daemon.daemon.say(
            call={
                "id": 99,
                "budget_us": 5_000_000,
                "http": {"method": "POST", "path": "/sum", "route": "/sum", "body": 5},
            }
        )
        for _ in range(8):
            daemon.daemon.say(chunk={"stream": 5, "data": b"x" * 30_000})
        daemon.daemon.say(chunk={"stream": 5, "last": True})
        reply = await daemon.daemon.hear("reply")
        assert (reply.call, reply.http.content) == (99, b"240000")
        # Three quarters of what may be under way: some of it was returned.
        assert daemon.daemon.heard("credit")


async def test_a_plugin_keeps_things():
    plugin = Plugin()

    @plugin.command("work")
    async def work(ctx):
        storage = ctx.storage
        assert await storage.get("none", "default") == "default"
        first = await storage.set("a", {"x": [1, 2]})
        entry = await storage.read("a")
        assert (entry.value, entry.revision, entry.expires) == ({"x": [1, 2]}, first, None)
        with pytest.raises(HostError) as refused:
            await storage.set("a", 1, if_revision=0)
        assert refused.value.reason == "STORAGE_CONFLICT"
        assert await storage.increment("n") == 1
        assert await storage.increment("n", 5) == 6
        await storage.batch([Change.set("b", "ü"), Change.increment("n"), Change.delete("a")])
        assert [(it.key, it.value) async for it in storage.list()] == [("b", "ü"), ("n", 7)]
        assert [key async for key in storage.keys("n")] == ["n"]
        await storage.set("soon", 1, ttl=60)
        assert not await storage.delete("none")
        return str((await storage.usage()).keys)

    async with Harness(plugin) as daemon:
        assert (await daemon.command("work")).text == "3"
        assert daemon.storage["n"] == 7
        assert "soon" in daemon.storage
        daemon.storage.pass_time(61)
        assert list(daemon.storage) == ["b", "n"]


async def test_a_plugin_watches_what_it_keeps():
    plugin = Plugin()
    seen: asyncio.Queue = asyncio.Queue()

    @plugin.on_start
    async def start(ctx):
        async def watch():
            async for news in ctx.storage.watch("a"):
                await seen.put((news.kind, news.key))

        plugin.watching = asyncio.ensure_future(watch())

    async with Harness(plugin) as daemon:
        await daemon.daemon.until(lambda: daemon.storage.watches == 1)
        daemon.storage["a1"] = 1
        daemon.storage["b1"] = 1
        daemon.storage["a2"] = 1
        assert await asyncio.wait_for(seen.get(), 5) == ("set", "a1")
        assert await asyncio.wait_for(seen.get(), 5) == ("set", "a2")
        plugin.watching.cancel()


async def test_files_are_fetched_and_uploaded_in_pieces():
    plugin = Plugin()

    @plugin.command("shout")
    async def shout(ctx, id):
        loud = (await ctx.files.download(id)).upper()
        file = await ctx.files.upload("loud.txt", loud, mime="text/plain")
        await ctx.reply("there", files=[file, "file-1"])
        return file.file.id

    @plugin.command("give-up")
    async def give_up(ctx):
        async def pieces():
            yield b"x" * 100_000
            raise ZeroDivisionError("by nothing")

        await ctx.files.upload("never.txt", pieces())

    async with Harness(plugin) as daemon:
        id = daemon.has_file("quiet.txt", b"hello " * 20_000)
        reply = await daemon.command("shout", id=id)
        assert daemon.file(reply.text) == b"HELLO " * 20_000
        assert [it.id for it in daemon.sent[0].wire.attachments] == ["file-2", "file-1"]
        with pytest.raises(Failed, match="NOT_FOUND"):
            await daemon.command("shout", id="none")
        with pytest.raises(Failed, match="ZeroDivisionError: by nothing"):
            await daemon.command("give-up")


async def test_people_channels_and_messages_are_asked_for():
    plugin = Plugin()

    @plugin.command("work")
    async def work(ctx):
        await ctx.messages.react("town", "m1", "+1")
        await ctx.users.mute("bob", "too loud", 60)
        await ctx.channels.set_topic("town", "tea")
        bob = await ctx.users.get("bob")
        texts = [it.body.plain async for it in ctx.messages.history("town")]
        return f"{bob.sender.name}: {texts}"

    async with Harness(plugin) as daemon:
        with pytest.raises(Failed, match="NOT_FOUND"):
            await daemon.command("work")
        daemon.finds("Users/Get", operations.User(sender=person("bob")))
        daemon.finds(
            "Messages/List", operations.MessagePage(messages=[message("one"), message("two")])
        )
        assert (await daemon.command("work")).text == "bob: ['one', 'two']"
        method, request = daemon.acts[1]
        assert (method, request.user_id, request.duration_us) == ("Users/Moderate", "bob", 60e6)
