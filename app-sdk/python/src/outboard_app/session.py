"""One life of the Connect stream: hello, welcome, then frames both ways until it ends.

Refuses to know what comes after it has ended, and what frames mean but for pings.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import grpc.aio

from outboard_app.outbox import Outbox
from outboard_app.wire import ConnectStream, app, common, dial, open_connect

#: Seconds within which the daemon answers hello.
_WELCOME = 5.0


class Lost(Exception):
    """The session has ended; says why."""


async def run(
    socket: str,
    hello: app.AppHello,
    outbox: Outbox,
    welcomed: Callable[[app.AppWelcome], None],
    heard: Callable[[app.DaemonFrame], None],
) -> None:
    """Lives one session. Always ends by raising Lost, or cancelled."""
    async with dial(socket) as channel:
        stream = open_connect(channel)
        try:
            await asyncio.wait_for(_greet(stream, hello, welcomed), _WELCOME)
            await _either(_read(stream, outbox, heard), _write(stream, outbox))
        except asyncio.TimeoutError:
            raise Lost("the daemon did not answer hello") from None
        except grpc.aio.AioRpcError as error:
            raise Lost(error.details() or error.code().name) from None
        except asyncio.InvalidStateError:
            raise Lost("the stream ended") from None
        finally:
            stream.cancel()


async def _greet(
    stream: ConnectStream, hello: app.AppHello, welcomed: Callable[[app.AppWelcome], None]
) -> None:
    await stream.write(app.AppFrame(hello=hello))
    first = await _next(stream)
    if not first.HasField("welcome"):
        raise Lost(f"the daemon answered hello with {first.WhichOneof('kind')}")
    welcomed(first.welcome)


async def _read(
    stream: ConnectStream, outbox: Outbox, heard: Callable[[app.DaemonFrame], None]
) -> None:
    while True:
        frame = await _next(stream)
        if frame.HasField("ping"):
            outbox.say(app.AppFrame(pong=common.Pong(nonce=frame.ping.nonce)))
        heard(frame)


async def _write(stream: ConnectStream, outbox: Outbox) -> None:
    while True:
        await stream.write(await outbox.next())


async def _next(stream: ConnectStream) -> app.DaemonFrame:
    frame = await stream.read()
    if isinstance(frame, app.DaemonFrame):
        return frame
    # End of file: the status says why.
    code = await stream.code()
    raise Lost(await stream.details() or code.name)


async def _either(*halves: Coroutine[Any, Any, None]) -> None:
    """Runs both halves; when one fails the other is stopped and the failure raised."""
    tasks = [asyncio.ensure_future(half) for half in halves]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
