"""Requests from outside that the app passes on, and what is answered.

Who the user is, the app says; headers that claim to are taken out on the way. Refuses to know how a
body travels.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import AsyncIterable, Mapping
from typing import Any

from outboard_plugin.bodies import Pipe
from outboard_plugin.context import Context, Surroundings
from outboard_plugin.wire import wire


class Request(Context):
    """A request for one of the plugin's routes."""

    def __init__(self, around: Surroundings, request: wire.HttpRequest, pipe: Pipe | None) -> None:
        super().__init__(around)
        self.wire = request
        self._pipe = pipe

    @property
    def method(self) -> str:
        """Such as `POST`."""
        return self.wire.method

    @property
    def path(self) -> str:
        """Beneath the plugin's own part of the address, without the query."""
        return self.wire.path

    @property
    def query(self) -> str:
        """What stood behind the question mark."""
        return self.wire.query

    @property
    def headers(self) -> Mapping[str, str]:
        """By names in lower case; several of one name are joined by ", "."""
        return self.wire.headers

    @property
    def user(self) -> str | None:
        """The signed-in user's id, as the app states it; None if it knows of none."""
        return None if self.wire.user == "anonymous" else self.wire.user

    async def piece(self) -> bytes | None:
        """The next piece of the body; None at its end. Raises BrokenOff."""
        if self._pipe is not None:
            return await self._pipe.next()
        content, self.wire.content = self.wire.content, b""
        return content or None

    async def body(self) -> bytes:
        """The whole body, or what is left of it. Its route's `max_body` bounds it."""
        pieces = []
        while (piece := await self.piece()) is not None:
            pieces.append(piece)
        return b"".join(pieces)

    async def json(self) -> Any:
        """The whole body, read as JSON. Raises ValueError."""
        return json.loads(await self.body())


#: A body: text, bytes, or pieces of bytes as they come.
Content = str | bytes | AsyncIterable[bytes]


class Response:
    """An answer to a request. A handler may also return text, bytes, JSON, or a status alone."""

    def __init__(
        self,
        content: Content = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        type: str = "",
    ) -> None:
        self.status = status
        self.content = content.encode() if isinstance(content, str) else content
        self.headers = {name.lower(): value for name, value in (headers or {}).items()}
        if type or isinstance(content, str):
            self.headers.setdefault("content-type", type or "text/plain; charset=utf-8")


def response_of(returned: object) -> Response:
    """The response that a handler's return value stands for."""
    if isinstance(returned, Response):
        return returned
    if isinstance(returned, str | bytes):
        return Response(returned)
    if isinstance(returned, dict | list):
        return Response(json.dumps(returned), type="application/json")
    if returned is None:
        return Response(status=204)
    if isinstance(returned, int):
        return Response(status=returned)
    words = "Response(…), text, bytes, a dict, a list, a status or None"
    raise TypeError(f"a route's handler returns {words}, not {type(returned).__name__}")


def sign(secret: bytes, body: bytes) -> str:
    """A webhook's signature, HMAC-SHA256: `sha256=` and 64 hexadecimal digits."""
    return "sha256=" + hmac.new(secret, body, "sha256").hexdigest()


def is_signed(secret: bytes, body: bytes, signature: str) -> bool:
    """Whether this is the body's signature, with or without `sha256=`. In constant time."""
    claimed = signature.strip().removeprefix("sha256=").lower().encode()
    return hmac.compare_digest(sign(secret, body).removeprefix("sha256=").encode(), claimed)
