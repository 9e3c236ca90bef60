"""Where a plugin's log goes: to the daemon, with its level, or to the error stream.

Refuses to know who logs; whatever `logging` hands on is a line.
"""

from __future__ import annotations

import logging

from outboard_plugin.outbox import Outbox
from outboard_plugin.wire import wire

#: Bytes of one line that the daemon keeps.
_LINE = 8 * 1024


class _ToDaemon(logging.Handler):
    """Says each record to the daemon that is there, as long as it is."""

    outbox: Outbox | None = None

    def emit(self, record: logging.LogRecord) -> None:
        try:
            lines = self.format(record).splitlines()
        except Exception:
            # Such as arguments that its text does not take: not the caller's end.
            self.handleError(record)
            return
        for line in lines:
            self._say(_level(record.levelno), line)

    def _say(self, level: wire.Level, line: str) -> None:
        def print_it() -> None:
            print(line.encode("utf-8", "backslashreplace").decode(), flush=True)

        outbox = self.outbox
        # A flood of lines must not hold up answers: the stream to fall back on is bounded, too.
        if outbox is None or outbox.is_crowded or not outbox.understands("log"):
            print_it()
            return
        text = line.encode("utf-8", "replace")[:_LINE].decode("utf-8", "ignore")
        log = wire.Log(level=level, line=text)
        outbox.push_from_anywhere(wire.PluginFrame(log=log), print_it)


_HANDLER = _ToDaemon()


def install() -> None:
    """Takes what the program logs, from INFO up, unless it has made arrangements of its own."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(_HANDLER)
        root.setLevel(logging.INFO)


def send_to(outbox: Outbox) -> None:
    """From now on over this session."""
    _HANDLER.outbox = outbox


def _level(number: int) -> wire.Level:
    if number >= logging.ERROR:
        return wire.LEVEL_ERROR
    if number >= logging.WARNING:
        return wire.LEVEL_WARN
    return wire.LEVEL_INFO if number >= logging.INFO else wire.LEVEL_DEBUG
