"""Messages and uploads that are growing: so that each is ended, even where the daemon goes away
before that.

Refuses to know what is written, and who shows it.
"""

from __future__ import annotations

from outboard_app.wire import app, common, transfer

# google.rpc.Code
_UNAVAILABLE = 14


class Growing:
    """What has begun and is not over, with its session and the request that ends it."""

    def __init__(self) -> None:
        self._ends: dict[tuple[str, str], tuple[int, app.Request]] = {}

    def carried_out(self, session: int, request: app.Request, answer: app.Answer) -> None:
        """The app has carried a step out."""
        if request.HasField("grow"):
            step = request.grow.WhichOneof("step")
            self._note(("grow", answer.sent.message_id), step, session, request)
        elif request.HasField("upload_file"):
            step = request.upload_file.WhichOneof("step")
            self._note(("upload_file", answer.uploaded.upload_id), step, session, request)

    def _note(
        self, what: tuple[str, str], step: str | None, session: int, request: app.Request
    ) -> None:
        if step == "begin":
            self._ends[what] = session, _end(*what, request)
        elif step == "end":
            self._ends.pop((what[0], _ended(request)), None)

    def abandon(self, session: int) -> list[app.Request]:
        """The ends of all that a session leaves behind."""
        left = [what for what, (of, _) in self._ends.items() if of == session]
        return [self._ends.pop(what)[1] for what in left]


def _ended(request: app.Request) -> str:
    if request.HasField("grow"):
        return request.grow.end.message_id
    return request.upload_file.end.upload_id


def _end(kind: str, name: str, begun: app.Request) -> app.Request:
    request = app.Request(asker=begun.asker, workspace=begun.workspace, attempt=1)
    why = common.Failure(
        code=_UNAVAILABLE,
        reason=common.REASON_BODY_ABANDONED,
        message="the daemon went away before the end",
    )
    if kind == "grow":
        channel = begun.grow.begin.message.channel
        request.grow.CopyFrom(
            app.GrowMessage(end=app.GrowEnd(channel=channel, message_id=name, abort=why))
        )
    else:
        end = transfer.UploadFileEnd(upload_id=name, abort=why)
        request.upload_file.CopyFrom(transfer.UploadFile(end=end))
    return request
