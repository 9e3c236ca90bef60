"""Ids that the app makes: of events and interactions.

Refuses to know what they name.
"""

from __future__ import annotations

import secrets
import time
import uuid


def new_id() -> str:
    """A UUIDv7: unique, and sorted by the time it was made."""
    moment = time.time_ns() // 1_000_000
    number = (moment << 80) | secrets.randbits(80)
    number = (number & ~(0xF << 76)) | (7 << 76)
    number = (number & ~(0x3 << 62)) | (2 << 62)
    return str(uuid.UUID(int=number))
