"""Keeps one session with the daemon alive, and asks over it.

Owns what outlives a session: policies, catalogue, the backlog of events, the desk of requests.
Refuses to know what an app makes of an answer, or of its absence.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping

from outboard_app import session
from outboard_app.bodies import Bodies
from outboard_app.calls import Away, Calls
from outboard_app.guard import guarded
from outboard_app.outbox import Full, Outbox
from outboard_app.policy import PolicyBook
from outboard_app.requests import Desk
from outboard_app.shown import Board, OnShown
from outboard_app.signs import Listener
from outboard_app.wire import FRAME_BYTES, app, common

log = logging.getLogger("outboard_app")

#: Seconds between attempts to connect: the first wait, and the longest.
_FIRST_WAIT = 0.1
_LONGEST_WAIT = 5.0

#: Bytes of a body that go with the request itself.
_SMALL_BODY = 32 * 1024

#: What is asked with an id, and the frame's field that carries it.
Ask = app.Intercept | app.RunCommand | app.UiAction | app.Autocomplete | app.HttpRequest
_FIELDS: dict[type[Ask], str] = {
    app.Intercept: "intercept",
    app.RunCommand: "command",
    app.UiAction: "ui",
    app.Autocomplete: "autocomplete",
    app.HttpRequest: "http",
}

OnEvent = Callable[[common.Event], None]
OnCatalogue = Callable[[Mapping[str, common.CommandInfo]], None]


class Link:
    """The connection, from the first attempt to the last."""

    def __init__(
        self,
        socket: str,
        hello: app.AppHello,
        desk: Desk,
        on_catalogue: OnCatalogue | None,
        on_event: OnEvent | None = None,
        on_shown: OnShown | None = None,
    ) -> None:
        self._socket = socket
        self._hello = hello
        self._desk = desk
        self._on_catalogue = on_catalogue
        self._on_event = on_event
        self._calls = Calls()
        self._outbox = Outbox()
        self._bodies = Bodies()
        self._published: dict[int, asyncio.Future[app.Published]] = {}
        self._listeners: dict[str, Listener] = {}
        self._session = 0
        self._keeping: asyncio.Task[None] | None = None
        self.board = Board(on_shown)
        self.policies = PolicyBook()
        self.commands: Mapping[str, common.CommandInfo] = {}
        #: Set while a session stands.
        self.standing = asyncio.Event()

    def start(self) -> None:
        """Begins to connect, and to reconnect whenever a session ends."""
        if self._keeping is None:
            self._keeping = asyncio.ensure_future(self._keep())

    async def close(self) -> None:
        """Ends the session for good; calls under way end as Away."""
        while self._keeping is not None and not self._keeping.done():
            # More than once: before Python 3.12 `wait_for` forgets a cancellation that meets the
            # end of what it waits for.
            self._keeping.cancel()
            await asyncio.wait([self._keeping], timeout=0.1)
        await self._desk.close()

    # --- Asking ------------------------------------------------------------------------------

    async def ask(self, ask: Ask, seconds: float) -> object:
        """Asks and waits at most `seconds`. Raises Away.

        Whoever no longer waits (the task is cancelled) takes the question back.
        """
        waiting = self._begin(ask)
        try:
            return await asyncio.wait_for(waiting, seconds)
        except asyncio.TimeoutError:
            self._give_up(ask.id)
            raise Away(f"no answer within {seconds * 1e3:.0f} ms", handed_over=True) from None
        except asyncio.CancelledError:
            self._give_up(ask.id)
            self._calls.withdraw(ask.id)
            raise
        finally:
            self._calls.forget(ask.id)
            self._bodies.forget(ask.id)
            self._outbox.drop_body(ask.id)

    async def run(self, ask: app.RunCommand | app.UiAction, listener: Listener) -> object:
        """Asks and waits as long as the listener hears something in time. Raises Away.

        Whoever no longer waits (the task is cancelled) takes the command back.
        """
        self._listeners[ask.interaction_id] = listener
        answered = False
        try:
            waiting = self._begin(ask)
            while not waiting.done():
                left = listener.deadline - asyncio.get_running_loop().time()
                if left <= 0:
                    raise Away("the plugin shows no sign of life", handed_over=True)
                await asyncio.wait({waiting}, timeout=left)
            answered = True
            return waiting.result()
        except asyncio.CancelledError:
            self._calls.withdraw(ask.id)
            raise
        finally:
            del self._listeners[ask.interaction_id]
            if not answered and ask.id:
                self._give_up(ask.id)
            self._calls.forget(ask.id)

    def _begin(self, ask: Ask) -> asyncio.Future[object]:
        ask.id = self._calls.next_id()
        body = b""
        if isinstance(ask, app.HttpRequest) and len(ask.content) > _SMALL_BODY:
            body, ask.content, ask.body = ask.content, b"", ask.id
        frame = app.AppFrame()
        getattr(frame, _FIELDS[type(ask)]).CopyFrom(ask)
        if frame.ByteSize() > FRAME_BYTES:
            words = f"{frame.ByteSize()} bytes do not fit a frame of {FRAME_BYTES}"
            raise Away(words, handed_over=False)
        waiting = self._calls.open(ask.id)
        try:
            self._outbox.say(frame)
            if body:
                self._outbox.send_body(ask.id, body)
        except Full as full:
            self._calls.forget(ask.id)
            raise Away(str(full), handed_over=False) from None
        return waiting

    def cancel(self, interaction_id: str) -> None:
        """Wants nothing more of an interaction. Without a session nobody can be told."""
        if self.standing.is_set():
            self._say_cancel(app.Cancel(interaction_id=interaction_id))

    def _give_up(self, call: int) -> None:
        self._say_cancel(app.Cancel(id=call))

    def _say_cancel(self, cancel: app.Cancel) -> None:
        try:
            self._outbox.say(app.AppFrame(cancel=cancel))
        except Full:
            log.debug("nothing is cancelled: the daemon reads too slowly")

    def publish(self, event: common.Event) -> asyncio.Future[app.Published]:
        """Keeps the event until the daemon has it; the future ends then."""
        number = self._calls.next_id()
        waiting: asyncio.Future[app.Published] = asyncio.get_running_loop().create_future()
        self._published[number] = waiting
        for dropped in self._outbox.keep(app.Publish(id=number, event=event)):
            words = "newer events pushed it out while the daemon was away"
            failure = common.Failure(reason=common.REASON_OVER_LIMIT, message=words)
            self._acknowledge(app.Published(id=dropped, failure=failure))
        return waiting

    # --- Hearing -----------------------------------------------------------------------------

    def _heard(self, frame: app.DaemonFrame) -> None:
        self._calls.heard()
        kind = frame.WhichOneof("kind")
        if kind == "intercepted":
            self._calls.answer(frame.intercepted.id, frame.intercepted)
        elif kind == "command":
            self._calls.answer(frame.command.id, frame.command)
        elif kind == "http":
            self._take_http(frame.http)
        elif kind == "chunk":
            self._take_piece(frame)
        elif kind == "choices":
            self._calls.answer(frame.choices.id, frame.choices)
        elif kind == "delta":
            if (listener := self._listeners.get(frame.delta.interaction_id)) is not None:
                listener.piece(frame.delta)
        elif kind == "progress":
            if (listener := self._listeners.get(frame.progress.interaction_id)) is not None:
                listener.progress(frame.progress)
        elif kind == "published":
            self._acknowledge(frame.published)
        elif kind == "request":
            self._desk.take(frame.request, self._answerer())
        elif kind == "credit":
            self._outbox.credited(frame.credit.bytes)
        elif kind == "policies":
            self.policies.replace(frame.policies.hooks)
        elif kind == "catalogue":
            self._take_catalogue(frame.catalogue)
        elif kind == "ui":
            self.board.say(frame.ui)
        elif kind == "event":
            self._take_event(frame.event)
        # Pings are answered where they are read. The rest belongs to features not declared.

    def _take_http(self, answer: app.HttpResponse) -> None:
        if answer.body and self._calls.waits(answer.id):
            self._bodies.open(answer)
        elif not answer.body:
            self._calls.answer(answer.id, answer)

    def _take_piece(self, frame: app.DaemonFrame) -> None:
        try:
            credit = common.Credit(bytes=frame.ByteSize())
            self._outbox.say(app.AppFrame(credit=credit))
        except Full:
            log.warning("credit is not returned: the daemon reads too slowly")
        whole = self._bodies.take(frame.chunk)
        if whole is not None:
            self._calls.answer(whole.id, whole)

    def _acknowledge(self, published: app.Published) -> None:
        self._outbox.acknowledged(published.id)
        waiting = self._published.pop(published.id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(published)

    def _answerer(self) -> Callable[[app.Answer], None]:
        """Answers on the session that asked; the next one asks again under the same key."""
        asked_on = self._session

        def answer(answer: app.Answer) -> None:
            if asked_on != self._session:
                return
            try:
                self._outbox.say(app.AppFrame(answer=answer))
            except Full:
                log.warning("an answer is dropped: the daemon reads too slowly")

        return answer

    def _take_event(self, event: common.Event) -> None:
        try:
            self._outbox.say(app.AppFrame(credit=common.Credit(bytes=event.ByteSize())))
        except Full:
            log.warning("credit is not returned: the daemon reads too slowly")
        if (on_event := self._on_event) is not None:
            guarded("telling of a plugin's event", lambda: on_event(event))

    def _take_catalogue(self, piece: app.Catalogue) -> None:
        catalogue = self.board.list(piece)
        if catalogue is None:
            return
        self.commands = {command.name: command for command in catalogue.commands}
        if (on_catalogue := self._on_catalogue) is not None:
            guarded("telling of commands", lambda: on_catalogue(self.commands))

    # --- Staying connected -------------------------------------------------------------------

    async def _keep(self) -> None:
        failed = 0
        why = ""
        while True:
            # A later daemon, or one that was away, hears again what this one was told.
            self._hello.bots.update(self._desk.bots)
            try:
                await session.run(
                    self._socket, self._hello, self._outbox, self._welcomed, self._heard
                )
            except (session.Lost, Full) as lost:
                failed = 0 if self.standing.is_set() else failed + 1
                if failed <= 1 or str(lost) != why:
                    log.warning("no session with Outboard at %s: %s", self._socket, lost)
                why = str(lost)
            except Exception as error:
                failed += 1
                why = repr(error)
                log.exception("the session with Outboard at %s broke", self._socket)
            finally:
                self._end_session(why)
            await asyncio.sleep(_wait(failed))

    def _welcomed(self, welcome: app.AppWelcome) -> None:
        self._session += 1
        self._outbox.new_session()
        self._calls.connected()
        self.policies.replace(welcome.policies.hooks)
        self.board.begin()
        self._take_catalogue(welcome.catalogue)
        self.standing.set()
        log.info("connected to Outboard %s at %s", welcome.daemon_version, self._socket)

    def _end_session(self, why: str) -> None:
        self.standing.clear()
        self._bodies.clear()
        self._session += 1
        self._desk.session_over()
        self._calls.lost(f"the daemon is away: {why}" if why else "the daemon is away")


def _wait(failed: int) -> float:
    """Doubles from the first wait to the longest; jittered, so that nodes do not come together."""
    wait = min(_LONGEST_WAIT, _FIRST_WAIT * (1 << min(failed, 10)))
    return wait * random.uniform(0.8, 1.2)
