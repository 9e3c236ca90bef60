"""What happens once per version of a plugin, and once per process, as handlers see it.

The daemon tells a milestone at each start until its handler has returned without an error, so a
handler may run more than once. Refuses to know when one is due.
"""

from __future__ import annotations

from pathlib import Path

from outboard_plugin.cause import Cause
from outboard_plugin.error import note, of_handler
from outboard_plugin.handlers import Handlers, Kind
from outboard_plugin.host import Host
from outboard_plugin.link import Link
from outboard_plugin.outbox import Outbox
from outboard_plugin.threads import Threads, within
from outboard_plugin.wire import wire

_KINDS = {
    wire.LIFECYCLE_KIND_INSTALLED: Kind.INSTALLED,
    wire.LIFECYCLE_KIND_UPGRADED: Kind.UPGRADED,
    wire.LIFECYCLE_KIND_UNINSTALLED: Kind.UNINSTALLED,
}


class Start(Host):
    """What `on_start` is given."""

    def __init__(self, link: Link, outbox: Outbox, data_dir: Path) -> None:
        super().__init__(link, Cause())
        self._outbox = outbox
        self._data_dir = data_dir

    @property
    def data_dir(self) -> Path:
        """The folder that outlives the process."""
        return self._data_dir

    async def progress(self, percent: int, text: str = "") -> None:
        """It takes a while: gives it its time anew, up to 120 s in all."""
        starting = wire.Starting(percent=percent, text=text)
        await self._outbox.offer(wire.PluginFrame(starting=starting))


class Milestone(Host):
    """Something that happens once per version: given to `on_installed` and its like."""

    def __init__(self, link: Link, told: wire.Lifecycle) -> None:
        super().__init__(link, Cause())
        self.wire = told

    @property
    def from_(self) -> str:
        """The version before an upgrade, which may be the higher one; empty otherwise."""
        # The field's name is a word of the language.
        return str(getattr(self.wire, "from"))

    @property
    def to(self) -> str:
        """The plugin's version."""
        return self.wire.to


async def passed(
    told: wire.Lifecycle, handlers: Handlers, link: Link, threads: Threads
) -> wire.LifecycleAck:
    """Runs the handler of a milestone. One that is missing has nothing to do, and has done it."""
    ack = wire.LifecycleAck(id=told.id)
    # A kind that is not there is of a newer daemon.
    kind = _KINDS.get(told.kind)
    function = None if kind is None else handlers.get(kind)
    if function is None:
        return ack
    try:
        await within(None, threads.invoke(function, Milestone(link, told)))
    except Exception as error:
        note()
        ack.failure.CopyFrom(of_handler(error))
    return ack
