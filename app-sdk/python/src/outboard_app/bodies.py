"""Bodies of answers that come in pieces, put together before anyone is told.

Refuses to know what a body is for. The daemon bounds how large one may be.
"""

from __future__ import annotations

from outboard_app.wire import app, common


class Bodies:
    """Answers whose bodies are under way, by the number of their stream."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[app.HttpResponse, bytearray]] = {}

    def open(self, answer: app.HttpResponse) -> None:
        """The body of `answer` will come."""
        self._open[answer.body] = (answer, bytearray())

    def take(self, piece: common.Chunk) -> app.HttpResponse | None:
        """Takes a piece; returns the whole answer when it was the last."""
        if piece.stream not in self._open:
            return None
        answer, body = self._open[piece.stream]
        body += piece.data
        if piece.abort:
            del self._open[piece.stream]
            failure = common.Failure(reason=common.REASON_BODY_ABANDONED, message=piece.abort)
            return app.HttpResponse(id=answer.id, failure=failure)
        if not piece.last:
            return None
        del self._open[piece.stream]
        answer.content = bytes(body)
        answer.body = 0
        return answer

    def forget(self, call: int) -> None:
        """Nobody waits for the answer to `call` any more."""
        gone = [stream for stream, (answer, _) in self._open.items() if answer.id == call]
        for stream in gone:
            del self._open[stream]

    def clear(self) -> None:
        """The session is over."""
        self._open.clear()
