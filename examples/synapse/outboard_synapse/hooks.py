"""Acts about to happen: asks Outboard, and turns its outcome into what Synapse does.

Refuses to know how the daemon is asked, and whether it is there.
"""

from __future__ import annotations

import logging
from typing import Any

from outboard_app import DecidedBy, Decision, Outcome, ThreadedApp, common
from synapse.api.errors import Codes, SynapseError
from synapse.events import EventBase

from outboard_synapse import messages
from outboard_synapse.held import Passes
from outboard_synapse.reading import Reader
from outboard_synapse.rooms import State
from outboard_synapse.waiting import outcome_of

log = logging.getLogger(__name__)

#: The hooks that this module calls.
HOOKS = ("message.before_post", "message.before_edit", "message.before_delete")

Verdict = tuple[bool, dict[str, Any] | None]

_UNCHANGED: Verdict = (True, None)


class Hooks:
    """Answers Synapse's question whether an event is allowed."""

    def __init__(self, app: ThreadedApp, reader: Reader, passes: Passes) -> None:
        self._app = app
        self._reader = reader
        self._passes = passes

    async def check_event_allowed(self, event: EventBase, state: State) -> Verdict:
        """Whether the event is allowed, and what to store instead. Raises with the reason."""
        if event.is_state() or self._passes.has(event):
            return _UNCHANGED
        if event.type == "m.room.redaction":
            return await self._deletion(event, state)
        if event.type not in ("m.room.message", "m.room.encrypted"):
            return _UNCHANGED
        if messages.edited(event.content):
            return await self._edit(event, state)
        return await self._post(event, state)

    async def _post(self, event: EventBase, state: State) -> Verdict:
        message = self._reader.message(event, state)
        # What it has now is the draft's; a rewritten event gets another.
        message.id = ""
        outcome = await outcome_of(self._app.before_post(message))
        _refuse(outcome)
        new = _body_to_store(outcome, message.body)
        if new is None:
            return _UNCHANGED
        return _replaced(event, messages.with_body(dict(event.content), new))

    async def _edit(self, event: EventBase, state: State) -> Verdict:
        message, stored = await self._reader.edit(event, state)
        edit = common.Edit(message=message, stored=stored)
        outcome = await outcome_of(self._app.before_edit(edit))
        _refuse(outcome)
        new = _body_to_store(outcome, message.body)
        if new is None:
            return _UNCHANGED
        return _replaced(event, _edited_content(event, new))

    async def _deletion(self, event: EventBase, state: State) -> Verdict:
        stored, by = await self._reader.deletion(event, state)
        delete = common.Delete(stored=stored, by=by)
        _refuse(await outcome_of(self._app.before_delete(delete)))
        return _UNCHANGED


def _refuse(outcome: Outcome) -> None:
    """Raises what the person sees, unless the act goes on."""
    by, why = outcome.by.value, outcome.why
    log.debug(
        "outboard hook %s by %s took %.6f s %s", outcome.decision.value, by, outcome.took, why
    )
    if outcome.allowed:
        return
    if outcome.decision is Decision.REJECT and not outcome.silent:
        words = outcome.reason or "A plugin refused this."
    elif outcome.decision is Decision.HOLD:
        words = outcome.reason or "This waits for somebody to release it."
    else:
        words = "Not sent."
    raise SynapseError(403, words, Codes.FORBIDDEN)


def _body_to_store(outcome: Outcome, asked: common.Body) -> common.Body | None:
    """The body that the pipeline left; None if the event may stay as it is.

    Of a formatted message plugins saw the HTML. What its other rendering says nobody looked at,
    so that one is made anew.
    """
    if outcome.message is not None:
        return outcome.message.body
    inspected = outcome.by is DecidedBy.DAEMON
    return asked if inspected and asked.WhichOneof("content") == "html" else None


def _replaced(event: EventBase, content: messages.Content) -> Verdict:
    replacement = event.get_dict()
    replacement["content"] = content
    return True, replacement


def _edited_content(event: EventBase, new: common.Body) -> messages.Content:
    """An edit says it twice: for clients that know edits, and for those that do not."""
    content = dict(event.content)
    content["m.new_content"] = messages.with_body(dict(content["m.new_content"]), new)
    fallback = common.Body(plain="* " + content["m.new_content"]["body"])
    return messages.with_body(content, fallback)
