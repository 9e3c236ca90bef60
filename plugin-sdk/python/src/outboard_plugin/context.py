"""What surrounds one call or event, the same for every kind of handler.

Refuses to know what is being handled, and never extends its own time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Mapping
from typing import TypeVar

from outboard_plugin.body import Said, body_of
from outboard_plugin.files import attachment
from outboard_plugin.host import Host
from outboard_plugin.lease import Lease
from outboard_plugin.link import Cause, Link
from outboard_plugin.wire import common, stored, wire

T = TypeVar("T")

#: What plugins log with: `ctx.log`, or `logging.getLogger("plugin")`.
LOG = logging.getLogger("plugin")


class Surroundings:
    """What a call brings besides its content."""

    __slots__ = ("link", "cause", "lease", "workspace", "locale", "trace", "loop")

    def __init__(
        self, link: Link, cause: Cause, lease: Lease, workspace: str = "", locale: str = ""
    ) -> None:
        self.link = link
        self.cause = cause
        self.lease = lease
        self.workspace = workspace
        self.locale = locale
        self.trace = common.Trace()
        self.loop = asyncio.get_running_loop()


class Context(Host):
    """What every handler is given: what it is about, the time that is left, the host API."""

    log = LOG

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around.link, around.cause, around.workspace)
        self._lease = around.lease
        self._loop = around.loop
        self._ended = False
        #: The language to answer in, BCP 47; empty if unknown.
        self.locale = around.locale
        #: The W3C trace context, where the app sent one.
        self.trace = around.trace

    async def reply(
        self,
        said: Said,
        *,
        role: common.Role = common.ROLE_UNSPECIFIED,
        key: str = "",
        metadata: Mapping[str, bytes] | None = None,
        files: Iterable[stored.FileInfo | str] = (),
        only_to: str = "",
    ) -> str:
        """Says it in the channel and thread of what is being handled; the message's id.

        Needs `messages:send`, with `files` attached `files:write`. The same `key` within 24 hours
        is carried out once. With `only_to` one person sees it. Raises HostError.
        """
        request = wire.ReplyRequest(
            body=body_of(said),
            role=role,
            idempotency_key=key,
            metadata=metadata,
            attachments=[attachment(file) for file in files],
            only_to=only_to,
        )
        sent = await self._link.ask("Messages/Reply", request, wire.SendResponse, self._cause)
        return sent.message_id

    @property
    def remaining(self) -> float:
        """Seconds left. A handler that takes longer is cancelled."""
        return self._lease.remaining

    @property
    def is_over(self) -> bool:
        """Nobody waits any more. For plain functions: async ones are cancelled by themselves."""
        return self._ended

    def wait(self, work: Awaitable[T]) -> T:
        """Waits for something async in a plain function, such as `ctx.wait(ctx.reply("done"))`."""

        async def waited() -> T:
            return await work

        return asyncio.run_coroutine_threadsafe(waited(), self._loop).result()

    def end(self) -> None:
        """The call has ended, however it ended. The SDK says so."""
        self._ended = True
