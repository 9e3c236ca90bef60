"""A plugin that asks the chat server for whatever it is told to, and says what came of it.

Any RPC of the host API with its request as JSON. Refuses to know what the requests mean.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
from google.protobuf import json_format, message_factory
from outboard.common.v1 import common_pb2 as common
from outboard.common.v1 import files_pb2 as common_files
from outboard.plugin.v1 import community_pb2, files_pb2, plugin_pb2
from outboard.plugin.v1 import plugin_pb2 as wire
from session import Plugin, Session

_PACKAGE = "outboard.plugin.v1"
_FILES = (plugin_pb2, community_pb2, files_pb2)
_OPTIONS = [("grpc.default_authority", "localhost"), ("grpc.enable_http_proxy", 0)]

#: Bytes of one piece of a file.
_PIECE = 16 * 1024


async def do(call: wire.Call, session: Session) -> wire.Reply:
    """!do TAG RPC JSON"""
    args = call.command.args
    what, request = args["what"].string, json.loads(args["with"].string)
    address = "unix://" + os.environ["OUTBOARD_SOCKET"]
    async with grpc.aio.insecure_channel(address, options=_OPTIONS) as channel:
        try:
            came = await _ask(channel, what, request, session.handling(str(call.id)))
        except grpc.aio.AioRpcError as error:
            came = f"!{error.code().name} {error.details()}"
    body = common.Body(plain=f"{args['tag'].string} {came}")
    reply = common.InteractionReply(body=body, visibility=common.VISIBILITY_ALL)
    return wire.Reply(interaction=reply)


async def _ask(channel: grpc.aio.Channel, what: str, request: dict, handling: dict) -> str:
    if what == "Files.Upload":
        return _json(await _upload(channel, request, handling))
    if what == "Files.Download":
        return await _download(channel, request, handling)
    service, _, name = what.partition(".")
    method = next(
        file.DESCRIPTOR.services_by_name[service].methods_by_name[name]
        for file in _FILES
        if service in file.DESCRIPTOR.services_by_name
    )
    wanted = message_factory.GetMessageClass(method.input_type)
    given = message_factory.GetMessageClass(method.output_type)
    call = channel.unary_unary(
        f"/{_PACKAGE}.{service}/{name}",
        request_serializer=wanted.SerializeToString,
        response_deserializer=given.FromString,
    )
    return _json(await call(json_format.ParseDict(request, wanted()), **handling))


async def _upload(channel: grpc.aio.Channel, request: dict, handling: dict) -> Any:
    """{"begin": {…}, "size": N}: N bytes, each after the other from 0 on."""

    async def pieces() -> AsyncIterator[files_pb2.UploadPiece]:
        begin = json_format.ParseDict(request["begin"], common_files.UploadBegin())
        yield files_pb2.UploadPiece(begin=begin)
        content = bytes(number % 251 for number in range(request["size"]))
        for at in range(0, len(content), _PIECE):
            yield files_pb2.UploadPiece(data=content[at : at + _PIECE])

    call = channel.stream_unary(
        f"/{_PACKAGE}.Files/Upload",
        request_serializer=files_pb2.UploadPiece.SerializeToString,
        response_deserializer=common_files.FileInfo.FromString,
    )
    return await call(pieces(), **handling)


async def _download(channel: grpc.aio.Channel, request: dict, handling: dict) -> str:
    """How many bytes came, and the first of them."""
    call = channel.unary_stream(
        f"/{_PACKAGE}.Files/Download",
        request_serializer=common_files.StatFile.SerializeToString,
        response_deserializer=files_pb2.DownloadPiece.FromString,
    )
    content = b""
    async for piece in call(json_format.ParseDict(request, common_files.StatFile()), **handling):
        content += piece.data
    return json.dumps({"size": len(content), "head": base64.b64encode(content[:8]).decode()})


def _json(message: Any) -> str:
    return json_format.MessageToJson(message, indent=None)


PLUGIN = Plugin(name="asker", version="0.1.0", commands={"do": do})

if __name__ == "__main__":
    sys.exit(asyncio.run(PLUGIN.run()))
