"""What Synapse will not do, in the words and the kinds that plugins hear.

Refuses to know what was asked.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from outboard_app import NotFound, Refusal
from synapse.api.errors import SynapseError

_T = TypeVar("_T")


async def heard(work: Awaitable[_T]) -> _T:
    """Does the work. Raises Refusal where Synapse refuses."""
    try:
        return await work
    except SynapseError as error:
        raise refusal(error) from error


def refusal(error: SynapseError) -> Refusal:
    """What a plugin hears of an error of Synapse's."""
    return NotFound(error.msg) if error.code == 404 else Refusal(error.msg)
