"""The wire's names and numbers: messages, method, sizes, how the socket is dialled.

The one place that imports generated code. Refuses to know when a frame is sent or what it is for.
"""

from __future__ import annotations

from typing import Any

import grpc
import grpc.aio

from outboard_app._proto.outboard.app.v1 import app_pb2 as app
from outboard_app._proto.outboard.app.v1 import files_pb2 as transfer
from outboard_app._proto.outboard.app.v1 import settings_pb2 as app_settings
from outboard_app._proto.outboard.app.v1 import ui_pb2 as app_ui
from outboard_app._proto.outboard.common.v1 import common_pb2 as common
from outboard_app._proto.outboard.common.v1 import files_pb2 as files
from outboard_app._proto.outboard.common.v1 import operations_pb2 as operations
from outboard_app._proto.outboard.common.v1 import settings_pb2 as common_settings
from outboard_app._proto.outboard.common.v1 import ui_pb2 as common_ui

__all__ = [
    "CONNECT",
    "app",
    "app_settings",
    "app_ui",
    "common",
    "common_settings",
    "common_ui",
    "dial",
    "files",
    "hook_of",
    "open_connect",
    "operations",
    "transfer",
]

PROTOCOL = "1"
CONNECT = "/outboard.app.v1.App/Connect"

# Bytes an encoded frame may have when it is sent, and at which a reader gives up.
FRAME_BYTES = 65_536
DECODE_BYTES = 128 * 1024

# Bytes of events under way that the daemon has not returned by `credit`.
CREDIT_BYTES = 256 * 1024

_HOOKS = {
    "before_post": "message.before_post",
    "before_edit": "message.before_edit",
    "before_delete": "message.before_delete",
    "before_render": "message.before_render",
    "before_reaction": "reaction.before_add",
    "before_upload": "file.before_upload",
    "before_join": "user.before_join",
    "before_login": "user.before_login",
    "before_create": "channel.before_create",
}

_OPTIONS: list[tuple[str, Any]] = [
    # Without it grpcio sends the percent-encoded path, which strict HTTP/2 servers refuse.
    ("grpc.default_authority", "localhost"),
    ("grpc.max_receive_message_length", DECODE_BYTES),
    # Every attempt starts fresh: the back-off between attempts is the SDK's, not gRPC's.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
]

ConnectStream = grpc.aio.StreamStreamCall[app.AppFrame, app.DaemonFrame]


#: Bytes of the largest answer that is no frame: the settings pages of many plugins.
_LARGE_BYTES = 16 * 1024 * 1024


def dial(socket: str, *, large: bool = False) -> grpc.aio.Channel:
    """A channel to the daemon's app socket at the absolute path `socket`."""
    options = [*_OPTIONS, ("grpc.max_receive_message_length", _LARGE_BYTES)] if large else _OPTIONS
    return grpc.aio.insecure_channel(f"unix://{socket}", options=options)


def open_connect(channel: grpc.aio.Channel) -> ConnectStream:
    """Opens the session stream."""
    method = channel.stream_stream(
        CONNECT,
        request_serializer=app.AppFrame.SerializeToString,
        response_deserializer=app.DaemonFrame.FromString,
    )
    # No iterator: frames are written one by one.
    return method(None)


def hook_of(payload: common.HookPayload) -> str:
    """The hook that a payload is for, such as "message.before_post"; "" if it is empty."""
    branch = payload.WhichOneof("of")
    if branch == "custom":
        return payload.custom.name
    return _HOOKS.get(branch or "", "")
