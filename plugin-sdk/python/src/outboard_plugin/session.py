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

from outboard_plugin.cause import Cause
from outboard_plugin.context import Surroundings
from outboard_plugin.dispatch import Dispatch
from outboard_plugin.error import failure, host_error, of_handler, too_large
from outboard_plugin.handlers import Kind
from outboard_plugin.lease import Lease
from outboard_plugin.outbox import FEATURES, Outbox
from outboard_plugin.places import place_of_call, place_of_event
from outboard_plugin.settings import Changes
from outboard_plugin.threads import CANCELLED, heard
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

#: Seconds that handlers of a lost session may take to end: there are two to come back.
_PARTING = 0.2

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
        #: Those of them that were cancelled because nobody waits for them.
        self._unwanted: set[tuple[str, int]] = set()
        settings = process.handlers.get(Kind.SETTINGS)
        self._changes = Changes(process.link, self.outbox, process.aside, settings)
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
        reading, writing = self._begin(self._read(stream)), self._begin(self._write(stream))
        halves = [reading, writing]
        self._begin(self._changes.handle())
        self._begin(self._process.grants.tell())
        try:
            await asyncio.wait([*halves, self._ended], return_when=asyncio.FIRST_COMPLETED)
            if self._ended.done():
                return await self._last_words(halves, self._ended.result())
            # What the daemon said last tells why; of a write it is known only that it failed.
            await asyncio.wait([reading], timeout=_LAST_WORDS)
            return self._broke((reading if reading.done() else writing).exception())
        finally:
            self._link.end()
            self.outbox.close()
            await self._abandon()
            self._link.forsake(channel)
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
        for key in list(self._under_way):
            self._cancel(key)

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
            self._cancel(("call", frame.cancel.call))
        elif kind == "cancel_interaction":
            self._link.cancel_interaction(frame.cancel_interaction.interaction_id)
        elif kind == "welcome":
            self._welcome(frame.welcome)
        elif kind == "settings":
            self._changes.put(frame.settings)
        elif kind == "grants":
            self._link.update(grants=frame.grants.grants, scoped_grants=frame.grants.scoped_grants)
            self._process.grants_changed()
        elif kind == "app":
            told: dict[str, Any] = {"app": frame.app.app}
            if frame.app.HasField("bot"):
                told["bot"] = frame.app.bot
            self._link.update(**told)
            self._begin(self._process.app_changed())
        elif kind == "lifecycle":
            self._begin(self._process.milestone(self.outbox, frame.lifecycle))
        elif kind == "drain":
            self._begin(self._process.drain())
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
        resumed = welcome.resumed and self._process.is_started
        before = self._link.welcome.settings
        self._link.begin(self._channel, welcome)
        if resumed and before != welcome.settings:
            # Saved while there was no session: nobody waits for an answer.
            self._link.update(settings=before)
            self._changes.put(
                wire.SettingsChanged(
                    before=before, after=welcome.settings, narrowed=welcome.settings_narrowed
                )
            )
        self._begin(self._process.begin(self, resumed))

    def _call(self, frame: wire.DaemonFrame) -> None:
        call = frame.call
        key = ("call", call.id)
        if (size := frame.ByteSize()) > FRAME_BYTES:
            return self._fail(key, too_large("the call", size))
        if self._closing:
            code, reason = grpc.StatusCode.UNAVAILABLE, common.REASON_STOPPING
            return self._fail(key, failure(code, reason, "the plugin is ending"))
        lease = Lease(call.budget_us / 1e6)
        cause = Cause(str(call.id), self._number)
        around = Surroundings(self._link, cause, lease, lambda: place_of_call(call))
        around.workspace, around.locale, around.trace = call.workspace, call.locale, call.trace
        task = lease.run(self._dispatch.call(call, around))
        return self._watch(key, task, lease)

    def _deliver(self, frame: wire.DaemonFrame) -> None:
        delivery, size = frame.event, frame.ByteSize()
        key = ("event", delivery.delivery)
        self._owe(size)
        if size > FRAME_BYTES:
            return self._fail(key, too_large("the event", size))
        # Left unacknowledged, it comes again to the next generation.
        if self._closing:
            return None
        lease = Lease(delivery.budget_us / 1e6)
        cause = Cause(f"e{delivery.delivery}")
        around = Surroundings(self._link, cause, lease, lambda: place_of_event(delivery.event))
        around.workspace, around.trace = delivery.event.workspace, delivery.trace
        task = lease.run(self._dispatch.event(delivery, around))
        return self._watch(key, task, lease)

    def _watch(self, key: tuple[str, int], task: asyncio.Task[None], lease: Lease) -> None:
        self._under_way[key] = task

        def done(task: asyncio.Task[None]) -> None:
            self._under_way.pop(key, None)
            is_unwanted = key in self._unwanted
            self._unwanted.discard(key)
            if not task.cancelled():
                # All that a handler may raise is answered; a mistake of the SDK's is, too.
                if (error := task.exception()) is not None:
                    self._fail(key, of_handler(error))
            elif lease.is_over:
                text = "the handler ran out of time and was cancelled"
                code, reason = grpc.StatusCode.DEADLINE_EXCEEDED, common.REASON_DEADLINE
                self._fail(key, failure(code, reason, text))
            elif not is_unwanted:
                self._fail(key, of_handler(RuntimeError(CANCELLED)))

        task.add_done_callback(done)

    def _cancel(self, key: tuple[str, int]) -> None:
        """Nobody waits for what comes of it any more."""
        if (task := self._under_way.get(key)) is not None:
            self._unwanted.add(key)
            task.cancel()

    def _fail(self, key: tuple[str, int], why: common.Failure) -> None:
        """Says that a call or an event came to nothing."""
        kind, number = key
        if kind == "call":
            frame = wire.PluginFrame(reply=wire.Reply(call=number, failure=why))
        else:
            frame = wire.PluginFrame(ack=wire.Ack(delivery=number, failure=why))
        self.outbox.push(frame)

    def _owe(self, size: int) -> None:
        self._owed += size
        if self._owed >= _RETURN_AT:
            self.outbox.push(wire.PluginFrame(credit=common.Credit(bytes=self._owed)))
            self._owed = 0

    # --- The end ------------------------------------------------------------------------------

    def _begin(self, work: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        # Once one half of the stream has failed, the other may as well.
        task.add_done_callback(heard)
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
        """Cancels whatever the session has started; what is deferred outlives it.

        One that goes on although it is cancelled is left to itself: nobody hears of it.
        """
        left = [*self._under_way.values(), *self._tasks]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=_PARTING)
