"""What a command or an action says back.

Refuses to know who asked, and over which way it is sent.
"""

from __future__ import annotations

from outboard_plugin.body import Said, body_of, text_of
from outboard_plugin.forms import Modal
from outboard_plugin.wire import common


class Reply:
    """What a command says back. A handler may return a string instead, which everyone sees.

    With a `modal` it opens a form for the person who acted; where the app shows none, what is said
    is all there is. Needs `ui:contribute`.
    """

    __slots__ = ("wire",)

    def __init__(
        self, said: Said | None = None, *, for_one: bool = False, modal: Modal | None = None
    ) -> None:
        visibility = common.VISIBILITY_ONE if for_one else common.VISIBILITY_ALL
        self.wire = common.InteractionReply(visibility=visibility)
        if said is not None:
            self.wire.body.CopyFrom(body_of(said))
        if modal is not None:
            self.wire.modal.CopyFrom(modal.wire)

    @classmethod
    def from_wire(cls, wire: common.InteractionReply) -> Reply:
        reply = cls()
        reply.wire = wire
        return reply

    @property
    def text(self) -> str:
        """What is said, or what was wrong."""
        return self.wire.error.text if self.wire.HasField("error") else text_of(self.wire.body)

    @property
    def is_refusal(self) -> bool:
        """It tells what is wrong."""
        return self.wire.HasField("error")

    @property
    def is_whisper(self) -> bool:
        """Only the person who asked sees it."""
        return self.wire.visibility == common.VISIBILITY_ONE

    @property
    def opened(self) -> Modal | None:
        """The form that it opens."""
        return Modal.from_wire(self.wire.modal) if self.wire.HasField("modal") else None

    @property
    def is_deferred(self) -> bool:
        """The answer follows."""
        return self.wire.deferred

    def __repr__(self) -> str:
        return f"<Reply {self.text!r}>"


def whisper(said: Said) -> Reply:
    """Says it to the person who asked, and to nobody else."""
    return Reply(said, for_one=True)


def refuse(why: str) -> Reply:
    """Tells the person who asked what is wrong. Raising `Refusal(why)` says the same."""
    reply = Reply(for_one=True)
    reply.wire.error.text = why
    return reply


def nothing() -> Reply:
    """Says nothing: what happened shows itself."""
    return Reply.from_wire(common.InteractionReply())


def deferred(*, for_one: bool = False) -> Reply:
    """Says that the answer follows, in follow-ups."""
    reply = Reply(for_one=for_one)
    reply.wire.deferred = True
    return reply


def reply_of(returned: object) -> Reply:
    """The reply that a handler's return value stands for."""
    if isinstance(returned, Reply):
        return returned
    if isinstance(returned, str | common.Body):
        return Reply(returned)
    if isinstance(returned, Modal):
        reply = nothing()
        reply.wire.modal.CopyFrom(returned.wire)
        return reply
    words = "a string, Reply, Modal, whisper(…), refuse(…), nothing() or what ctx.defer(…) returns"
    raise TypeError(f"a command's handler returns {words}, not {type(returned).__name__}")
