"""What is held, and deciding about it.

Refuses to judge who may decide, and which decision counts; the daemon does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from outboard_plugin.cause import Cause
from outboard_plugin.link import Link
from outboard_plugin.wire import common, wire


class HeldThings:
    """What this plugin holds; with `messages:hold` what all hold."""

    def __init__(self, link: Link, cause: Cause) -> None:
        self._link = link
        self._cause = cause

    async def release(self, id: str) -> str | None:
        """Has the app go on with it. The message's id; None if the app is told later.

        The id is empty where no message came of it. Raises HostError: `HELD_DECIDED` when somebody
        else was first.
        """
        request = wire.ReleaseHeldRequest(id=id)
        return _told(
            await self._link.ask("Messages/ReleaseHeld", request, wire.HeldResponse, self._cause)
        )

    async def drop(self, id: str, reason: str = "") -> str | None:
        """Has the app drop it, telling its author why. As `release`."""
        request = wire.DropHeldRequest(id=id, reason=common.Text(text=reason))
        return _told(
            await self._link.ask("Messages/DropHeld", request, wire.HeldResponse, self._cause)
        )

    async def list(self, queue: str = "") -> AsyncIterator[common.HeldItem]:
        """What is held in this queue, or in all, the oldest first; without its content."""
        request = wire.ListHeldRequest(queue=queue)
        while True:
            page = await self._link.ask(
                "Messages/ListHeld", request, wire.ListHeldResponse, self._cause
            )
            if not page.items:
                return
            for item in page.items:
                yield item
            request.after = page.items[-1].number


def _told(response: wire.HeldResponse) -> str | None:
    return response.message_id if response.told else None
