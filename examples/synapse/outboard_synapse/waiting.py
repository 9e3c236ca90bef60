"""Between the SDK's thread and Twisted's reactor: futures one way, deferreds the other.

The reactor is never blocked. Refuses to know what is waited for.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from synapse import module_api
from synapse.module_api import ModuleApi, make_deferred_yieldable
from twisted.internet import reactor
from twisted.internet.defer import Deferred

_T = TypeVar("_T")


async def outcome_of(future: Future[_T]) -> _T:
    """Waits on the reactor for what the SDK's thread finds out."""
    waiting: Deferred[Future[_T]] = Deferred()
    future.add_done_callback(lambda done: reactor.callFromThread(waiting.callback, done))
    done = await make_deferred_yieldable(waiting)
    return done.result()


def on_reactor(api: ModuleApi, what: str, work: Callable[[], Awaitable[_T]]) -> Future[_T]:
    """Runs `work` on the reactor, from any thread; the future has what came of it.

    Once it has begun it goes on, whoever stops waiting.
    """
    future: Future[_T] = Future()

    async def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(await work())
        except Exception as error:
            future.set_exception(error)

    reactor.callFromThread(in_background, api, what, run)
    return future


def in_background(api: ModuleApi, what: str, work: Callable[..., Awaitable[Any]], *of: Any) -> None:
    """Begins `work`, on the reactor, and goes on. What it raises is logged by Synapse."""
    # In older ones, such as Synapse 1.130, it is a function and no method.
    begin = getattr(api, "run_as_background_process", module_api.run_as_background_process)
    begin(what, work, *of)
