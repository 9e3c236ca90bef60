"""What the daemon last said about each hook, and what follows from it while it cannot answer.

Refuses to know why the daemon cannot answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from outboard_app.outcome import DecidedBy, Decision, Outcome
from outboard_app.wire import app, common

#: Seconds a pipeline may take where the daemon has not said.
DEFAULT_BUDGET = 1.0

#: Seconds after which a person may try again, when a closed hook could not be asked.
_RETRY_AFTER = 2.0


@dataclass(frozen=True)
class Standing:
    """What is known of one hook."""

    intercepted: bool
    closed: bool
    #: Seconds a verdict may take.
    budget: float

    def fallback(self, why: str, took: float) -> Outcome:
        """The outcome while the daemon cannot decide: the act goes on unless the hook is closed."""
        if not self.closed:
            return Outcome(Decision.CONTINUE, DecidedBy.POLICY, why=why, took=took)
        return Outcome(
            Decision.REJECT,
            DecidedBy.POLICY,
            reason="This cannot be checked right now. Please try again in a moment.",
            code="unavailable",
            retry_after=_RETRY_AFTER,
            why=why,
            took=took,
        )


#: A hook of which nothing was heard is asked about, and open.
UNHEARD = Standing(intercepted=True, closed=False, budget=DEFAULT_BUDGET)


class PolicyBook:
    """The last policies received. They outlive the session that brought them."""

    def __init__(self) -> None:
        self._hooks: dict[str, Standing] = {}

    def of(self, hook: str) -> Standing:
        """What is known of `hook`."""
        return self._hooks.get(hook, UNHEARD)

    def replace(self, hooks: Iterable[app.HookPolicy]) -> None:
        """Takes what the daemon says now; it replaces what was known."""
        self._hooks = {policy.hook: _standing(policy) for policy in hooks}


def _standing(policy: app.HookPolicy) -> Standing:
    return Standing(
        intercepted=policy.intercepted,
        closed=policy.policy == common.FAILURE_POLICY_CLOSED,
        budget=policy.budget_us / 1e6 or DEFAULT_BUDGET,
    )
