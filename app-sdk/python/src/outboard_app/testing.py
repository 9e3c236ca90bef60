"""A daemon without plugins, for tests of chat servers: it answers as the test says.

Speaks the app's side of the wire on a Unix socket. Refuses to know anything of supervision: its
plugins are functions.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import grpc
import grpc.aio

from outboard_app.wire import (
    CREDIT_BYTES,
    DECODE_BYTES,
    FRAME_BYTES,
    app,
    app_settings,
    common,
    common_settings,
)

#: Frames kept for a test to look at.
_KEPT = 100_000

OnIntercept = Callable[[app.Intercept], common.Verdict | None]
OnCommand = Callable[[app.RunCommand], app.CommandResult | None]
OnHttp = Callable[[app.HttpRequest], app.HttpResponse | None]
OnAction = Callable[[app.UiAction], app.CommandResult | None]
OnSave = Callable[[app_settings.SaveSettingsRequest], common_settings.SettingsSaved]
OnAutocomplete = Callable[[app.Autocomplete], Sequence[str] | None]


def go_on(_: app.Intercept) -> common.Verdict:
    """Lets everything pass."""
    return common.Verdict(continued=common.Continue())


class FakeDaemon:
    """A daemon on `socket`. Start and stop it as often as the test likes."""

    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._server: grpc.aio.Server | None = None
        self._sessions: list[asyncio.Queue[app.DaemonFrame]] = []
        self._news = asyncio.Condition()
        #: Everything heard, in order.
        self.frames: list[app.AppFrame] = []
        self.policies: Sequence[app.HookPolicy] = ()
        self.commands: Sequence[common.CommandInfo] = ()
        #: Answers hooks; None = no answer.
        self.on_intercept: OnIntercept = go_on
        #: Answers commands; None = no answer.
        self.on_command: OnCommand = lambda _: None
        #: Answers requests; None = no answer.
        self.on_http: OnHttp = lambda _: None
        #: Whether credit of chunks is returned.
        self.returns_chunks = False
        #: Pieces in which a command's reply is said before its result.
        self.pieces: Sequence[str] = ()
        #: Answers actions; None = no answer.
        self.on_action: OnAction = lambda _: None
        #: Offers something for what is typed; None = no answer.
        self.on_autocomplete: OnAutocomplete = lambda _: None
        #: The settings pages there are, and what becomes of what is saved.
        self.pages: list[app_settings.SettingsPage] = []
        self.on_save_settings: OnSave = lambda _: common_settings.SettingsSaved(
            outcome=common_settings.SETTINGS_OUTCOME_ACKNOWLEDGED
        )
        #: Whether events are acknowledged and their credit returned.
        self.takes_events = True
        #: Set to refuse every hello with these words.
        self.refuses = ""

    async def start(self) -> None:
        """Begins to listen."""
        self._server = grpc.aio.server(options=[("grpc.max_receive_message_length", DECODE_BYTES)])
        connect = grpc.stream_stream_rpc_method_handler(
            self._connect, app.AppFrame.FromString, app.DaemonFrame.SerializeToString
        )
        service = grpc.method_handlers_generic_handler("outboard.app.v1.App", {"Connect": connect})
        self._server.add_generic_rpc_handlers((service, self._settings()))
        self._server.add_insecure_port(f"unix://{self._socket}")
        await self._server.start()

    def _settings(self) -> grpc.GenericRpcHandler[Any, Any]:
        async def pages(_request: object, _context: object) -> app_settings.SettingsPagesResponse:
            return app_settings.SettingsPagesResponse(pages=self.pages)

        async def save(
            request: app_settings.SaveSettingsRequest, _context: object
        ) -> common_settings.SettingsSaved:
            return self.on_save_settings(request)

        methods = {
            "SettingsPages": grpc.unary_unary_rpc_method_handler(
                pages,
                app_settings.SettingsPagesRequest.FromString,
                app_settings.SettingsPagesResponse.SerializeToString,
            ),
            "SaveSettings": grpc.unary_unary_rpc_method_handler(
                save,
                app_settings.SaveSettingsRequest.FromString,
                common_settings.SettingsSaved.SerializeToString,
            ),
        }
        return grpc.method_handlers_generic_handler("outboard.app.v1.Settings", methods)

    async def stop(self) -> None:
        """Stops at once, as if killed."""
        if self._server is not None:
            await self._server.stop(None)
        self._sessions.clear()

    def say(self, frame: app.DaemonFrame) -> None:
        """Says something to every connected app."""
        for session in self._sessions:
            session.put_nowait(frame)

    def heard(self, kind: str) -> list[app.AppFrame]:
        """The frames of one kind heard so far, such as "publish"."""
        return [frame for frame in self.frames if frame.WhichOneof("kind") == kind]

    async def wait_heard(self, kind: str, count: int = 1, timeout: float = 10.0) -> app.AppFrame:
        """Waits until `count` frames of a kind were heard; returns the last of them."""
        async with self._news:
            await asyncio.wait_for(
                self._news.wait_for(lambda: len(self.heard(kind)) >= count), timeout
            )
        return self.heard(kind)[count - 1]

    async def _connect(
        self,
        frames: AsyncIterator[app.AppFrame],
        context: grpc.aio.ServicerContext[app.AppFrame, app.DaemonFrame],
    ) -> AsyncIterator[app.DaemonFrame]:
        hello = await anext(frames)
        await self._note(hello)
        if self.refuses:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, self.refuses)
        session: asyncio.Queue[app.DaemonFrame] = asyncio.Queue(_KEPT)
        # Before the welcome: whatever is said to an app that knows it is connected must reach it.
        self._sessions.append(session)
        yield app.DaemonFrame(welcome=self._welcome())
        reading = asyncio.ensure_future(self._read(frames, session))
        try:
            while True:
                yield await session.get()
        finally:
            reading.cancel()
            if session in self._sessions:
                self._sessions.remove(session)

    def _welcome(self) -> app.AppWelcome:
        return app.AppWelcome(
            daemon_version="test",
            policies=app.Policies(hooks=self.policies),
            catalogue=app.Catalogue(revision=1, commands=self.commands),
            frame_bytes=FRAME_BYTES,
            credit_bytes=CREDIT_BYTES,
        )

    async def _read(
        self, frames: AsyncIterator[app.AppFrame], session: asyncio.Queue[app.DaemonFrame]
    ) -> None:
        async for frame in frames:
            for answer in self._answers(frame):
                session.put_nowait(answer)
            await self._note(frame)

    def _answers(self, frame: app.AppFrame) -> list[app.DaemonFrame]:
        kind = frame.WhichOneof("kind")
        if kind == "intercept" and (verdict := self.on_intercept(frame.intercept)) is not None:
            result = app.InterceptResult(id=frame.intercept.id, verdict=verdict)
            return [app.DaemonFrame(intercepted=result)]
        if kind == "command" and (ran := self.on_command(frame.command)) is not None:
            ran.id = frame.command.id
            said = _pieces(frame.command.interaction_id, self.pieces)
            return [*said, app.DaemonFrame(command=ran)]
        if kind == "ui" and (done := self.on_action(frame.ui)) is not None:
            done.id = frame.ui.id
            return [app.DaemonFrame(command=done)]
        if kind == "autocomplete":
            offered = self.on_autocomplete(frame.autocomplete)
            choices = app.Choices(id=frame.autocomplete.id, choices=offered or ())
            return [] if offered is None else [app.DaemonFrame(choices=choices)]
        if kind == "http" and (served := self.on_http(frame.http)) is not None:
            served.id = frame.http.id
            return [app.DaemonFrame(http=served)]
        if kind == "chunk" and self.returns_chunks:
            return [app.DaemonFrame(credit=common.Credit(bytes=frame.ByteSize()))]
        if kind == "publish" and self.takes_events:
            return _taken(frame)
        return []

    async def _note(self, frame: app.AppFrame) -> None:
        async with self._news:
            self.frames.append(frame)
            del self.frames[:-_KEPT]
            self._news.notify_all()


def _pieces(interaction: str, pieces: Sequence[str]) -> list[app.DaemonFrame]:
    def said(seq: int, piece: str) -> app.DaemonFrame:
        delta = app.StreamDelta(interaction_id=interaction, seq=seq, delta=piece)
        return app.DaemonFrame(delta=delta)

    return [said(seq, piece) for seq, piece in enumerate(pieces)]


def _taken(frame: app.AppFrame) -> list[app.DaemonFrame]:
    published = app.Published(id=frame.publish.id, event_id=frame.publish.event.id)
    return [
        app.DaemonFrame(published=published),
        app.DaemonFrame(credit=common.Credit(bytes=frame.ByteSize())),
    ]
