"""Requests for plugins: bodies whole and in pieces, and what goes wrong."""

from __future__ import annotations

import asyncio

from conftest import new_app
from outboard_app import app, common
from outboard_app.testing import FakeDaemon


def request(content: bytes = b"") -> app.HttpRequest:
    return app.HttpRequest(plugin="web", method="POST", path="/hook", content=content)


async def test_a_request_is_answered(daemon: FakeDaemon, socket: str) -> None:
    def serve(asked: app.HttpRequest) -> app.HttpResponse:
        assert (asked.user, asked.content) == ("ada", b"hello")
        return app.HttpResponse(status=201, content=b"taken", headers={"x-one": "1"})

    daemon.on_http = serve
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        asked = request(b"hello")
        asked.user = "ada"
        answer = await outboard.http(asked)
    assert (answer.status, answer.content, answer.headers["x-one"]) == (201, b"taken", "1")
    assert answer.failure is None


async def test_a_large_body_goes_in_pieces_within_the_credit(
    daemon: FakeDaemon, socket: str
) -> None:
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        daemon.on_http = lambda asked: None if asked.body else app.HttpResponse(status=500)
        body = bytes(range(256)) * 4_000
        sent = outboard.http(request(body), budget=5)
        waiting = asyncio.ensure_future(sent)
        await daemon.wait_heard("chunk", 5)
        assert len(daemon.heard("chunk")) == 5, "of 256 KiB, room for one event is left"
        daemon.returns_chunks = True
        daemon.say(app.DaemonFrame(credit=common.Credit(bytes=200_000)))
        head = await daemon.wait_heard("http")
        while not daemon.heard("chunk")[-1].chunk.last:
            await daemon.wait_heard("chunk", len(daemon.heard("chunk")) + 1)
        pieces = [frame.chunk for frame in daemon.heard("chunk")]
        assert b"".join(piece.data for piece in pieces) == body
        assert {piece.stream for piece in pieces} == {head.http.body}
        answer = app.HttpResponse(id=head.http.id, status=200, body=9)
        daemon.say(app.DaemonFrame(http=answer))
        for data, last in [(b"one ", False), (b"two", True)]:
            daemon.say(app.DaemonFrame(chunk=common.Chunk(stream=9, data=data, last=last)))
        assert (await waiting).content == b"one two"


async def test_what_breaks_off_is_a_failure(daemon: FakeDaemon, socket: str) -> None:
    daemon.on_http = lambda _: app.HttpResponse(status=200, body=9)
    async with new_app(socket) as outboard:
        assert await outboard.wait_connected(5)
        waiting = asyncio.ensure_future(outboard.http(request(), budget=5))
        await daemon.wait_heard("http")
        daemon.say(app.DaemonFrame(chunk=common.Chunk(stream=9, abort="the plugin went away")))
        answer = await waiting
    assert answer.failure is not None
    assert answer.failure.message == "the plugin went away"
    assert (answer.status, answer.content) == (0, b"")


async def test_without_a_daemon_nothing_has_happened(socket: str) -> None:
    async with new_app(socket) as outboard:
        answer = await outboard.http(request())
    assert answer.failure is not None
    assert answer.failure.details["outcome"] == "not_started"
