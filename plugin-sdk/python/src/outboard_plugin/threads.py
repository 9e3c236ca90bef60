"""How an author's functions run: async ones in the loop, plain ones on threads of their own.

So pings are answered meanwhile, whatever a plain one does, and the threads never keep the process
from ending. Refuses to know what they do.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from outboard_plugin.error import told
from outboard_plugin.handlers import name_of

T = TypeVar("T")

#: What became of a handler that nobody has cancelled.
CANCELLED = "what the handler waited for was cancelled"

#: Plain handlers at work at once; more wait. Far below the 128 threads a plugin may have.
_AT_ONCE = 32


class Threads:
    """Where plain handlers run."""

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        self._room = asyncio.Semaphore(at_once)

    async def invoke(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
        """Awaits an async function, runs a plain one on a thread."""
        if inspect.iscoroutinefunction(function):
            return await function(*args, **named)
        returned = await self.run(function, *args, **named)
        # A plain function that hands back something to await, such as a decorated async one.
        return await returned if inspect.isawaitable(returned) else returned

    async def run(self, function: Callable[..., T], /, *args: Any, **named: Any) -> T:
        """Runs it and waits. Cancelled, it goes on by itself and nobody hears of it."""
        loop = asyncio.get_running_loop()
        await self._room.acquire()
        done: asyncio.Future[T] = loop.create_future()
        context = contextvars.copy_context()

        def settle(value: T | None, error: BaseException | None) -> None:
            self._room.release()
            if done.done():
                return
            if error is None:
                done.set_result(value)  # type: ignore[arg-type]
            else:
                done.set_exception(error)

        def work() -> None:
            value: T | None = None
            error: BaseException | None = None
            try:
                value = context.run(function, *args, **named)
            except StopIteration as stop:
                # A future takes none.
                error = RuntimeError(f"the handler raised StopIteration: {stop.value}")
            except BaseException as raised:
                error = raised
            try:
                loop.call_soon_threadsafe(settle, value, error)
            except RuntimeError:
                return  # The loop has ended, and the process with it.

        try:
            threading.Thread(target=work, name=name_of(function), daemon=True).start()
        except RuntimeError:
            # The system gives no thread; the next handler may get one.
            self._room.release()
            raise
        return await done


async def within(seconds: float | None, work: Awaitable[T]) -> T:
    """What comes of an author's function. Raises asyncio.TimeoutError; None is any time.

    Unlike `asyncio.wait_for` it does not wait for one that goes on although it is cancelled. One
    that is cancelled by what it waited for has failed, and so has one that calls `sys.exit`:
    whoever asked is neither cancelled nor ended.
    """
    task = asyncio.ensure_future(_alone(work))
    try:
        await asyncio.wait([task], timeout=seconds)
    finally:
        # Nothing, where it is done.
        task.cancel()
    if not task.done():
        task.add_done_callback(heard)
        raise asyncio.TimeoutError
    if task.cancelled():
        raise RuntimeError(CANCELLED)
    return task.result()


async def _alone(work: Awaitable[T]) -> T:
    try:
        return await work
    except SystemExit as exit:
        raise RuntimeError(told(exit)) from exit


def heard(task: asyncio.Task[Any]) -> None:
    """Of a task that nobody waits for: what it raises after all is nobody's business."""
    if not task.cancelled():
        task.exception()
