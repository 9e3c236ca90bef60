"""What a plugin's code registered, by kind and name.

Refuses to know how a handler is run, and what the manifest says of it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

from outboard_plugin.wire import wire

#: A function of the author's, async or plain.
Function = Callable[..., Any]


class Kind(Enum):
    """What can have a handler. The value is the word for it in messages."""

    HOOK = "hook"
    EVENT = "event"
    COMMAND = "command"
    SCHEDULE = "schedule"
    METHOD = "plugin call"
    HTTP = "http"
    AUTOCOMPLETE = "autocomplete"
    ACTION = "ui action"
    MODAL = "form"
    START = "on_start"
    DRAIN = "on_drain"
    SHUTDOWN = "on_shutdown"
    SETTINGS = "on_settings_changed"
    GRANTS = "on_grants_changed"
    APP = "on_app_changed"
    INSTALLED = "on_installed"
    UPGRADED = "on_upgraded"
    UNINSTALLED = "on_uninstalled"


#: The kinds that Hello lists and the manifest declares.
DECLARED = {
    Kind.HOOK: wire.HANDLER_KIND_HOOK,
    Kind.EVENT: wire.HANDLER_KIND_EVENT,
    Kind.COMMAND: wire.HANDLER_KIND_COMMAND,
    Kind.SCHEDULE: wire.HANDLER_KIND_SCHEDULE,
    Kind.METHOD: wire.HANDLER_KIND_PLUGIN_CALL,
    Kind.HTTP: wire.HANDLER_KIND_HTTP,
}


class Handlers:
    """Functions by kind and name."""

    def __init__(self) -> None:
        self._functions: dict[tuple[Kind, str], Function] = {}

    def add(self, kind: Kind, name: str, function: Function) -> None:
        """Remembers a function. Raises ValueError where there is one already."""
        if (kind, name) in self._functions:
            raise ValueError(f"two handlers are registered for {kind.value} {name}".rstrip())
        if kind not in (Kind.DRAIN, Kind.SHUTDOWN) and not _takes_one(function):
            words = "a handler's first argument is what it handles"
            raise TypeError(f"{name_of(function)}() takes no argument; {words}")
        self._functions[kind, name] = function

    def get(self, kind: Kind, name: str = "") -> Function | None:
        return self._functions.get((kind, name))

    def names(self, kind: Kind) -> Iterator[str]:
        return (name for of, name in self._functions if of is kind)

    def declared(self) -> set[tuple[Kind, str]]:
        """Those that the manifest has to declare. A subcommand's handler is its command's."""
        return {
            (kind, name.split(" ")[0] if kind is Kind.COMMAND else name)
            for kind, name in self._functions
            if kind in DECLARED
        }

    def hello(self) -> list[wire.Handler]:
        """The handlers as Hello lists them."""
        listed = sorted(self.declared(), key=lambda it: (DECLARED[it[0]], it[1]))
        return [wire.Handler(kind=DECLARED[kind], name=name) for kind, name in listed]


def name_of(function: Function) -> str:
    """What to call it in a message; a partial or an object has no name of its own."""
    return str(getattr(function, "__name__", type(function).__name__))


def _takes_one(function: Function) -> bool:
    parameters = inspect.signature(function).parameters.values()
    positional = (
        inspect.Parameter.POSITIONAL_ONLY,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.VAR_POSITIONAL,
    )
    return any(parameter.kind in positional for parameter in parameters)
