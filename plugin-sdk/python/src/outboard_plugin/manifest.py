"""plugin.toml, as far as the code has to agree with it.

Finds it, reads name and version from it so that nothing is said twice, and compares. Refuses to
judge anything else; `outboard check` does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from outboard_plugin.arguments import Arguments
from outboard_plugin.error import NotStarted
from outboard_plugin.handlers import Handlers, Kind

NAME = "plugin.toml"

#: Folders above the code that may hold the manifest: `src/package/module.py`.
_UP = 3


class Argument(NamedTuple):
    """An argument of a command."""

    name: str
    type: str
    optional: bool


class Manifest:
    """What plugin.toml says."""

    def __init__(self, path: Path, document: Mapping[str, Any]) -> None:
        self.path = path
        self._document = document
        self.name = str(document.get("name", ""))
        self.version = str(document.get("version", ""))

    @classmethod
    def find(cls, code: Path | None) -> Manifest:
        """The manifest beside the code, above it, or in the working directory."""
        above = [] if code is None else list(code.resolve().parents)[:_UP]
        for folder in [*above, Path.cwd()]:
            if (folder / NAME).is_file():
                return cls.read(folder / NAME)
        raise NotStarted(f"there is no {NAME} beside {code or 'the program'}")

    @classmethod
    def read(cls, path: Path) -> Manifest:
        # Here, because it is needed once; Python 3.10 has no tomllib.
        toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
        try:
            return cls(path, toml.loads(path.read_text()))
        except (OSError, ValueError) as error:
            raise NotStarted(f"{path}: {error}") from None

    def declared(self) -> set[tuple[Kind, str]]:
        """The handlers that it declares."""
        return {
            *((Kind.HOOK, name) for name in self._each("hooks", "on")),
            *((Kind.EVENT, name) for name in self._each("events", "on")),
            *((Kind.COMMAND, name) for name in self._each("commands", "name")),
            *((Kind.SCHEDULE, name) for name in self._each("schedules", "name")),
            *((Kind.METHOD, name) for name in self._each("methods", "name")),
            *((Kind.HTTP, name) for name in self._each("http", "path")),
        }

    def arguments(self, command: str) -> Sequence[Argument] | None:
        """Those of a command, or of a subcommand such as "todo add"; None if it has none."""
        name, _, subcommand = command.partition(" ")
        for table in self._tables("commands"):
            if table.get("name") != name:
                continue
            subcommands = table.get("subcommands", [])
            if not subcommand and subcommands:
                return None
            for found in subcommands if subcommand else [table]:
                if not subcommand or found.get("name") == subcommand:
                    return [_argument(it) for it in found.get("args", [])]
        return None

    def faults(self, handlers: Handlers) -> list[str]:
        """How code and manifest differ; nothing where they agree."""
        registered, declared = handlers.declared(), self.declared()
        faults = []
        if registered != declared:
            only_code, only_manifest = registered - declared, declared - registered
            faults.append(
                f"registered but not declared: {_listed(only_code)}; "
                f"declared but not registered: {_listed(only_manifest)}"
            )
        for command in handlers.names(Kind.COMMAND):
            function, arguments = handlers.get(Kind.COMMAND, command), self.arguments(command)
            if function is not None and arguments is not None:
                declared_arguments = {it.name: it.optional for it in arguments}
                faults.extend(Arguments(function).faults(command, declared_arguments))
        return [f"{self.path}: {fault}" for fault in faults]

    def _tables(self, section: str) -> Iterator[Mapping[str, Any]]:
        tables = self._document.get(section, [])
        return (table for table in tables if isinstance(table, dict))

    def _each(self, section: str, key: str) -> Iterator[str]:
        for table in self._tables(section):
            value = table.get(key, [])
            yield from [value] if isinstance(value, str) else value


def _argument(table: Mapping[str, Any]) -> Argument:
    return Argument(
        table.get("name", ""), table.get("type", "string"), table.get("optional", False)
    )


def _listed(handlers: Iterable[tuple[Kind, str]]) -> str:
    return ", ".join(sorted(f"{kind.value} {name}" for kind, name in handlers)) or "none"
