"""The way to the daemon that every handler of one process shares.

Carries the host API's calls and remembers what the daemon said of itself. Refuses to know the
session's stream.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol, TypeVar

import grpc.aio

from outboard_plugin.cause import Cause
from outboard_plugin.error import HostError, SessionLost, host_error
from outboard_plugin.places import Known
from outboard_plugin.usage import Usage
from outboard_plugin.wire import CALL_KEY, TOKEN_KEY, Metadata, wire

#: Seconds that a call on the plugin's own account may take. One with a cause ends with it.
_OWN_CALL = 30.0


class Message(Protocol):
    """A message of the wire."""

    def SerializeToString(self) -> bytes: ...  # noqa: N802

    @classmethod
    def FromString(cls, data: bytes) -> Any: ...  # noqa: N802


M = TypeVar("M", bound=Message)


class Link:
    """The shared way to the daemon."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._channel: grpc.aio.Channel | None = None
        self._standing = asyncio.Event()
        self._deferred: dict[str, set[asyncio.Task[Any]]] = {}
        self.session = 0
        #: Replaced as a whole, never changed: handlers of other threads read it.
        self.welcome = wire.Welcome()
        #: The loop that all but plain handlers run in, once a session stands.
        self.loop: asyncio.AbstractEventLoop | None = None
        self._forsaken: grpc.aio.Channel | None = None
        #: What settings count where.
        self.known = Known(self)
        #: What the plugin notes of its own use.
        self.usage = Usage(self)

    @property
    def metadata(self) -> Metadata:
        """What every RPC carries."""
        return ((TOKEN_KEY, self._token),)

    # --- The session's part -------------------------------------------------------------------

    def begin(self, channel: grpc.aio.Channel, welcome: wire.Welcome) -> None:
        """A session stands; calls of earlier ones are no cause any more."""
        self._channel = channel
        self.session = welcome.session
        self.welcome = welcome
        self.loop = asyncio.get_running_loop()
        self.known.forget()
        self._standing.set()
        self.usage.begin()

    def update(self, **changed: Any) -> None:
        """The daemon says otherwise of these fields of its welcome."""
        welcome = wire.Welcome()
        welcome.CopyFrom(self.welcome)
        for name in changed:
            welcome.ClearField(name)
        welcome.MergeFrom(wire.Welcome(**changed))
        self.welcome = welcome

    def end(self) -> None:
        """The session is over."""
        self._standing.clear()
        self._channel = None
        self.session = 0

    def forsake(self, channel: grpc.aio.Channel) -> None:
        """The channel of a lost session is about to be closed, under whoever still waits on it."""
        self._forsaken = channel

    # --- The host API -------------------------------------------------------------------------

    async def ask(
        self, method: str, request: Message, answer: type[M], cause: Cause, *, at_most: float = 0
    ) -> M:
        """Asks `Service/Method`; raises HostError. `at_most` seconds, if not 0."""
        channel = await self._way(cause)
        with self._told(channel):
            rpc = channel.unary_unary(
                f"/outboard.plugin.v1.{method}",
                request_serializer=type(request).SerializeToString,
                response_deserializer=answer.FromString,
            )
            timeout = at_most or _time(cause)
            answered: M = await rpc(request, metadata=self._for(cause), timeout=timeout)
            return answered

    async def pour(
        self,
        method: str,
        pieces: AsyncIterator[Message],
        answer: type[M],
        cause: Cause,
        *,
        at_most: float,
    ) -> M:
        """Sends a stream of pieces to a method, and gives what it answers; raises HostError."""
        channel = await self._way(cause)
        with self._told(channel):
            rpc = channel.stream_unary(
                f"/outboard.plugin.v1.{method}",
                request_serializer=lambda piece: piece.SerializeToString(),
                response_deserializer=answer.FromString,
            )
            call = rpc(pieces, metadata=self._for(cause), timeout=at_most)
            try:
                answered = await call
            finally:
                call.cancel()
        return answered  # type: ignore[no-any-return]

    async def listen(
        self,
        method: str,
        request: Message,
        answer: type[M],
        cause: Cause,
        *,
        at_most: float | None = None,
    ) -> AsyncIterator[M]:
        """What a method with a stream of answers says, until it ends; raises HostError."""
        channel = await self._way(cause)
        with self._told(channel):
            rpc = channel.unary_stream(
                f"/outboard.plugin.v1.{method}",
                request_serializer=type(request).SerializeToString,
                response_deserializer=answer.FromString,
            )
            call = rpc(request, metadata=self._for(cause), timeout=at_most)
            try:
                async for message in call:
                    yield message
            finally:
                call.cancel()

    @contextlib.contextmanager
    def _told(self, channel: grpc.aio.Channel) -> Iterator[None]:
        """Whatever went wrong with a call is a HostError."""
        try:
            yield
        except grpc.aio.AioRpcError as error:
            raise host_error(error) from None
        except (grpc.aio.UsageError, asyncio.InvalidStateError):
            # The channel was closed under the call, with its session.
            raise SessionLost from None
        except asyncio.CancelledError:
            # Closing a channel cancels its calls, and gRPC tells whoever waits for one as if the
            # waiting task had been cancelled.
            if self._forsaken is channel:
                raise SessionLost from None
            raise

    async def _way(self, cause: Cause) -> grpc.aio.Channel:
        if cause.session and cause.session != self.session:
            # Ids start anew in each session: an old one would name a stranger's call.
            raise SessionLost
        if self._channel is None:
            # A session that was lost comes back within two seconds, or the process ends.
            try:
                await asyncio.wait_for(self._standing.wait(), 3)
            except asyncio.TimeoutError:
                raise HostError("", "there is no session with the daemon") from None
        assert self._channel is not None, "a standing session has a channel"
        return self._channel

    def _for(self, cause: Cause) -> Metadata:
        return (*self.metadata, (CALL_KEY, cause.key)) if cause.key else self.metadata

    # --- Deferred interactions ----------------------------------------------------------------

    def join(self, interaction: str, task: asyncio.Task[Any]) -> None:
        """The task works on a deferred interaction, and is cancelled with it."""
        tasks = self._deferred.setdefault(interaction, set())
        tasks.add(task)

        def leave(_: asyncio.Task[Any]) -> None:
            tasks.discard(task)
            if not tasks and self._deferred.get(interaction) is tasks:
                del self._deferred[interaction]

        task.add_done_callback(leave)

    def cancel_interaction(self, interaction: str) -> None:
        """Nobody wants more of it."""
        for task in list(self._deferred.get(interaction, ())):
            task.cancel()

    def deferred(self) -> list[asyncio.Task[Any]]:
        """All that works on deferred interactions."""
        return [task for tasks in self._deferred.values() for task in tasks]


def _time(cause: Cause) -> float | None:
    # With a cause the daemon knows how long is left of it.
    return None if cause.key else _OWN_CALL
