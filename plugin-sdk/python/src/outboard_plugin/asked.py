"""What handlers are given: hooks, events, commands, actions, calls of other plugins.

Refuses to know how handlers are run. The wire's own message is always there as `wire`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from outboard_plugin.body import text_of
from outboard_plugin.context import Context, Surroundings
from outboard_plugin.interaction import Interaction
from outboard_plugin.outbox import Outbox
from outboard_plugin.wire import common, wire

HOOKS = {
    "before_post": "message.before_post",
    "before_edit": "message.before_edit",
    "before_delete": "message.before_delete",
    "before_render": "message.before_render",
    "before_reaction": "reaction.before_add",
    "before_upload": "file.before_upload",
    "before_join": "user.before_join",
    "before_login": "user.before_login",
    "before_create": "channel.before_create",
}


def hook_of(payload: common.HookPayload) -> str:
    """The hook that a payload is for, such as "message.before_post"; "" if it is empty."""
    branch = payload.WhichOneof("of") or ""
    return payload.custom.name if branch == "custom" else HOOKS.get(branch, "")


class _About(Context):
    """Something about a message, a person, a place; what it does not have is empty."""

    #: What it is about: the branch of the payload that is set.
    wire: Any

    @property
    def message(self) -> common.Message:
        """The message: as it would become, of an edit; as it is stored, of a deletion."""
        for name in ("message", "stored"):
            if name in type(self.wire).DESCRIPTOR.fields_by_name:
                return getattr(self.wire, name)  # type: ignore[no-any-return]
        return self.wire if isinstance(self.wire, common.Message) else common.Message()

    @property
    def text(self) -> str:
        """The message's text, or the reaction."""
        if isinstance(self.wire, common.Reaction):
            return self.wire.reaction
        return text_of(self.message.body)

    @property
    def sender(self) -> common.Sender:
        """Who acts: who wrote, reacted, joined, logged in, creates or deletes."""
        fields = type(self.wire).DESCRIPTOR.fields_by_name
        for name in ("sender", "by", "user"):
            if name in fields and self.wire.HasField(name):
                return getattr(self.wire, name)  # type: ignore[no-any-return]
        return self.message.sender

    @property
    def user(self) -> common.Sender:
        """Whom it is about, where that is somebody else than who acts: who joins, or leaves."""
        has_user = "user" in type(self.wire).DESCRIPTOR.fields_by_name
        return self.wire.user if has_user else self.sender

    @property
    def channel(self) -> common.Channel:
        """Where."""
        if "channel" in type(self.wire).DESCRIPTOR.fields_by_name:
            return self.wire.channel  # type: ignore[no-any-return]
        return self.message.channel

    @property
    def data(self) -> Any:
        """Of what an app or a plugin made up: its JSON, read."""
        return json.loads(getattr(self.wire, "json", "") or "null")


class Hook(_About):
    """Asked before something happens. Returns a verdict, or None to let it pass."""

    def __init__(self, around: Surroundings, payload: common.HookPayload) -> None:
        super().__init__(around)
        self.payload = payload
        self.wire = getattr(payload, payload.WhichOneof("of") or "custom")

    @property
    def name(self) -> str:
        """Such as `message.before_post`."""
        return hook_of(self.payload)

    @property
    def is_mutable(self) -> bool:
        """The message may be replaced; one from another server usually may not."""
        return self.message.mutable


class Event(_About):
    """Told what has happened. Raise, and it is told again where the manifest says at-least-once."""

    def __init__(self, around: Surroundings, delivery: wire.Delivery) -> None:
        super().__init__(around)
        self.event = delivery.event
        #: Above 1: it may have been seen before; `id` is the same.
        self.attempt = delivery.attempt
        self.wire = getattr(self.event, self.event.WhichOneof("of") or "custom")

    @property
    def id(self) -> str:
        return self.event.id

    @property
    def type(self) -> str:
        """Such as `message.posted`."""
        return self.event.type

    @property
    def at(self) -> float:
        """When it happened; of a schedule: when it was due. Seconds since the epoch."""
        due: int = getattr(self.wire, "scheduled_at_us", 0) or self.event.at_us
        return due / 1e6


class Command(Interaction):
    """A command that somebody ran."""

    def __init__(
        self, around: Surroundings, call: int, run: wire.RunCommand, outbox: Outbox
    ) -> None:
        super().__init__(around, call, run.interaction_id, outbox)
        self.wire = run

    @property
    def name(self) -> str:
        """Without the slash."""
        return self.wire.name

    @property
    def subcommand(self) -> str:
        """Which of its subcommands; empty where it has none."""
        return self.wire.subcommand

    @property
    def text(self) -> str:
        """What was typed after the name."""
        return self.wire.text

    @property
    def args(self) -> Mapping[str, Any]:
        """The arguments, as the daemon parsed them by the manifest."""
        return {name: value_of(value) for name, value in self.wire.args.items()}

    @property
    def channel(self) -> common.Channel:
        """Where it was typed."""
        return self.wire.channel

    @property
    def sender(self) -> common.Sender:
        """Who typed it."""
        return self.wire.sender

    @property
    def target_message(self) -> common.Message:
        """The message whose menu it was chosen from."""
        return self.wire.target_message

    @property
    def target_user(self) -> common.Sender:
        """The user whose menu it was chosen from."""
        return self.wire.target_user


class Action(Interaction):
    """What somebody did to something that this plugin shows, or a form that was sent.

    Answered like a command.
    """

    def __init__(
        self, around: Surroundings, call: int, asked: wire.UiAction, outbox: Outbox
    ) -> None:
        super().__init__(around, call, asked.interaction_id, outbox)
        self.wire = asked

    @property
    def component(self) -> str:
        """Empty of a form."""
        return self.wire.component

    @property
    def modal(self) -> str:
        """The form that was sent; else empty."""
        return self.wire.modal

    @property
    def name(self) -> str:
        """What was done to it."""
        return self.wire.action

    @property
    def pressed(self) -> str:
        """The value of the button that was pressed; empty if it has none."""
        return self.wire.value

    @property
    def values(self) -> Mapping[str, Any]:
        """What the fields hold, of the component or of the form; one that is empty is not there.

        The daemon has checked them against what was declared. A handler may also take them as
        arguments by name.
        """
        return {id: value_of(value) for id, value in self.wire.values.items()}

    @property
    def state(self) -> str:
        """What the plugin gave the form that was sent."""
        return self.wire.state

    @property
    def message_id(self) -> str:
        """The message under which the component stands; empty elsewhere."""
        return self.wire.message_id

    @property
    def data(self) -> Any:
        """What came with it."""
        return json.loads(self.wire.json or "null")

    @property
    def channel(self) -> common.Channel:
        return self.wire.channel

    @property
    def sender(self) -> common.Sender:
        """Who did it."""
        return self.wire.sender


class PluginCall(Context):
    """A call of another plugin's. Returns anything that JSON has."""

    def __init__(self, around: Surroundings, asked: wire.PluginCall) -> None:
        super().__init__(around)
        self.wire = asked

    @property
    def caller(self) -> str:
        """The plugin that calls; the daemon says so."""
        return self.wire.caller

    @property
    def method(self) -> str:
        return self.wire.method

    @property
    def data(self) -> Any:
        """What it is given."""
        return json.loads(self.wire.json or "null")

    @property
    def chain(self) -> Sequence[str]:
        """The plugins passed since a person acted, the oldest first; the caller is the last."""
        return self.wire.chain


class Typing(Context):
    """An argument that is being typed. Returns what may be offered, a list of strings."""

    def __init__(self, around: Surroundings, asked: wire.Autocomplete) -> None:
        super().__init__(around)
        self.wire = asked

    @property
    def prefix(self) -> str:
        """What was typed of it so far."""
        return self.wire.prefix

    @property
    def sender(self) -> common.Sender:
        return self.wire.sender


def value_of(value: common.Value) -> Any:
    """An argument's value: a string, an int, a float or a bool."""
    kind = value.WhichOneof("of")
    return None if kind is None else getattr(value, kind)
