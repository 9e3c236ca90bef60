"""What surrounds one call or event, the same for every kind of handler.

Refuses to know what is being handled, and never extends its own time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from outboard_plugin.body import Said, body_of
from outboard_plugin.cause import Cause
from outboard_plugin.files import attachment
from outboard_plugin.host import Host
from outboard_plugin.lease import Lease
from outboard_plugin.link import Link
from outboard_plugin.places import At
from outboard_plugin.wire import common, stored, wire


class Surroundings:
    """What a call brings besides its content."""

    __slots__ = ("link", "cause", "lease", "place", "workspace", "locale", "trace")

    def __init__(self, link: Link, cause: Cause, lease: Lease, place: Callable[[], At]) -> None:
        self.link = link
        self.cause = cause
        self.lease = lease
        #: Where it happens: looked up by those who want to know.
        self.place = place
        self.workspace = ""
        self.locale = ""
        self.trace = common.Trace()


class Context(Host):
    """What every handler is given: what it is about, the time that is left, the host API."""

    def __init__(self, around: Surroundings) -> None:
        super().__init__(around.link, around.cause, around.workspace)
        self._lease = around.lease
        self._at = around.place
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

    def end(self) -> None:
        """The call has ended, however it ended. The SDK says so."""
        self._ended = True

    def _place(self) -> At:
        return self._at()
