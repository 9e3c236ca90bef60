"""What a call of the host API is made on behalf of.

Refuses to know how it is made.
"""

from __future__ import annotations

from typing import NamedTuple


class Cause(NamedTuple):
    """What a host call is made on behalf of."""

    #: The metadata that names it; empty for the plugin's own idea.
    key: str = ""
    #: A call's id means nothing outside its session; 0 = any.
    session: int = 0
