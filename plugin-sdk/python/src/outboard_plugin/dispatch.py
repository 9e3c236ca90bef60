"""From a frame to the author's function, and from what it returns to a frame.

Refuses to know streams and deadlines' passing; the session starts and ends what is made here.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Mapping
from typing import Any

import grpc

from outboard_plugin import verdict
from outboard_plugin.arguments import Arguments
from outboard_plugin.asked import Action, Command, Event, Hook, PluginCall, Typing, hook_of
from outboard_plugin.bodies import Bodies
from outboard_plugin.context import Context, Surroundings
from outboard_plugin.error import (
    Refusal,
    SessionLost,
    failure,
    note,
    of_handler,
    readable,
    told,
    too_large,
)
from outboard_plugin.handlers import Handlers, Kind
from outboard_plugin.http import Request, Response, response_of
from outboard_plugin.interaction import Interaction
from outboard_plugin.outbox import Outbox
from outboard_plugin.reply import Reply, nothing, refuse, reply_of
from outboard_plugin.threads import Threads
from outboard_plugin.wire import CHUNK_BYTES, FRAME_BYTES, common, wire

#: What a handler may raise that costs its own call. `sys.exit` would end the process: argparse, for
#: one, calls it over an argument that it does not like.
_RAISED = (Exception, SystemExit)


class Missing(Exception):
    """The plugin has no handler for what it was asked."""


class Dispatch:
    """Runs the handlers of one session."""

    def __init__(self, handlers: Handlers, threads: Threads, outbox: Outbox) -> None:
        self._handlers = handlers
        self._threads = threads
        self._outbox = outbox
        self._arguments: dict[tuple[Kind, str], Arguments] = {}
        self.bodies = Bodies()

    async def call(self, call: wire.Call, around: Surroundings) -> None:
        """Runs a call's handler and says what came of it, exactly once."""
        kind = call.WhichOneof("of")
        answer: Callable[[wire.Call, Surroundings], Awaitable[wire.Reply | None]] | None = {
            "intercept": self._intercept,
            "command": self._command,
            "ui": self._action,
            "autocomplete": self._autocomplete,
            "plugin": self._plugin_call,
            "http": self._http,
        }.get(kind or "")
        try:
            if answer is None:
                raise Missing("this kind of call")
            reply = await answer(call, around)
        except Missing as missing:
            reply = wire.Reply(failure=_not_supported(missing))
        except _RAISED as error:
            note()
            reply = wire.Reply(failure=of_handler(error))
        if reply is not None:
            reply.call = call.id
            self._outbox.push(wire.PluginFrame(reply=_fitting(reply)))

    async def event(self, delivery: wire.Delivery, around: Surroundings) -> None:
        """Runs an event's handler and acknowledges it."""
        ack = wire.Ack(delivery=delivery.delivery)
        event = delivery.event
        of_schedule = event.WhichOneof("of") == "schedule"
        kind, name = (
            (Kind.SCHEDULE, event.schedule.name)
            if of_schedule
            else (
                Kind.EVENT,
                event.type,
            )
        )
        try:
            await self._run(kind, name, Event(around, delivery))
        except Missing as missing:
            ack.failure.CopyFrom(_not_supported(missing))
        except _RAISED as error:
            note()
            ack.failure.CopyFrom(of_handler(error))
        self._outbox.push(wire.PluginFrame(ack=ack))

    # --- One for each kind of call ------------------------------------------------------------

    async def _intercept(self, call: wire.Call, around: Surroundings) -> wire.Reply:
        payload = call.intercept.payload
        returned = await self._run(Kind.HOOK, hook_of(payload), Hook(around, payload))
        return wire.Reply(hook=verdict.answer_of(returned, payload))

    async def _command(self, call: wire.Call, around: Surroundings) -> wire.Reply:
        command = Command(around, call.id, call.command, self._outbox)
        name = f"{command.name} {command.subcommand}".rstrip()
        if self._handlers.get(Kind.COMMAND, name) is None:
            name = command.name
        return await self._interact(Kind.COMMAND, name, command, command.args)

    async def _action(self, call: wire.Call, around: Surroundings) -> wire.Reply:
        action = Action(around, call.id, call.ui, self._outbox)
        if action.modal:
            return await self._interact(Kind.MODAL, action.modal, action, action.values)
        return await self._interact(Kind.ACTION, action.component, action, action.values)

    async def _interact(
        self, kind: Kind, name: str, asked: Interaction, values: Mapping[str, Any]
    ) -> wire.Reply:
        function = self._handlers.get(kind, name)
        if function is None:
            raise Missing(f"{kind.value} {name}")
        if (kind, name) not in self._arguments:
            self._arguments[kind, name] = Arguments(function)
        try:
            named = self._arguments[kind, name].bind(values)
            if inspect.isasyncgenfunction(function):
                reply = await _streamed(asked, function(asked, **named))
            else:
                returned = await self._run(kind, name, asked, **named)
                # What was pressed shows itself; a command that says nothing has forgotten to.
                is_shown = returned is None and kind is not Kind.COMMAND
                reply = nothing() if is_shown else reply_of(returned)
        except Refusal as refusal:
            reply = refuse(readable(refusal))
        return wire.Reply(interaction=reply.wire)

    async def _autocomplete(self, call: wire.Call, around: Surroundings) -> wire.Reply:
        asked = call.autocomplete
        words = (asked.command, asked.subcommand, asked.argument)
        name = " ".join(word for word in words if word)
        offered = await self._run(Kind.AUTOCOMPLETE, name, Typing(around, asked))
        return wire.Reply(choices=wire.Choices(choices=offered))

    async def _plugin_call(self, call: wire.Call, around: Surroundings) -> wire.Reply:
        asked = PluginCall(around, call.plugin)
        return wire.Reply(json=json.dumps(await self._run(Kind.METHOD, asked.method, asked)))

    async def _http(self, call: wire.Call, around: Surroundings) -> wire.Reply | None:
        asked = call.http
        pipe = self.bodies.open(asked.body) if asked.body else None
        try:
            request = Request(around, asked, pipe)
            response = response_of(await self._run(Kind.HTTP, asked.route, request))
            if isinstance(response.content, bytes) and len(response.content) <= CHUNK_BYTES:
                head = _head(response)
                head.content = response.content
                return wire.Reply(http=head)
            await self._in_pieces(call.id, response)
            return None
        finally:
            self.bodies.forget(asked.body)

    # --- Running ------------------------------------------------------------------------------

    async def _run(self, kind: Kind, name: str, asked: Context, /, **named: Any) -> Any:
        function = self._handlers.get(kind, name)
        if function is None:
            raise Missing(f"{kind.value} {name}")
        try:
            return await self._threads.invoke(function, asked, **named)
        finally:
            asked.end()

    async def _in_pieces(self, call: int, response: Response) -> None:
        """The head, then piece after piece."""
        stream = self._outbox.next_stream()
        head = _head(response)
        head.body = stream
        reply = wire.Reply(call=call, http=head)
        self._outbox.push(wire.PluginFrame(reply=_fitting(reply)))
        try:
            async for piece in _pieces(response.content):
                for at in range(0, len(piece), CHUNK_BYTES):
                    data = piece[at : at + CHUNK_BYTES]
                    await self._outbox.send_chunk(common.Chunk(stream=stream, data=data))
            end = common.Chunk(stream=stream, last=True)
        except SessionLost:
            return None
        except asyncio.CancelledError:
            self._break_off(stream, "there was no time for the rest")
            raise
        except _RAISED as error:
            note()
            return self._break_off(stream, told(error))
        # Without data it needs next to no credit.
        return self._outbox.push(wire.PluginFrame(chunk=end))

    def _break_off(self, stream: int, why: str) -> None:
        self._outbox.push(wire.PluginFrame(chunk=common.Chunk(stream=stream, abort=why)))


async def _streamed(asked: Interaction, pieces: AsyncGenerator[str, None]) -> Reply:
    """A command's handler that yields its reply piece by piece."""
    stream = asked.stream()
    try:
        # Cancelled between two pieces, it still cleans up at once.
        async with contextlib.aclosing(pieces):
            async for piece in pieces:
                await stream.push(piece)
    finally:
        asked.end()
    return stream.finish()


async def _pieces(content: bytes | AsyncIterable[bytes] | str) -> AsyncIterable[bytes]:
    if isinstance(content, str):
        yield content.encode()
    elif isinstance(content, bytes):
        yield content
    else:
        async for piece in content:
            yield piece


def _head(response: Response) -> wire.HttpResponse:
    return wire.HttpResponse(status=response.status, headers=response.headers)


def _fitting(reply: wire.Reply) -> wire.Reply:
    # The frame's own bytes around it.
    size = reply.ByteSize() + 8
    if size <= FRAME_BYTES:
        return reply
    return wire.Reply(call=reply.call, failure=too_large("the answer", size))


def _not_supported(missing: Missing) -> common.Failure:
    text = f"the plugin has no handler for {missing}"
    return failure(grpc.StatusCode.UNIMPLEMENTED, common.REASON_NOT_SUPPORTED, text)
