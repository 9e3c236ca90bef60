"""One life of the stream: hello, welcome, then frames both ways until it ends.

Starts handlers and ends them; runs none itself, so that pings are answered at once. Refuses to
decide whether another session follows.
"""

from __future__ import annotations

import asyncio
from enum import Enum
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio

from outboard_plugin.context import Surroundings
from outboard_plugin.dispatch import Dispatch
from outboard_plugin.error import failure, host_error
from outboard_plugin.lease import Lease
from outboard_plugin.link import Cause
from outboard_plugin.outbox import FEATURES, Outbox
from outboard_plugin.wire import (
    CREDIT_BYTES,
    FRAME_BYTES,
    PROTOCOL,
    SessionStream,
    common,
    dial,
    open_session,
    wire,
)

if TYPE_CHECKING:
    from outboard_plugin.process import Process

#: Credit is returned when this much is owed: rarely, and long before the daemon has none.
_RETURN_AT = CREDIT_BYTES // 4

#: Seconds that the last frames may take to leave.
_LAST_WORDS = 0.5

#: Named in Hello, for people.
_SDK = "python/0.1.0"

#: Coming back would meet the same answer.
_FINAL = {
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
}


class End(Enum):
    """How a session ended."""

    TOLD = "the process was told to end, and is ready to"
    START_FAILED = "the start handler failed"
    REFUSED = "the daemon wants no session with this process"
    LOST = "the stream broke"


class Session:
    """One session under way."""

    def __init__(self, process: Process) -> None:
        self.outbox = Outbox()
        self.was_welcome = False
        self.why = ""
        self._process = process
        self._link = process.link
        self._dispatch = Dispatch(process.handlers, process.threads, self.outbox)
        self._under_way: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._number = 0
        self._owed = 0
        self._closing = False

    async def hold(self) -> End:
        """Lives until the stream ends or the process is to."""
        channel = dial(self._process.environment.socket)
        stream = open_session(channel, self._link.metadata)
        self._channel = channel
        self.outbox.push(wire.PluginFrame(hello=self._hello()))
        halves = [self._begin(self._read(stream)), self._begin(self._write(stream))]
        try:
            await asyncio.wait([*halves, self._ended], return_when=asyncio.FIRST_COMPLETED)
            if self._ended.done():
                return await self._last_words(halves, self._ended.result())
            broke = next(half for half in halves if half.done())
            return self._broke(broke.exception())
        finally:
            self._link.end()
            self.outbox.close()
            await self._abandon()
            stream.cancel()
            await channel.close(None)

    def end(self, how: End, why: str = "") -> None:
        """Ends the session once what is queued has left."""
        if not self._ended.done():
            self.why = why
            self._ended.set_result(how)

    async def finish(self, within: float) -> None:
        """Takes nothing new, and lets handlers finish; those that do not are cancelled."""
        self._closing = True
        if self._under_way:
            await asyncio.wait(list(self._under_way.values()), timeout=within)
        for task in list(self._under_way.values()):
            task.cancel()

    # --- The two directions -------------------------------------------------------------------

    async def _write(self, stream: SessionStream) -> None:
        while (frame := await self.outbox.next()) is not None:
            await stream.write(frame)
        await stream.done_writing()

    async def _read(self, stream: SessionStream) -> None:
        while isinstance(frame := await stream.read(), wire.DaemonFrame):
            self._hear(frame)
        # The stream ended well; otherwise `read` raises what its status says.

    def _hear(self, frame: wire.DaemonFrame) -> None:
        kind = frame.WhichOneof("kind")
        if kind == "call":
            self._call(frame)
        elif kind == "event":
            self._deliver(frame)
        elif kind == "ping":
            self.outbox.push(wire.PluginFrame(pong=common.Pong(nonce=frame.ping.nonce)))
        elif kind == "chunk":
            self._owe(frame.ByteSize())
            self._dispatch.bodies.put(frame.chunk)
        elif kind == "credit":
            self.outbox.credited(frame.credit.bytes)
        elif kind == "cancel":
            if (task := self._under_way.get(("call", frame.cancel.call))) is not None:
                task.cancel()
        elif kind == "cancel_interaction":
            self._link.cancel_interaction(frame.cancel_interaction.interaction_id)
        elif kind == "welcome":
            self._welcome(frame.welcome)
        elif kind == "settings":
            self._begin(self._process.settings_changed(self, frame.settings))
        elif kind == "app":
            self._link.welcome.app.CopyFrom(frame.app.app)
            if frame.app.HasField("bot"):
                self._link.welcome.bot.CopyFrom(frame.app.bot)
        elif kind == "drain":
            self._begin(self._process.drain(self._dispatch))
        elif kind == "shutdown":
            self._process.stop(frame.shutdown.budget_us / 1e6)
        # Anything else is of a newer daemon.

    # --- Frames -------------------------------------------------------------------------------

    def _hello(self) -> wire.Hello:
        manifest = self._process.manifest
        return wire.Hello(
            protocol=PROTOCOL,
            features=FEATURES,
            name=manifest.name,
            version=manifest.version,
            sdk=_SDK,
            handlers=self._process.handlers.hello(),
        )

    def _welcome(self, welcome: wire.Welcome) -> None:
        self.was_welcome = True
        self._number = welcome.session
        self.outbox.agree(welcome.features)
        self._link.begin(self._channel, welcome)
        self._begin(self._process.begin(self, self._dispatch, welcome.resumed))

    def _call(self, frame: wire.DaemonFrame) -> None:
        call = frame.call
        if (size := frame.ByteSize()) > FRAME_BYTES:
            text = f"the call has {size} bytes, a frame may have {FRAME_BYTES}"
            code, reason = grpc.StatusCode.RESOURCE_EXHAUSTED, common.REASON_FRAME_TOO_LARGE
            return self._fail(call.id, failure(code, reason, text))
        if self._closing:
            code, reason = grpc.StatusCode.UNAVAILABLE, common.REASON_STOPPING
            return self._fail(call.id, failure(code, reason, "the plugin is ending"))
        lease = Lease(call.budget_us / 1e6)
        cause = Cause(str(call.id), self._number)
        around = Surroundings(self._link, cause, lease, call.workspace, call.locale)
        around.trace = call.trace
        task = lease.run(self._dispatch.call(call, around))
        return self._watch(("call", call.id), task, lease)

    def _deliver(self, frame: wire.DaemonFrame) -> None:
        self._owe(frame.ByteSize())
        # Left unacknowledged, it comes again to the next generation.
        if self._closing:
            return
        delivery = frame.event
        lease = Lease(delivery.budget_us / 1e6)
        cause = Cause(f"e{delivery.delivery}")
        around = Surroundings(self._link, cause, lease, delivery.event.workspace)
        around.trace = delivery.trace
        task = lease.run(self._dispatch.event(delivery, around))
        self._watch(("event", delivery.delivery), task, lease)

    def _watch(self, key: tuple[str, int], task: asyncio.Task[None], lease: Lease) -> None:
        self._under_way[key] = task

        def done(task: asyncio.Task[None]) -> None:
            self._under_way.pop(key, None)
            if task.cancelled() and lease.is_over:
                self._too_late(key)

        task.add_done_callback(done)

    def _too_late(self, key: tuple[str, int]) -> None:
        text = "the handler ran out of time and was cancelled"
        why = failure(grpc.StatusCode.DEADLINE_EXCEEDED, common.REASON_DEADLINE, text)
        kind, number = key
        if kind == "call":
            return self._fail(number, why)
        return self.outbox.push(wire.PluginFrame(ack=wire.Ack(delivery=number, failure=why)))

    def _fail(self, call: int, why: common.Failure) -> None:
        self.outbox.push(wire.PluginFrame(reply=wire.Reply(call=call, failure=why)))

    def _owe(self, size: int) -> None:
        self._owed += size
        if self._owed >= _RETURN_AT:
            self.outbox.push(wire.PluginFrame(credit=common.Credit(bytes=self._owed)))
            self._owed = 0

    # --- The end ------------------------------------------------------------------------------

    def _begin(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _last_words(self, halves: list[asyncio.Task[Any]], how: End) -> End:
        self.outbox.close()
        # A daemon that does not end the stream has closed anyway, or soon will.
        await asyncio.wait(halves, timeout=_LAST_WORDS)
        return how

    def _broke(self, error: BaseException | None) -> End:
        if isinstance(error, grpc.aio.AioRpcError):
            refusal = host_error(error)
            self.why = str(refusal)
            # Another stream of this generation took over: coming back would throw that one out.
            if error.code() in _FINAL or refusal.reason == "SESSION_REPLACED":
                return End.REFUSED
        else:
            self.why = "the daemon ended it" if error is None else repr(error)
        return End.LOST

    async def _abandon(self) -> None:
        """Cancels whatever the session has started; what is deferred outlives it."""
        left = [*self._under_way.values(), *self._tasks]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
