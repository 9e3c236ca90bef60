"""Typed values as the named arguments of a handler: of a command, or what a form's fields hold.

Refuses to parse: the daemon has done that by the manifest. An annotation may ask for more: an enum,
or anything else that can be called with the value.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from outboard_plugin.error import Refusal
from outboard_plugin.handlers import name_of

#: What an annotation asks to be made of a value.
_Convert = Callable[[Any], Any]


class Arguments:
    """How one handler takes its arguments."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        parameters = list(inspect.signature(function).parameters.values())[1:]
        self._takes_all = any(it.kind is it.VAR_KEYWORD for it in parameters)
        named = [it for it in parameters if it.kind in (it.POSITIONAL_OR_KEYWORD, it.KEYWORD_ONLY)]
        self._required = {it.name for it in named if it.default is it.empty}
        self._names = {it.name for it in named}
        self._convert = _conversions(function, self._names)

    def faults(self, command: str, declared: Mapping[str, bool]) -> Iterable[str]:
        """How it differs from the manifest, which says of each argument if it may be left out."""
        name = name_of(self._function)
        for argument in declared:
            if argument not in self._names and not self._takes_all:
                yield f"/{command} has the argument {argument!r}, {name}() does not take it"
        for parameter in self._names:
            optional = declared.get(parameter)
            if optional is None and parameter in self._required:
                yield f"{name}() takes {parameter!r}, /{command} has no such argument"

    def bind(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The named arguments. Raises Refusal where a value does not suit an annotation."""
        bound: dict[str, Any] = {}
        for name, value in values.items():
            if name in self._names:
                bound[name] = self._converted(name, value)
            elif self._takes_all:
                bound[name] = value
        # An optional argument that was left out, of a handler that has no default for it.
        for name in self._required - bound.keys():
            bound[name] = None
        return bound

    def _converted(self, name: str, value: Any) -> Any:
        convert = self._convert.get(name)
        if convert is None:
            return value
        try:
            return convert(value)
        except (ValueError, TypeError, KeyError) as error:
            raise Refusal(f"{name}: {error}") from error


def _conversions(function: Callable[..., Any], names: Iterable[str]) -> dict[str, _Convert]:
    try:
        hints = typing.get_type_hints(function)
    except (NameError, TypeError):
        # Names that are imported for type checkers only.
        hints = {}
    found = {name: _conversion(hints[name]) for name in names if name in hints}
    return {name: convert for name, convert in found.items() if convert is not None}


def _conversion(hint: Any) -> _Convert | None:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = [it for it in typing.get_args(hint) if it is not type(None)]
        return _conversion(inner[0]) if len(inner) == 1 else None
    if not isinstance(hint, type) or hint in (str, object):
        return None
    if hint is bool:
        return _truth
    return hint


def _truth(value: Any) -> bool:
    # bool("false") would be true.
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value
