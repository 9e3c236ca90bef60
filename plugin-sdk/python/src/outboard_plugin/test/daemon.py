"""A daemon without plugins of its own, on a real socket: the plugin's side of the wire.

Says what a test tells it to and keeps what it hears. Refuses to know anything of supervision.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import grpc
import grpc.aio

from outboard_plugin.error import HostError
from outboard_plugin.outbox import FEATURES
from outboard_plugin.test.host import METHODS, FakeHost
from outboard_plugin.wire import CALL_KEY, DECODE_BYTES, TOKEN_KEY, common, usage, wire

#: Frames kept for a test to look at.
_KEPT = 100_000

_PACKAGE = "outboard.plugin.v1"

_ServicerContext = grpc.aio.ServicerContext[Any, Any]


class FakeDaemon:
    """A daemon on `socket`, for one plugin process at a time."""

    def __init__(self, socket: str, token: str = "t0ken", host: FakeHost | None = None) -> None:
        self.socket = socket
        self.token = token
        self.host = host or FakeHost()
        #: Said to every hello; session and features are filled in.
        self.welcome = wire.Welcome(generation=1)
        #: Set to refuse every hello with these words.
        self.refuses = ""
        #: Whether credit of chunks is returned.
        self.returns_credit = True
        #: Everything heard, in order; and Hello of each session.
        self.frames: list[wire.PluginFrame] = []
        self.sessions = 0
        self._news = asyncio.Condition()
        self._to_plugin: asyncio.Queue[wire.DaemonFrame | None] = asyncio.Queue(_KEPT)
        self._server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Begins to listen."""
        self._server = grpc.aio.server(options=[("grpc.max_receive_message_length", DECODE_BYTES)])
        self._server.add_generic_rpc_handlers(tuple(self._services()))
        self._server.add_insecure_port(f"unix://{self.socket}")
        await self._server.start()

    async def stop(self) -> None:
        """Stops at once, as if killed."""
        if self._server is not None:
            await self._server.stop(None)

    def say(self, **frame: Any) -> None:
        """Says something to the plugin, such as `ping=common.Ping(nonce=1)`."""
        self._to_plugin.put_nowait(wire.DaemonFrame(**frame))

    def end_stream(self) -> None:
        """Ends the session's stream."""
        self._to_plugin.put_nowait(None)

    def heard(self, kind: str) -> list[wire.PluginFrame]:
        """The frames of one kind heard so far, such as "reply"."""
        return [frame for frame in self.frames if frame.WhichOneof("kind") == kind]

    async def hear(self, kind: str, count: int = 1, timeout: float = 10) -> Any:
        """Waits until `count` frames of a kind were heard; what the last of them says."""
        await self.until(lambda: len(self.heard(kind)) >= count, timeout)
        return getattr(self.heard(kind)[count - 1], kind)

    async def until(self, holds: Callable[[], bool], timeout: float = 10) -> None:
        """Waits until something holds; looked at whenever the plugin said something."""
        async with self._news:
            await asyncio.wait_for(self._news.wait_for(holds), timeout)

    async def wake(self) -> None:
        """Has everybody who waits look again."""
        async with self._news:
            self._news.notify_all()

    # --- The wire -----------------------------------------------------------------------------

    def _services(self) -> Iterator[grpc.GenericRpcHandler[Any, Any]]:
        session = grpc.stream_stream_rpc_method_handler(
            self._session, wire.PluginFrame.FromString, wire.DaemonFrame.SerializeToString
        )
        watch = grpc.unary_stream_rpc_method_handler(
            self._watch,
            wire.StorageWatchRequest.FromString,
            wire.StorageNews.SerializeToString,
        )
        handlers: dict[str, dict[str, Any]] = {
            "Plugin": {"Session": session},
            "Storage": {"Watch": watch},
        }
        for path in METHODS:
            service, method = path.split("/")
            handlers.setdefault(service, {})[method] = self._unary(service, method)
        for service, methods in handlers.items():
            yield grpc.method_handlers_generic_handler(f"{_PACKAGE}.{service}", methods)

    def _unary(self, service: str, method: str) -> Any:
        # Each service stands in one of the files, with its messages.
        of = next(it for it in (wire, usage) if service in it.DESCRIPTOR.services_by_name)
        described = of.DESCRIPTOR.services_by_name[service].methods_by_name[method]
        request = getattr(of, described.input_type.name)
        response = getattr(of, described.output_type.name)
        return grpc.unary_unary_rpc_method_handler(
            self._answering(f"{service}/{method}"),
            request.FromString,
            response.SerializeToString,
        )

    def _answering(self, method: str) -> Callable[[Any, _ServicerContext], Awaitable[Any]]:
        async def answer(request: Any, context: _ServicerContext) -> Any:
            await self._admit(context)
            try:
                answered = self.host.answer(method, request)
            except HostError as refusal:
                await _refuse(context, refusal)
            await self.wake()
            return answered

        return answer

    async def _watch(
        self, request: wire.StorageWatchRequest, context: _ServicerContext
    ) -> AsyncIterator[wire.StorageNews]:
        await self._admit(context)
        news = self.host.storage.watch(request.prefix)
        await self.wake()
        while True:
            yield await news.get()

    async def _admit(self, context: _ServicerContext) -> None:
        metadata = {key: str(value) for key, value in context.invocation_metadata() or ()}
        if metadata.get(TOKEN_KEY) != self.token:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "BAD_TOKEN")
        self.host.metadata.append({TOKEN_KEY: self.token, CALL_KEY: metadata.get(CALL_KEY, "")})

    # --- The session --------------------------------------------------------------------------

    async def _session(
        self, frames: AsyncIterator[wire.PluginFrame], context: _ServicerContext
    ) -> AsyncIterator[wire.DaemonFrame]:
        await self._admit(context)
        hello = await anext(frames)
        self.sessions += 1
        self._to_plugin = asyncio.Queue(_KEPT)
        await self._note(hello)
        if self.refuses:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, self.refuses)
        yield wire.DaemonFrame(welcome=self._welcome(hello.hello))
        reading = asyncio.ensure_future(self._read(frames))
        try:
            while (frame := await self._to_plugin.get()) is not None:
                yield frame
        finally:
            reading.cancel()

    def _welcome(self, hello: wire.Hello) -> wire.Welcome:
        welcome = wire.Welcome()
        welcome.CopyFrom(self.welcome)
        welcome.session = self.sessions
        welcome.resumed = self.sessions > 1
        welcome.features.extend(it for it in hello.features if it in FEATURES)
        return welcome

    async def _read(self, frames: AsyncIterator[wire.PluginFrame]) -> None:
        async for frame in frames:
            if frame.HasField("chunk") and self.returns_credit:
                self.say(credit=common.Credit(bytes=frame.ByteSize()))
            await self._note(frame)
        self.end_stream()

    async def _note(self, frame: wire.PluginFrame) -> None:
        async with self._news:
            self.frames.append(frame)
            del self.frames[:-_KEPT]
            self._news.notify_all()


async def _refuse(context: _ServicerContext, refusal: HostError) -> None:
    from google.protobuf.any_pb2 import Any as Packed
    from google.rpc import error_details_pb2, status_pb2

    info = error_details_pb2.ErrorInfo(
        reason=refusal.reason, domain="outboard", metadata=refusal.details
    )
    packed = Packed()
    packed.Pack(info)
    code = grpc.StatusCode.FAILED_PRECONDITION
    status = status_pb2.Status(code=code.value[0], message=refusal.message, details=[packed])
    trailing = (("grpc-status-details-bin", status.SerializeToString()),)
    await context.abort(code, refusal.message, trailing_metadata=trailing)
