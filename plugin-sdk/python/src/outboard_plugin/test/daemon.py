"""A daemon without plugins of its own, on a real socket: the plugin's side of the wire.

Says what a test tells it to and keeps what it hears. Refuses to know anything of supervision.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import grpc
import grpc.aio
from google.protobuf.message_factory import GetMessageClass

from outboard_plugin.error import HostError
from outboard_plugin.outbox import FEATURES
from outboard_plugin.test.host import FakeHost
from outboard_plugin.wire import (
    CALL_KEY,
    CHUNK_BYTES,
    DECODE_BYTES,
    TOKEN_KEY,
    common,
    community,
    configured,
    showing,
    stored,
    transfer,
    usage,
    wire,
)

#: Frames kept for a test to look at.
_KEPT = 100_000

_PACKAGE = "outboard.plugin.v1"

_ServicerContext = grpc.aio.ServicerContext[Any, Any]
_Answering = Callable[[Any, _ServicerContext], Awaitable[Any]]


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
        download = grpc.unary_stream_rpc_method_handler(
            self._download, stored.StatFile.FromString, transfer.DownloadPiece.SerializeToString
        )
        upload = grpc.stream_unary_rpc_method_handler(
            self._upload, transfer.UploadPiece.FromString, stored.FileInfo.SerializeToString
        )
        streams: dict[str, dict[str, Any]] = {
            "Plugin": {"Session": session},
            "Storage": {"Watch": watch},
            "Files": {"Download": download, "Upload": upload},
        }
        for file in (wire, community, configured, showing, transfer, usage):
            for name, service in file.DESCRIPTOR.services_by_name.items():
                methods = {it.name: self._unary(it) for it in service.methods if _is_unary(it)}
                handlers = methods | streams.get(name, {})
                yield grpc.method_handlers_generic_handler(f"{_PACKAGE}.{name}", handlers)

    def _unary(self, method: Any) -> Any:
        request, response = GetMessageClass(method.input_type), GetMessageClass(method.output_type)
        return grpc.unary_unary_rpc_method_handler(
            self._answering(f"{method.containing_service.name}/{method.name}", response),
            request.FromString,
            response.SerializeToString,
        )

    def _answering(
        self, method: str, response: Any
    ) -> Callable[[Any, _ServicerContext], Awaitable[Any]]:
        async def answer(request: Any, context: _ServicerContext) -> Any:
            await self._admit(context)
            try:
                answered = self.host.answer(method, request)
            except HostError as refusal:
                await _refuse(context, refusal)
            await self.wake()
            return response() if answered is None else answered

        return answer

    async def _watch(
        self, request: wire.StorageWatchRequest, context: _ServicerContext
    ) -> AsyncIterator[wire.StorageNews]:
        await self._admit(context)
        news = self.host.storage.watch(request.prefix)
        await self.wake()
        while True:
            yield await news.get()

    async def _download(
        self, request: stored.StatFile, context: _ServicerContext
    ) -> AsyncIterator[transfer.DownloadPiece]:
        await self._admit(context)
        try:
            info, content = self.host.look(request.file_id)
        except HostError as refusal:
            await _refuse(context, refusal)
        yield transfer.DownloadPiece(info=info)
        for at in range(0, len(content), CHUNK_BYTES):
            yield transfer.DownloadPiece(data=content[at : at + CHUNK_BYTES])

    async def _upload(
        self, pieces: AsyncIterator[transfer.UploadPiece], context: _ServicerContext
    ) -> stored.FileInfo:
        await self._admit(context)
        if self.host.refusal is not None:
            await _refuse(context, self.host.refusal)
        begin, content = (await anext(pieces)).begin, b""
        async for piece in pieces:
            if piece.abort:
                await _refuse(context, HostError("BODY_ABANDONED", piece.abort))
            content += piece.data
        return self.host.store(begin.name, content, begin.mime)

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


def _is_unary(method: Any) -> bool:
    streams = method.client_streaming or method.server_streaming
    return not streams


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
