"""What a hook's handler answers: `replace`, `reject`, `hold`, `handled`, or nothing to let it pass.

Refuses to know whether the answer is allowed there; the daemon judges that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from outboard_plugin.body import text_of, with_text
from outboard_plugin.wire import common

_US = 1_000_000

#: Makes the answer, given what was asked about.
_Answer = Callable[[common.HookPayload], common.HookAnswer]


class Verdict:
    """One plugin's answer to a hook."""

    __slots__ = ("_answer",)

    def __init__(self, answer: _Answer) -> None:
        self._answer = answer

    def into_wire(self, asked: common.HookPayload) -> common.HookAnswer:
        """The answer as the wire has it. Raises TypeError where it does not fit the hook."""
        return self._answer(asked)


def proceed() -> Verdict:
    """Go on, unchanged. Returning None says the same."""
    return Verdict(lambda _: _continued())


def replace(new: object) -> Verdict:
    """Go on with this instead.

    A string is the new text of the message, written as the old one was; a Body or a Message takes
    its place. Of messages about to be shown: a function from text to text, asked for each. At a
    hook of the app's own: what its JSON becomes. A whole HookPayload always fits. What does not
    differ changes nothing.
    """
    return Verdict(lambda asked: _replaced(asked, new))


def reject(reason: str, *, code: str = "", silent: bool = False) -> Verdict:
    """It does not happen. People read `reason`, programs `code`; with `silent` nobody is told."""
    rejected = common.Reject(reason=common.Text(text=reason), code=code, silent=silent)
    return Verdict(lambda _: common.HookAnswer(reject=rejected))


def hold(
    queue: str = "", *, expires: float | None = None, reason: str = "", id: str = ""
) -> Verdict:
    """It is set aside until somebody decides, or for `expires` seconds: a day if not said."""
    held = common.Hold(queue=queue, id=id)
    if reason:
        held.reason.text = reason
    if expires is not None:
        held.expires_at_us = int((time.time() + expires) * _US)
    return Verdict(lambda _: common.HookAnswer(hold=held))


def handled() -> Verdict:
    """The plugin has taken care of it; the app does nothing more."""
    return Verdict(lambda _: common.HookAnswer(handled=common.Handled()))


def answer_of(returned: object, asked: common.HookPayload) -> common.HookAnswer:
    """The answer that a handler's return value stands for."""
    if returned is None:
        return _continued()
    if isinstance(returned, Verdict):
        return returned.into_wire(asked)
    words = "replace(…), reject(…), hold(…), handled() or None"
    raise TypeError(f"a hook's handler returns {words}, not {type(returned).__name__}")


def _continued() -> common.HookAnswer:
    return common.HookAnswer(continued=common.Continue())


def _replaced(asked: common.HookPayload, new: object) -> common.HookAnswer:
    changed = new if isinstance(new, common.HookPayload) else _changed(asked, new)
    if changed == asked:
        return _continued()
    return common.HookAnswer(replace=changed)


def _changed(asked: common.HookPayload, new: object) -> common.HookPayload:
    changed = common.HookPayload()
    changed.CopyFrom(asked)
    branch = asked.WhichOneof("of")
    if branch == "before_post":
        _change_message(changed.before_post, new)
    elif branch == "before_edit":
        _change_message(changed.before_edit.message, new)
    elif branch == "before_render" and callable(new):
        _change_each(changed.before_render, new)
    elif branch == "custom":
        changed.custom.json = new if isinstance(new, str) else json.dumps(new)
    else:
        raise TypeError(f"{type(new).__name__} cannot replace what {branch} is about")
    return changed


def _change_message(message: common.Message, new: object) -> None:
    if isinstance(new, common.Message):
        message.CopyFrom(new)
    elif isinstance(new, common.Body):
        message.body.CopyFrom(new)
    elif isinstance(new, str):
        # Else a layout would become plain text for nothing.
        if new != text_of(message.body):
            message.body.CopyFrom(with_text(message.body, new))
    else:
        raise TypeError(f"{type(new).__name__} cannot replace a message; a string or a Body can")


def _change_each(batch: common.Batch, new: Callable[[str], Any]) -> None:
    for message in batch.messages:
        if message.mutable and message.body.WhichOneof("content") != "opaque":
            _change_message(message, new(text_of(message.body)))
