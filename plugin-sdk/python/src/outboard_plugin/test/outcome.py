"""What came of something that a test asked the plugin.

Refuses to ask.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from outboard_plugin.body import text_of
from outboard_plugin.wire import common


class Failed(Exception):
    """A handler failed, ran out of time, or there is none; `reason` is the wire's word."""

    def __init__(self, failure: common.Failure) -> None:
        self.reason = common.Reason.Name(failure.reason).removeprefix("REASON_")
        super().__init__(f"{self.reason}: {failure.message}")


class Outcome:
    """What a hook's handler decided."""

    def __init__(self, answer: common.HookAnswer) -> None:
        self.wire = answer

    @property
    def passed(self) -> bool:
        """It goes on, unchanged."""
        return self.wire.HasField("continued")

    @property
    def handled(self) -> bool:
        return self.wire.HasField("handled")

    @property
    def replaced(self) -> Any:
        """The new text, or texts, or data; None if nothing is replaced."""
        if not self.wire.HasField("replace"):
            return None
        payload = self.wire.replace
        branch = payload.WhichOneof("of")
        if branch == "before_render":
            return [text_of(message.body) for message in payload.before_render.messages]
        if branch == "custom":
            return json.loads(payload.custom.json)
        message = payload.before_edit.message if branch == "before_edit" else payload.before_post
        return text_of(message.body)

    @property
    def rejected(self) -> str | None:
        """Why it does not happen; None if it does."""
        return self.wire.reject.reason.text if self.wire.HasField("reject") else None

    @property
    def code(self) -> str:
        """Of a rejection, for programs."""
        return self.wire.reject.code

    @property
    def held(self) -> str | None:
        """The queue in which it waits; None if it does not."""
        return self.wire.hold.queue if self.wire.HasField("hold") else None

    def __repr__(self) -> str:
        return f"<Outcome {str(self.wire).strip()!r}>"


class HttpAnswer:
    """What a route answered."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)
