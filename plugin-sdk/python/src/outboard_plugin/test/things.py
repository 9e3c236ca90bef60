"""Messages, people, payloads and events for a test to start from.

Refuses to know the harness's workings.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from outboard_plugin.body import Said, body_of
from outboard_plugin.wire import common


class What(NamedTuple):
    """What a payload or an event is about; each kind takes of it what it has."""

    text: Said = ""
    sender: str = "ada"
    channel: str = "town-square"
    #: Of an edit: the text as it is stored.
    stored: Said = ""
    #: Of messages about to be shown: their texts.
    texts: Sequence[Said] = ()
    mutable: bool = True
    #: Of what an app or a plugin made up.
    data: Any = None


def person(name: str) -> common.Sender:
    """A user; id and name are the same."""
    return common.Sender(id=name, name=name, kind=common.SENDER_KIND_USER)


def place(name: str) -> common.Channel:
    """A public channel; id and name are the same."""
    return common.Channel(id=name, name=name, kind=common.CHANNEL_KIND_PUBLIC)


def message(
    text: Said, sender: str = "ada", channel: str = "town-square", *, mutable: bool = True
) -> common.Message:
    """A message by a user in a public channel."""
    return common.Message(
        channel=place(channel),
        sender=person(sender),
        body=body_of(text),
        role=common.ROLE_USER,
        mutable=mutable,
    )


def payload_of(hook: str, what: What) -> common.HookPayload:
    """What a hook is asked about. A hook of the app's own takes `data`."""
    make = _PAYLOADS.get(hook)
    if make is None:
        return common.HookPayload(custom=common.Custom(name=hook, json=json.dumps(what.data)))
    return make(what)


def event_of(type: str, what: What) -> common.Event:
    """An event. One that an app or a plugin made up takes `data`."""
    event = common.Event(id="event-1", type=type, at_us=1_782_864_000_000_000)
    sender, channel = person(what.sender), place(what.channel)
    family = type.split(".")[0]
    if family == "message":
        event.message.CopyFrom(_message(what))
    elif family == "reaction":
        event.reaction.CopyFrom(_reaction(what))
    elif family == "member":
        event.member.CopyFrom(common.Membership(channel=channel, user=sender))
    elif family == "user":
        event.user.CopyFrom(common.UserChange(user=sender))
    elif family == "channel":
        event.channel.CopyFrom(common.ChannelDraft(channel=channel, by=sender))
    elif family == "file":
        event.file.CopyFrom(_upload(what))
    elif family == "app":
        event.app.CopyFrom(common.AppStarted(app="test"))
    else:
        event.custom.CopyFrom(common.Custom(name=type, json=json.dumps(what.data)))
    return event


def _message(what: What) -> common.Message:
    return message(what.text, what.sender, what.channel, mutable=what.mutable)


def _stored(what: What) -> common.Message:
    return message(what.stored or what.text, what.sender, what.channel, mutable=what.mutable)


def _batch(what: What) -> common.Batch:
    messages = [message(text, mutable=what.mutable) for text in what.texts or [what.text]]
    return common.Batch(messages=messages, reader=person(what.sender))


def _reaction(what: What) -> common.Reaction:
    return common.Reaction(
        message_id="message-1",
        channel=place(what.channel),
        sender=person(what.sender),
        reaction=str(what.text),
    )


def _upload(what: What) -> common.Upload:
    file = common.Attachment(id="file-1", name=str(what.text))
    return common.Upload(file=file, channel=place(what.channel), sender=person(what.sender))


_PAYLOADS: dict[str, Callable[[What], common.HookPayload]] = {
    "message.before_post": lambda it: common.HookPayload(before_post=_message(it)),
    "message.before_edit": lambda it: common.HookPayload(
        before_edit=common.Edit(message=_message(it), stored=_stored(it))
    ),
    "message.before_delete": lambda it: common.HookPayload(
        before_delete=common.Delete(stored=_stored(it), by=person(it.sender))
    ),
    "message.before_render": lambda it: common.HookPayload(before_render=_batch(it)),
    "reaction.before_add": lambda it: common.HookPayload(before_reaction=_reaction(it)),
    "file.before_upload": lambda it: common.HookPayload(before_upload=_upload(it)),
    "user.before_join": lambda it: common.HookPayload(
        before_join=common.Join(channel=place(it.channel), user=person(it.sender))
    ),
    "user.before_login": lambda it: common.HookPayload(
        before_login=common.Login(user=person(it.sender))
    ),
    "channel.before_create": lambda it: common.HookPayload(
        before_create=common.ChannelDraft(channel=place(it.channel), by=person(it.sender))
    ),
}
