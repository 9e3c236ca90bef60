"""What plugins ask of the app: carried out in order per channel, each key once.

Refuses to know how the app sends a message, or which session the answer goes to.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from outboard_app import operations
from outboard_app.growing import Growing
from outboard_app.operations import Carries
from outboard_app.wire import app, common

log = logging.getLogger("outboard_app")

#: Requests under way or waiting for their channel's turn.
_UNDER_WAY = 256

#: Keys of carried-out requests that are remembered, and for how long, in seconds.
_KEYS = 10_000
_KEY_AGE = 24 * 3600.0

# google.rpc.Code
_FAILED_PRECONDITION = 9
_INTERNAL = 13
_NOT_FOUND = 5
_PERMISSION_DENIED = 7
_UNIMPLEMENTED = 12
_RESOURCE_EXHAUSTED = 8


@dataclass(frozen=True)
class SendRequest:
    """A message that a plugin wants sent, as its bot."""

    plugin: str
    version: str
    bot_username: str
    bot_display_name: str
    workspace: str
    #: Complete but for its id.
    message: common.Message
    #: The same key twice means the same request.
    key: str
    #: From 1.
    attempt: int


class Refusal(Exception):
    """Raised by a handler: the app will not do it. The plugin hears the words."""

    code = _FAILED_PRECONDITION
    reason = common.REASON_APP_REFUSED


class NotFound(Refusal):
    """There is no such message, person or channel."""

    code = _NOT_FOUND
    reason = common.REASON_NOT_FOUND


class NotItsOwn(Refusal):
    """It is somebody else's message, and the plugin may change its own only."""

    code = _PERMISSION_DENIED
    reason = common.REASON_NOT_ITS_OWN


@dataclass(frozen=True)
class FollowUp:
    """What a plugin says to a command or an action that it deferred."""

    plugin: str
    version: str
    bot_username: str
    bot_display_name: str
    workspace: str
    #: The app's own name for what was deferred.
    interaction_id: str
    #: Chosen by the plugin.
    seq: int
    #: What it says, and to whom.
    reply: common.InteractionReply
    #: Where the command was run, by whom, in which thread.
    channel: common.Channel
    user: common.Sender
    thread_root: str
    #: Nothing follows it.
    last: bool
    #: The same key twice means the same request.
    key: str
    #: From 1.
    attempt: int


@dataclass(frozen=True)
class Decided:
    """What became of something that a plugin held."""

    #: Who held it.
    plugin: str
    version: str
    bot_username: str
    bot_display_name: str
    workspace: str
    #: As the verdict had it: `Outcome.held.id`.
    id: str
    queue: str
    #: The hook that was asked.
    hook: str
    #: What it was asked about, as plugins before had left it.
    payload: common.HookPayload
    #: Do it, as the payload says; or do not, because of `reason`.
    released: bool
    #: Who decided: "operator", "expiry", "deletion" or "plugin:NAME".
    by: str
    #: With a drop: the words for the person who acted.
    reason: str
    #: With a drop: for programs, such as "HOLD_EXPIRED".
    code: str
    #: The same key twice means the same request.
    key: str
    #: From 1.
    attempt: int


OnSend = Callable[[SendRequest], Awaitable[str]]
OnFollowUp = Callable[[FollowUp], Awaitable[str]]
OnDecided = Callable[[Decided], Awaitable[str]]
#: The app's id of a bot's account, by plugin and bot_username; "" where it has none.
BotAccount = Callable[[str, str], str]
Reply = Callable[[app.Answer], None]
Work = Callable[[], Awaitable[app.Answer]]


class Desk:
    """Carries out requests with the app's handlers."""

    def __init__(
        self,
        on_send: OnSend | None,
        on_follow_up: OnFollowUp | None,
        clock: Callable[[], float],
        on_decided: OnDecided | None = None,
        carries: Carries | None = None,
        bot_account: BotAccount | None = None,
    ) -> None:
        self._bot_account = bot_account
        #: Accounts of bots that the daemon was told of, for the next hello.
        self.bots: dict[str, str] = {}
        self._growing = Growing()
        self._session = 0
        self._carries = carries or Carries()
        self._on_send = on_send
        self._on_follow_up = on_follow_up
        self._on_decided = on_decided
        self._clock = clock
        self._done: OrderedDict[tuple[str, str], tuple[float, app.Answer]] = OrderedDict()
        self._by_key: dict[tuple[str, str], asyncio.Task[app.Answer]] = {}
        self._last_in_line: dict[tuple[str, str], asyncio.Task[app.Answer]] = {}
        self._working: set[asyncio.Task[app.Answer]] = set()
        self._answering: set[asyncio.Task[None]] = set()
        self._closed = False

    def take(self, request: app.Request, reply: Reply) -> None:
        """Begins to carry out `request`; `reply` is called once, later."""
        if len(self._answering) >= _UNDER_WAY:
            reply(_failed(request, _RESOURCE_EXHAUSTED, common.REASON_OVER_LIMIT, "too many"))
            return
        answering = asyncio.ensure_future(self._answer(request, reply, self._session))
        self._answering.add(answering)
        answering.add_done_callback(self._answering.discard)

    async def close(self) -> None:
        """Gives up what is under way or still waiting."""
        self._closed = True
        tasks = [*self._answering, *self._working]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def session_over(self) -> None:
        """The daemon ends nothing any more of what it had begun: it is ended here."""
        self._session += 1
        self._abandon(self._session - 1)

    def _abandon(self, session: int) -> None:
        for end in self._growing.abandon(session):
            self.take(end, _nobody)

    async def _answer(self, request: app.Request, reply: Reply, session: int) -> None:
        work = self._work(request)
        if work is None:
            asked = request.WhichOneof("of") or "this"
            words = f"this app does not carry out {asked!r} for plugins"
            reply(_failed(request, _UNIMPLEMENTED, common.REASON_APP_UNSUPPORTED, words))
            return
        working = self._once(request, work)
        try:
            # Shielded: whoever asks again with the same key waits for the same work.
            done = await asyncio.shield(working)
        except Refusal as refusal:
            reply(_failed(request, refusal.code, refusal.reason, str(refusal)))
        except asyncio.CancelledError:
            if self._closed or not working.cancelled():
                raise
            words = "the app gave it up before it was done"
            reply(_failed(request, _INTERNAL, common.REASON_INTERNAL, words))
        except Exception:
            log.exception("could not carry out what plugin %s asked", request.asker.plugin)
            words = "the app failed to carry it out; its log says why"
            reply(_failed(request, _INTERNAL, common.REASON_INTERNAL, words))
        else:
            self._growing.carried_out(session, request, done)
            if session != self._session:
                # It began too late for its session's end.
                self._abandon(session)
            answer = app.Answer(id=request.id)
            answer.MergeFrom(done)
            answer.bot_user_id = self._account(request.asker)
            reply(answer)

    def _account(self, asker: app.Asker) -> str:
        """Of the bot that has just been asked for something, which may have made it."""
        if self._bot_account is None:
            return ""
        account = self._bot_account(asker.plugin, asker.bot_username or asker.plugin)
        if account:
            self.bots[asker.bot_username] = account
        return account

    def _work(self, request: app.Request) -> Work | None:
        """The app's own code for it, ready to begin."""
        if request.HasField("send") and (on_send := self._on_send) is not None:
            return lambda: _sent(on_send(_asked(request)))
        if request.HasField("follow_up") and (on_follow_up := self._on_follow_up) is not None:
            return lambda: _sent(on_follow_up(_followed_up(request)))
        if request.HasField("decided") and (on_decided := self._on_decided) is not None:
            return lambda: _sent(on_decided(_decided(request)))
        return operations.work(self._carries, request)

    def _once(self, request: app.Request, work: Work) -> asyncio.Task[app.Answer]:
        kept = operations.is_kept(request)
        key = (request.asker.plugin, request.idempotency_key if kept else "")
        if key[1] and (known := self._by_key.get(key)) is not None:
            return known
        line = (request.workspace, _order_of(request))
        task = asyncio.ensure_future(self._in_turn(work, key, self._last_in_line.get(line)))
        self._working.add(task)
        if key[1]:
            self._by_key[key] = task
        self._last_in_line[line] = task
        task.add_done_callback(lambda done: self._finished(key, line, done))
        return task

    async def _in_turn(
        self, work: Work, key: tuple[str, str], before: asyncio.Task[app.Answer] | None
    ) -> app.Answer:
        if (known := self._remembered(key)) is not None:
            return known
        if before is not None:
            await asyncio.wait([before])
        answer = await work()
        self._remember(key, answer)
        return answer

    def _finished(
        self, key: tuple[str, str], line: tuple[str, str], task: asyncio.Task[app.Answer]
    ) -> None:
        self._working.discard(task)
        if self._by_key.get(key) is task:
            del self._by_key[key]
        if self._last_in_line.get(line) is task:
            del self._last_in_line[line]
        if not task.cancelled():
            task.exception()  # seen: whoever waits has it too

    def _remembered(self, key: tuple[str, str]) -> app.Answer | None:
        at, answer = self._done.get(key, (0.0, None))
        fresh = key in self._done and self._clock() - at < _KEY_AGE
        return answer if fresh else None

    def _remember(self, key: tuple[str, str], answer: app.Answer) -> None:
        if key[1]:
            self._done[key] = (self._clock(), answer)
        while len(self._done) > _KEYS:
            self._done.popitem(last=False)


def _nobody(_: app.Answer) -> None:
    """Nobody waits for this answer."""


def _asked(request: app.Request) -> SendRequest:
    return SendRequest(**operations.who_asks(request), message=request.send.message)


def _followed_up(request: app.Request) -> FollowUp:
    said = request.follow_up
    return FollowUp(
        **operations.who_asks(request),
        interaction_id=said.interaction_id,
        seq=said.seq,
        reply=said.reply,
        channel=said.channel,
        user=said.user,
        thread_root=said.thread_root,
        last=said.last,
    )


def _decided(request: app.Request) -> Decided:
    decided = request.decided
    why = decided.dropped.reason
    return Decided(
        **(operations.who_asks(request) | {"plugin": decided.plugin}),
        id=decided.id,
        queue=decided.queue,
        hook=decided.hook,
        payload=decided.payload,
        released=decided.HasField("released"),
        by=decided.by,
        reason=why.text,
        code=why.code,
    )


def _order_of(request: app.Request) -> str:
    """What it is carried out in the order of: the channel, mostly; "" where it is about none."""
    if request.HasField("follow_up"):
        return request.follow_up.channel.id
    if not request.HasField("decided"):
        return operations.order_of(request)
    payload = request.decided.payload
    of = payload.WhichOneof("of")
    if of == "before_post":
        return payload.before_post.channel.id
    if of == "before_edit":
        return payload.before_edit.message.channel.id
    if of == "before_delete":
        return payload.before_delete.stored.channel.id
    if of in ("before_reaction", "before_upload", "before_join", "before_create"):
        return str(getattr(payload, of).channel.id)
    return ""


async def _sent(sending: Awaitable[str]) -> app.Answer:
    """What becomes a message is answered with its id."""
    return app.Answer(sent=app.Sent(message_id=await sending))


def _failed(request: app.Request, code: int, reason: common.Reason, words: str) -> app.Answer:
    failure = common.Failure(code=code, reason=reason, message=words)
    return app.Answer(id=request.id, failure=failure)
