"""Counting checks: each is a claim, and a line when it is known.

Refuses to know what is claimed.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator


class Checks:
    """Counts, and prints a line for each."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    @contextlib.asynccontextmanager
    async def __call__(self, claim: str) -> AsyncIterator[list[str]]:
        notes: list[str] = []
        try:
            yield notes
        except Exception as error:
            self.failed += 1
            print(f"FAIL  {claim}: {error or type(error).__name__}", flush=True)
        else:
            self.passed += 1
            print(f"ok    {claim}{' (' + '; '.join(notes) + ')' if notes else ''}", flush=True)

    def close(self) -> int:
        """Prints the closing line; the exit status."""
        print(f"synapse: {self.passed} checks passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0


def expect(true: bool, otherwise: str) -> None:
    """Raises unless it is true."""
    if not true:
        raise AssertionError(otherwise)
