"""The module's part of homeserver.yaml.

Knows which keys there are; refuses to know what they are used for.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class Config:
    """What an operator may say."""

    #: Absolute path of the daemon's app.sock.
    socket: str = "/run/outboard/app.sock"
    #: Names this process; the homeserver's name and worker if empty.
    node: str = ""
    #: Before the plugin's name, in the user ids of plugins' accounts. Nobody else may register
    #: a name that begins so.
    bot_prefix: str = "outboard-"
    #: What commands begin with. Matrix clients keep "/" for themselves.
    command_prefix: str = "!"


def parse(section: dict[str, Any] | None) -> Config:
    """Reads the section. Raises ValueError, naming the key."""
    section = section or {}
    known = {field.name for field in fields(Config)}
    for key, value in section.items():
        if key not in known:
            raise ValueError(f"outboard: unknown key {key!r}; known are {', '.join(sorted(known))}")
        if not isinstance(value, str):
            raise ValueError(f"outboard: {key} must be a string")
    config = Config(**section)
    for key in ("socket", "bot_prefix", "command_prefix"):
        if not getattr(config, key):
            raise ValueError(f"outboard: {key} must not be empty")
    return config
