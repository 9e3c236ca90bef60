"""What came of asking: outcomes of hooks, commands and publishing, in the app's words.

Refuses to know how the daemon was asked, or whether it was.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from outboard_app.wire import common, common_ui


class Decision(enum.Enum):
    """What the app should do with its act."""

    CONTINUE = "continue"
    REPLACE = "replace"
    REJECT = "reject"
    HOLD = "hold"
    HANDLED = "handled"


class DecidedBy(enum.Enum):
    """Who decided."""

    DAEMON = "daemon"
    #: No plugin intercepts the hook, so nobody was asked.
    NOBODY = "nobody"
    #: The daemon could not answer in time; the hook's last known policy stands in.
    POLICY = "policy"


@dataclass(frozen=True)
class HttpAnswer:
    """What a plugin answered to a request; a failure if it did not, or not wholly."""

    #: From 200 to 599; 0 with a failure.
    status: int = 0
    #: By names in lower case.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: The whole body.
    content: bytes = b""
    failure: common.Failure | None = None


@dataclass(frozen=True)
class Held:
    """Under which id something waits; `on_decided` is told what becomes of it."""

    id: str
    queue: str
    #: Who holds it.
    plugin: str
    #: When it is dropped, in seconds since the Unix epoch, unless somebody decides.
    expires: float


@dataclass(frozen=True)
class Outcome:
    """What to do with the act that a hook was asked about. There is always one."""

    decision: Decision
    by: DecidedBy
    #: With REPLACE: what to go on with instead.
    payload: common.HookPayload | None = None
    #: With REJECT and HOLD: the words for the person who acted.
    reason: str = ""
    #: With REJECT: for programs, such as "insult".
    code: str = ""
    #: With REJECT: the person is not told.
    silent: bool = False
    #: With REJECT: the plugin whose answer, or absence, it was.
    plugin: str = ""
    #: With REJECT: seconds after which trying again may help; 0 if it will not.
    retry_after: float = 0.0
    #: With HOLD: what waits where.
    held: Held | None = None
    #: With by=POLICY: what kept the daemon from deciding.
    why: str = ""
    #: Every interceptor that was asked or skipped.
    steps: Sequence[common.Step] = field(default=())
    #: Seconds from asking to knowing.
    took: float = 0.0

    @property
    def allowed(self) -> bool:
        """Whether the app carries its act out now."""
        return self.decision in (Decision.CONTINUE, Decision.REPLACE)

    @property
    def message(self) -> common.Message | None:
        """The message to store instead, where a message hook replaced it."""
        if self.payload is None:
            return None
        branch = self.payload.WhichOneof("of")
        if branch == "before_post":
            return self.payload.before_post
        if branch == "before_edit":
            return self.payload.before_edit.message
        return None


@dataclass(frozen=True)
class CommandOutcome:
    """What came of running a command: a reply, or a failure in words."""

    interaction_id: str
    plugin: str = ""
    reply: common.InteractionReply | None = None
    failure: common.Failure | None = None

    @property
    def deferred(self) -> bool:
        """Whether the answer follows, to `on_follow_up`: show that it is being worked on."""
        return self.reply is not None and self.reply.deferred

    @property
    def modal(self) -> common_ui.Modal | None:
        """The form that it opens for the person; it is sent with `UiAction.modal`, its token."""
        if self.reply is None or not self.reply.HasField("modal"):
            return None
        return self.reply.modal

    @property
    def text(self) -> str:
        """What to show the person: the reply's text, or why there is none."""
        if self.reply is None:
            return self.failure.message if self.failure is not None else ""
        if self.reply.HasField("error"):
            return self.reply.error.text or self.reply.error.code
        return text_of(self.reply.body)


@dataclass(frozen=True)
class Published:
    """What came of publishing an event."""

    event_id: str
    #: How many subscriptions it was handed to.
    subscriptions: int = 0
    #: The daemon had counted this id before.
    duplicate: bool = False
    failure: common.Failure | None = None

    @property
    def taken(self) -> bool:
        """The daemon has it: what is promised to plugins is on its disk."""
        return self.failure is None

    @property
    def reason(self) -> str:
        """Why it is not taken, for programs, such as "DISK_FULL"; "" where it is."""
        if self.failure is None:
            return ""
        return common.Reason.Name(self.failure.reason).removeprefix("REASON_")


def text_of(body: common.Body) -> str:
    """The text of a body, whatever its form; "" where it cannot be read."""
    branch = body.WhichOneof("content")
    if branch == "blocks":
        return body.blocks.fallback
    if branch in ("plain", "markdown", "html"):
        return str(getattr(body, branch))
    return ""


def decided(verdict: common.Verdict, took: float) -> Outcome:
    """The daemon's verdict as an outcome."""
    decision = _DECISIONS[verdict.WhichOneof("outcome") or "continued"]
    rejected = verdict.rejected
    reason = rejected.reason if decision is Decision.REJECT else verdict.held.reason
    return Outcome(
        decision,
        DecidedBy.DAEMON,
        payload=verdict.replaced if decision is Decision.REPLACE else None,
        reason=reason.text or reason.code,
        code=rejected.code,
        silent=rejected.silent,
        plugin=rejected.plugin,
        retry_after=rejected.retry_after_us / 1e6,
        held=_held(verdict.held) if decision is Decision.HOLD else None,
        steps=tuple(verdict.steps),
        took=took,
    )


def _held(hold: common.Hold) -> Held:
    return Held(hold.id, hold.queue, hold.plugin, hold.expires_at_us / 1e6)


_DECISIONS = {
    "continued": Decision.CONTINUE,
    "replaced": Decision.REPLACE,
    "rejected": Decision.REJECT,
    "held": Decision.HOLD,
    "handled": Decision.HANDLED,
}
