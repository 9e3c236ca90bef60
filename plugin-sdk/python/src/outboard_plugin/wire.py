"""The wire's messages, its sizes, and the way to the daemon's socket.

Refuses to know what is said over it.
"""

from __future__ import annotations

import os
from typing import Any

# What gRPC's core notes about connections would stand in the plugin's log, among its own lines.
os.environ.setdefault("GRPC_VERBOSITY", "ERROR")

import grpc.aio  # noqa: E402

from outboard_plugin._proto.outboard.common.v1 import common_pb2 as common  # noqa: E402
from outboard_plugin._proto.outboard.common.v1 import files_pb2 as stored  # noqa: E402
from outboard_plugin._proto.outboard.common.v1 import (  # noqa: E402
    operations_pb2 as operations,
)
from outboard_plugin._proto.outboard.common.v1 import settings_pb2 as places  # noqa: E402
from outboard_plugin._proto.outboard.common.v1 import ui_pb2 as shown  # noqa: E402
from outboard_plugin._proto.outboard.plugin.v1 import community_pb2 as community  # noqa: E402
from outboard_plugin._proto.outboard.plugin.v1 import files_pb2 as transfer  # noqa: E402
from outboard_plugin._proto.outboard.plugin.v1 import plugin_pb2 as wire  # noqa: E402
from outboard_plugin._proto.outboard.plugin.v1 import settings_pb2 as configured  # noqa: E402
from outboard_plugin._proto.outboard.plugin.v1 import ui_pb2 as showing  # noqa: E402
from outboard_plugin._proto.outboard.plugin.v1 import usage_pb2 as usage  # noqa: E402

__all__ = [
    "common",
    "community",
    "configured",
    "operations",
    "places",
    "showing",
    "shown",
    "stored",
    "transfer",
    "usage",
    "wire",
]

PROTOCOL = "1"

# Bytes an encoded frame may have when it is sent, and at which a reader gives up.
FRAME_BYTES = 65_536
DECODE_BYTES = 128 * 1024

# Bytes of events and chunks under way that the reader has not returned by `credit`.
CREDIT_BYTES = 256 * 1024

# Bytes of a body in one chunk: well under a frame, so that calls soon get their turn.
CHUNK_BYTES = 32 * 1024

# Bytes of bodies that one session may have under way.
BODY_BYTES = 8 * 1024 * 1024

TOKEN_KEY = "outboard-token"
CALL_KEY = "outboard-call"

_SESSION = "/outboard.plugin.v1.Plugin/Session"

_OPTIONS: list[tuple[str, Any]] = [
    # Without it grpcio sends the percent-encoded path, which strict HTTP/2 servers refuse.
    ("grpc.default_authority", "localhost"),
    # A page of a list may have a little more than a frame.
    ("grpc.max_receive_message_length", 2 * DECODE_BYTES),
    # Every attempt starts fresh: there are two seconds to come back, and gRPC would wait.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
]

SessionStream = grpc.aio.StreamStreamCall[wire.PluginFrame, wire.DaemonFrame]
Metadata = tuple[tuple[str, str], ...]


def dial(socket: str) -> grpc.aio.Channel:
    """A channel to the daemon's socket at the absolute path `socket`."""
    return grpc.aio.insecure_channel(f"unix://{socket}", options=_OPTIONS)


def open_session(channel: grpc.aio.Channel, metadata: Metadata) -> SessionStream:
    """Opens the session stream."""
    method = channel.stream_stream(
        _SESSION,
        request_serializer=wire.PluginFrame.SerializeToString,
        response_deserializer=wire.DaemonFrame.FromString,
    )
    # No iterator: frames are written one by one.
    return method(None, metadata=metadata)
