"""The plugin's side of Outboard's protocol in one file, as docs/protocol.md tells it.

Dials, says hello, answers calls and events, returns credit, comes back after a lost stream, stops
when told. Refuses to know what the handlers do.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import grpc
import grpc.aio

from outboard.common.v1 import common_pb2 as common
from outboard.common.v1 import settings_pb2 as common_settings
from outboard.plugin.v1 import community_pb2_grpc as community
from outboard.plugin.v1 import plugin_pb2 as wire
from outboard.plugin.v1 import plugin_pb2_grpc as services
from outboard.plugin.v1 import settings_pb2 as host
from outboard.plugin.v1 import settings_pb2_grpc as host_services
from outboard.plugin.v1 import ui_pb2_grpc as ui_services
from outboard.plugin.v1 import usage_pb2 as usage
from outboard.plugin.v1 import usage_pb2_grpc as usage_services

FRAME_BYTES = 65_536
DECODE_BYTES = 128 * 1024

# After this long without a session the daemon ends the process, so there is no point in trying on.
RECONNECT_WITHIN = 2.0

# The hello was refused, or this generation is over: trying again would not help.
FINAL = (grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.UNAUTHENTICATED)

OnCall = Callable[[wire.Call, "Session"], Awaitable[wire.Reply]]
OnSettings = Callable[[dict[str, object], dict[str, object]], Awaitable[None]]
OnEvent = Callable[[wire.Delivery, "Session"], Awaitable[None]]
OnGrants = Callable[[list[str]], Awaitable[None]]
OnMilestone = Callable[[wire.Lifecycle, "Session"], Awaitable[None]]


@dataclass
class Plugin:
    """What the plugin is and handles; the manifest must say the same."""

    name: str
    version: str
    hooks: Mapping[str, OnCall] = field(default_factory=dict)
    events: Mapping[str, OnEvent] = field(default_factory=dict)
    commands: Mapping[str, OnCall] = field(default_factory=dict)
    # Told before and after of a change; raising refuses it.
    on_settings: OnSettings | None = None
    # Told once per version: installed, upgraded, uninstalled.
    milestone: OnMilestone | None = None
    # Told what it may do from now on, "messages:send@channels=town-*".
    on_grants: OnGrants | None = None
    # By component; the manifest declares components, not what is done to them.
    actions: Mapping[str, OnCall] = field(default_factory=dict)

    def hello(self) -> wire.PluginFrame:
        kinds = (
            (wire.HANDLER_KIND_HOOK, self.hooks),
            (wire.HANDLER_KIND_EVENT, self.events),
            (wire.HANDLER_KIND_COMMAND, self.commands),
        )
        handlers = [wire.Handler(kind=kind, name=name) for kind, of in kinds for name in of]
        return wire.PluginFrame(
            hello=wire.Hello(
                protocol="1",
                name=self.name,
                version=self.version,
                sdk="plain-grpcio",
                features=["lifecycle", "settings", "grants"],
                handlers=handlers,
            )
        )

    async def run(self) -> int:
        """Serves until told to stop. The process's exit code."""
        stopping = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
        lost_at = time.monotonic()
        while time.monotonic() - lost_at < RECONNECT_WITHIN:
            session = Session(self, stopping)
            why = await session.live()
            if stopping.is_set():
                return 0
            print(f"no session: {why}", flush=True)
            if session.refused:
                return 1
            if session.welcomed:
                lost_at = time.monotonic()
            await asyncio.sleep(0.1)
        return 1


class Session:
    """One life of the stream."""

    def __init__(self, plugin: Plugin, stopping: asyncio.Event) -> None:
        self.plugin = plugin
        self.stopping = stopping
        self.welcomed = False
        self.refused = False
        self.metadata = (("outboard-token", os.environ["OUTBOARD_TOKEN"]),)
        self.frames: asyncio.Queue[wire.PluginFrame] = asyncio.Queue(maxsize=1024)
        # What counts on the whole server, and whether something counts for less than that.
        self.settings: dict[str, object] = {}
        self.narrowed = False
        self.running: dict[int, asyncio.Task[None]] = {}
        self.under_way: set[asyncio.Task[None]] = set()

    async def live(self) -> str:
        """Lives until the stream ends or the plugin stops; why it ended."""
        options = [
            # Else grpcio sends the socket's path as :authority, which the daemon's HTTP/2 refuses.
            ("grpc.default_authority", "localhost"),
            ("grpc.max_receive_message_length", DECODE_BYTES),
            ("grpc.enable_http_proxy", 0),
        ]
        address = "unix://" + os.environ["OUTBOARD_SOCKET"]
        async with grpc.aio.insecure_channel(address, options=options) as channel:
            self.messages = services.MessagesStub(channel)
            self.storage = services.StorageStub(channel)
            self.usage = usage_services.UsageStub(channel)
            self.channels = community.ChannelsStub(channel)
            self.host_settings = host_services.SettingsStub(channel)
            self.ui = ui_services.UiStub(channel)
            stream = services.PluginStub(channel).Session(metadata=self.metadata)
            halves = [
                asyncio.ensure_future(half)
                for half in (self.read(stream), self.write(stream), self.stopping.wait())
            ]
            done, _ = await asyncio.wait(halves, return_when=asyncio.FIRST_COMPLETED)
            for task in [*halves, *self.under_way]:
                task.cancel()
            await asyncio.gather(*halves, *self.under_way, return_exceptions=True)
            return " ".join(self.why(task) for task in done)

    def why(self, ended: asyncio.Task[object]) -> str:
        if ended.cancelled() or (error := ended.exception()) is None:
            return "the daemon closed the stream"
        if isinstance(error, grpc.aio.AioRpcError):
            self.refused = error.code() in FINAL
            return f"{error.code().name}: {error.details()}"
        return repr(error)

    # --- The two directions ------------------------------------------------------------------

    async def write(self, stream) -> None:
        await stream.write(self.plugin.hello())
        while True:
            frame = await self.frames.get()
            await stream.write(frame)

    async def read(self, stream) -> None:
        """Reads frames and never runs a handler itself, so that pings are answered at once."""
        async for frame in stream:
            kind = frame.WhichOneof("kind")
            if kind == "ping":
                await self.say(pong=common.Pong(nonce=frame.ping.nonce))
            elif kind == "call":
                self.running[frame.call.id] = self.begin(self.answer(frame.call))
            elif kind == "event":
                # Returned as it is taken off the stream, whatever becomes of it.
                await self.say(credit=common.Credit(bytes=frame.ByteSize()))
                self.begin(self.deliver(frame.event))
            elif kind == "chunk":
                await self.say(credit=common.Credit(bytes=frame.ByteSize()))
            elif kind == "cancel":
                if (task := self.running.get(frame.cancel.call)) is not None:
                    task.cancel()
            elif kind == "welcome":
                self.welcomed = True
                self.settings = json.loads(frame.welcome.settings)
                self.narrowed = frame.welcome.settings_narrowed
                # Here a plugin would initialize, unless frame.welcome.resumed.
                await self.say(ready=wire.Ready())
            elif kind == "settings":
                self.begin(self.change_settings(frame.settings))
            elif kind == "grants":
                if self.plugin.on_grants is not None:
                    self.begin(self.plugin.on_grants(list(frame.grants.scoped_grants)))
            elif kind == "lifecycle":
                self.begin(self.pass_milestone(frame.lifecycle))
            elif kind == "shutdown":
                self.stopping.set()
            # drain: nothing new comes; what is under way goes on. The rest is not needed here.

    async def say(self, **frame) -> None:
        await self.frames.put(wire.PluginFrame(**frame))

    def begin(self, work) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return task

    # --- Handlers ----------------------------------------------------------------------------

    async def answer(self, call: wire.Call) -> None:
        """Exactly one reply per call, unless it was cancelled: then nobody listens."""
        try:
            async with asyncio.timeout(call.budget_us / 1e6):
                reply = await self.handler(call)(call, self)
        except Exception as error:
            reply = wire.Reply(failure=failure(error))
        finally:
            self.running.pop(call.id, None)
        reply.call = call.id
        if reply.ByteSize() > FRAME_BYTES - 16:
            large = common.Failure(code=8, reason=common.REASON_FRAME_TOO_LARGE)
            reply = wire.Reply(call=call.id, failure=large)
        await self.say(reply=reply)

    def handler(self, call: wire.Call) -> OnCall:
        if call.WhichOneof("of") == "command":
            return self.plugin.commands[call.command.name]
        if call.WhichOneof("of") == "ui":
            return self.plugin.actions[call.ui.component]
        # The payload's branch names the hook.
        branch = call.intercept.payload.WhichOneof("of")
        return self.plugin.hooks["message." + branch]

    async def deliver(self, delivery: wire.Delivery) -> None:
        ack = wire.Ack(delivery=delivery.delivery)
        try:
            await self.plugin.events[delivery.event.type](delivery, self)
        except Exception as error:
            ack.failure.CopyFrom(failure(error))
        await self.say(ack=ack)

    async def change_settings(self, changed: wire.SettingsChanged) -> None:
        """Somebody has saved something: exactly one answer, within the budget."""
        ack = wire.SettingsAck(change=changed.change)
        before, after = json.loads(changed.before), json.loads(changed.after)
        try:
            if self.plugin.on_settings is not None:
                async with asyncio.timeout(changed.budget_us / 1e6 * 0.9):
                    await self.plugin.on_settings(before, after)
        except Exception as error:
            ack.refused, ack.reason = True, str(error) or "out of time"
        else:
            self.narrowed = changed.narrowed
            if changed.place.scope == common_settings.SETTINGS_SCOPE_SERVER:
                self.settings = after
        await self.say(settings=ack)

    async def settings_at(self, workspace: str, channel: str, user: str) -> dict[str, object]:
        """What counts at one place: asked for only where something is narrowed. An SDK would keep
        the answer until the next change."""
        if not self.narrowed:
            return self.settings
        request = host.SettingsGetRequest(workspace=workspace, channel=channel, user=user)
        answer = await self.host_settings.Get(request, metadata=self.metadata, timeout=5)
        return json.loads(answer.json)

    async def pass_milestone(self, told: wire.Lifecycle) -> None:
        """Told again at the next start unless it is acknowledged without a failure."""
        ack = wire.LifecycleAck(id=told.id)
        try:
            if self.plugin.milestone is not None:
                await self.plugin.milestone(told, self)
        except Exception as error:
            ack.failure.CopyFrom(failure(error))
        await self.say(lifecycle=ack)

    async def reply(self, request: wire.ReplyRequest, *, handling: str) -> wire.SendResponse:
        """Host API: a message into the channel of what is being handled."""
        return await self.messages.Reply(request, **self.handling(handling))

    def track(self, action: str, **metadata: str) -> None:
        """Notes that something was used. Nobody waits for it, and that it failed hurts nobody."""
        noting = asyncio.create_task(self._note(usage.TrackedUse(action=action, metadata=metadata)))
        self.under_way.add(noting)
        noting.add_done_callback(self.under_way.discard)

    async def _note(self, use: usage.TrackedUse) -> None:
        with contextlib.suppress(grpc.aio.AioRpcError):
            request = usage.TrackRequest(uses=[use])
            await self.usage.Track(request, metadata=self.metadata, timeout=5)

    def handling(self, what: str) -> dict[str, object]:
        """What every call of the host API carries: the token, and what is being handled."""
        return {"metadata": (*self.metadata, ("outboard-call", what)), "timeout": 5}


def failure(error: Exception) -> common.Failure:
    print(f"a handler failed: {error!r}", flush=True)
    return common.Failure(code=13, reason=common.REASON_HANDLER_FAILED, message=str(error))
