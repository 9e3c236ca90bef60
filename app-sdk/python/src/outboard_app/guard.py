"""Calling what the app gave to be called, when nobody is there to hear that it failed.

Refuses to know what is called.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

log = logging.getLogger("outboard_app")


def guarded(what: str, call: Callable[[], None]) -> None:
    """A handler that fails must not end the session it was told in."""
    try:
        call()
    except Exception:
        log.exception("%s failed", what)
