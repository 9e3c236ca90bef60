"""A daemon that starts the plugin as the real one would, and says what a test tells it to.

Refuses to know what the plugin does with messages.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import grpc
import grpc.aio
import pytest

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from outboard.common.v1 import common_pb2 as common  # noqa: E402
from outboard.common.v1 import operations_pb2 as operations  # noqa: E402
from outboard.plugin.v1 import community_pb2_grpc as community  # noqa: E402
from outboard.plugin.v1 import plugin_pb2 as wire  # noqa: E402
from outboard.plugin.v1 import plugin_pb2_grpc as services  # noqa: E402
from outboard.plugin.v1 import settings_pb2 as host  # noqa: E402
from outboard.plugin.v1 import settings_pb2_grpc as host_services  # noqa: E402
from outboard.plugin.v1 import ui_pb2 as wire_ui  # noqa: E402
from outboard.plugin.v1 import ui_pb2_grpc as ui_services  # noqa: E402
from outboard.plugin.v1 import usage_pb2 as usage  # noqa: E402
from outboard.plugin.v1 import usage_pb2_grpc as usage_services  # noqa: E402

TOKEN = "t0ken"
DEADLINE = 10


class Daemon(
    services.PluginServicer,
    services.MessagesServicer,
    services.StorageServicer,
    usage_services.UsageServicer,
    community.ChannelsServicer,
    host_services.SettingsServicer,
    ui_services.UiServicer,
):
    """Speaks one session at a time with the plugin process it started."""

    def __init__(self, folder: str) -> None:
        self.socket = f"{folder}/s"
        self.folder = folder
        self.heard: asyncio.Queue[wire.PluginFrame] = asyncio.Queue(10_000)
        self.replies: asyncio.Queue[tuple[wire.ReplyRequest, dict[str, str]]] = asyncio.Queue(100)
        self.counters: dict[str, int] = {}
        self.tracked: asyncio.Queue[usage.TrackedUse] = asyncio.Queue(100)
        #: What it was asked besides.
        self.acts: list[object] = []
        self.shown: dict[str, str] = {}
        self.tokens: set[str] = set()
        self.sessions = 0
        self.refuses = False

    async def start(self) -> None:
        self.server = grpc.aio.server()
        services.add_PluginServicer_to_server(self, self.server)
        services.add_MessagesServicer_to_server(self, self.server)
        services.add_StorageServicer_to_server(self, self.server)
        usage_services.add_UsageServicer_to_server(self, self.server)
        community.add_ChannelsServicer_to_server(self, self.server)
        host_services.add_SettingsServicer_to_server(self, self.server)
        ui_services.add_UiServicer_to_server(self, self.server)
        self.server.add_insecure_port(f"unix://{self.socket}")
        await self.server.start()

    async def start_plugin(self) -> None:
        # Nothing but what docs/protocol.md promises.
        environment = {
            "OUTBOARD_SOCKET": self.socket,
            "OUTBOARD_TOKEN": TOKEN,
            "OUTBOARD_PLUGIN": "python-plain",
            "OUTBOARD_DATA_DIR": self.folder,
            "OUTBOARD_PROTOCOL": "1",
            "HOME": self.folder,
            "TMPDIR": self.folder,
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
        }
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "plugin.py", cwd=HERE, env=environment
        )

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        await self.server.stop(None)

    async def Session(self, frames, context):
        self.tokens.add(dict(context.invocation_metadata()).get("outboard-token", ""))
        self.sessions += 1
        self.to_plugin: asyncio.Queue[wire.DaemonFrame | None] = asyncio.Queue(10_000)
        hello = await anext(frames)
        await self.heard.put(hello)
        if self.refuses:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "HANDLERS_DIFFER: ...")
        welcome = wire.Welcome(
            session=self.sessions, resumed=self.sessions > 1, settings='{"loud":false}'
        )
        yield wire.DaemonFrame(welcome=welcome)
        reading = asyncio.ensure_future(self.read(frames))
        try:
            while (frame := await self.to_plugin.get()) is not None:
                yield frame
        finally:
            reading.cancel()

    async def read(self, frames) -> None:
        async for frame in frames:
            await self.heard.put(frame)

    async def Reply(self, request, context):
        await self.replies.put((request, dict(context.invocation_metadata())))
        return wire.SendResponse(message_id="m1")

    async def Track(self, request, context):
        for use in request.uses:
            await self.tracked.put(use)
        return usage.UsageTaken(taken=len(request.uses))

    async def List(self, request, context):
        assert dict(context.invocation_metadata())["outboard-call"]
        sender = common.Sender(name="Ann")
        messages = [
            common.Message(id=f"m{n}", sender=sender, body=common.Body(plain=f"said {n}"))
            for n in range(request.most, 0, -1)
        ]
        return operations.MessagePage(messages=messages)

    async def React(self, request, context):
        self.acts.append(request)
        return operations.Done()

    async def SetTopic(self, request, context):
        self.acts.append(request)
        return operations.Done()

    async def Increment(self, request, context):
        self.tokens.add(dict(context.invocation_metadata()).get("outboard-token", ""))
        key = request.increment.key
        self.counters[key] = self.counters.get(key, 0) + request.increment.by
        return wire.StorageWritten(revision=1, counter=self.counters[key])

    async def Get(self, request, context):
        loud = "true" if request.channel == "c-loud" else "false"
        return host.SettingsGetResponse(json='{"loud":' + loud + "}")

    async def Update(self, request, context):
        self.shown[request.id] = request.blocks.blocks[0].text.text
        return wire_ui.UiUpdated(revision=len(self.shown))

    def say(self, **frame) -> None:
        self.to_plugin.put_nowait(wire.DaemonFrame(**frame))

    def end_stream(self) -> None:
        self.to_plugin.put_nowait(None)

    async def hear(self, kind: str) -> wire.PluginFrame:
        """The next frame of this kind; others are passed over."""
        while True:
            frame = await asyncio.wait_for(self.heard.get(), DEADLINE)
            if frame.WhichOneof("kind") == kind:
                return frame

    async def ended(self) -> int:
        return await asyncio.wait_for(self.process.wait(), DEADLINE)


@pytest.fixture
async def idle_daemon():
    with tempfile.TemporaryDirectory(prefix="ob") as folder:
        daemon = Daemon(folder)
        await daemon.start()
        yield daemon
        await daemon.stop()


@pytest.fixture
async def daemon(idle_daemon):
    await idle_daemon.start_plugin()
    await idle_daemon.hear("ready")
    return idle_daemon


def before_post(text: str, mutable: bool = True) -> wire.Call:
    message = common.Message(draft_id="d1", body=common.Body(plain=text), mutable=mutable)
    payload = common.HookPayload(before_post=message)
    return wire.Call(id=7, budget_us=1_000_000, intercept=wire.Intercept(payload=payload))


def posted(text: str) -> wire.Delivery:
    message = common.Message(id="m", sender=common.Sender(name="Ann"), body=common.Body(plain=text))
    event = common.Event(id="e", type="message.posted", message=message)
    return wire.Delivery(delivery=3, event=event, attempt=1, budget_us=5_000_000)
