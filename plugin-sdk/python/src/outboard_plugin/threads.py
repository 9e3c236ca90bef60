"""Plain functions as handlers: each runs on a thread, so that pings are answered meanwhile.

Refuses to know what they do. The threads never keep the process from ending.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

#: Plain handlers at work at once; more wait. Far below the 128 threads a plugin may have.
_AT_ONCE = 32


class Threads:
    """Where plain handlers run."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(_AT_ONCE)

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

        threading.Thread(target=work, name=function.__name__, daemon=True).start()
        return await done
