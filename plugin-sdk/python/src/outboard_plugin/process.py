"""One plugin process, from its first hello to its end, over as many sessions as it takes.

Decides whether to come back after a loss, and runs what is run once. Refuses to know frames.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import Any, NamedTuple

from outboard_plugin import logs
from outboard_plugin.cause import Cause
from outboard_plugin.error import Fatal, NotStarted, note, readable
from outboard_plugin.grants import GrantsNews
from outboard_plugin.handlers import Handlers, Kind
from outboard_plugin.host import Host
from outboard_plugin.lifecycle import Start, passed
from outboard_plugin.link import Link
from outboard_plugin.manifest import Manifest
from outboard_plugin.outbox import Outbox
from outboard_plugin.session import End, Session
from outboard_plugin.threads import Threads, within
from outboard_plugin.wire import wire

#: Seconds that the daemon keeps a process that has lost its session.
_RETURN_WITHIN = 2.0

#: Seconds before the second try, doubled for each further one; and the most.
_FIRST_WAIT = 0.01
_LONGEST_WAIT = 0.25

#: Seconds that the daemon may take over what was noted last.
_LAST_NOTES = 0.1

#: Seconds that a SIGTERM leaves: the daemon kills 2 s after it.
_SIGTERM_BUDGET = 1.5


class Environment(NamedTuple):
    """What the daemon puts into a plugin's environment."""

    socket: str
    token: str
    data_dir: Path

    @classmethod
    def read(cls) -> Environment:
        """Raises NotStarted where the process was not started by the daemon."""
        names = ("OUTBOARD_SOCKET", "OUTBOARD_TOKEN", "OUTBOARD_DATA_DIR")
        for name in names:
            if not os.environ.get(name):
                raise NotStarted(
                    f"{name} is not set: this program is an Outboard plugin and is started by the "
                    "daemon; try `outboard load` with the folder that holds its plugin.toml"
                )
        socket, token, data_dir = (os.environ[name] for name in names)
        return cls(socket, token, Path(data_dir))


class Process:
    """One process of a plugin."""

    def __init__(self, handlers: Handlers, manifest: Manifest, environment: Environment) -> None:
        self.handlers = handlers
        self.manifest = manifest
        self.environment = environment
        self.link = Link(environment.token)
        #: Where calls and events are handled.
        self.threads = Threads()
        #: Where all else is: calls that hang do not hold it up.
        self.aside = Threads()
        self.grants = GrantsNews(self.link, self.aside, handlers.get(Kind.GRANTS))
        self._telling_app = asyncio.Lock()
        self._session: Session | None = None
        #: The start handler has run: a resumed session does not run it again.
        self.is_started = False
        self._stopping: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Holds sessions until the process is told to end. Raises NotStarted."""
        loop = asyncio.get_running_loop()
        until, wait = loop.time() + _RETURN_WITHIN, _FIRST_WAIT
        while True:
            session = self._session = Session(self)
            how = await session.hold()
            # Told to end and cut off while ending: that is an end too.
            if how is End.TOLD or self._stopping is not None:
                return await self._stopped()
            if how is End.START_FAILED:
                raise NotStarted(f"the plugin could not start: {session.why}")
            if how is End.REFUSED:
                raise NotStarted(f"the daemon refused this plugin: {session.why}")
            if session.was_welcome:
                until, wait = loop.time() + _RETURN_WITHIN, _FIRST_WAIT
            await asyncio.sleep(wait)
            if self._stopping is not None:
                return await self._stopped()
            if loop.time() >= until:
                words = f"lost the daemon at {self.environment.socket} and could not return to it"
                raise NotStarted(f"{words}: {session.why}")
            wait = min(wait * 2, _LONGEST_WAIT)

    # --- What the session asks for ------------------------------------------------------------

    async def begin(self, session: Session, resumed: bool) -> None:
        """Initializes, unless that is done, and says ready."""
        logs.send_to(session.outbox)
        if not resumed:
            self.grants.begin()
            refused = await self._initialize(session)
            if refused is not None:
                session.outbox.push(wire.PluginFrame(init_failed=refused))
                session.end(End.START_FAILED, refused.reason)
                return
        self.is_started = True
        session.outbox.push(wire.PluginFrame(ready=wire.Ready()))
        # What changed while it started, or while there was no session.
        self.grants.look()

    async def _initialize(self, session: Session) -> wire.InitFailed | None:
        on_start = self.handlers.get(Kind.START)
        if on_start is None:
            return None
        start = Start(self.link, session.outbox, self.environment.data_dir)
        try:
            await within(None, self.aside.invoke(on_start, start))
        except Fatal as error:
            return wire.InitFailed(reason=readable(error), final=True)
        except Exception as error:
            note()
            return wire.InitFailed(reason=readable(error))
        return None

    def grants_changed(self) -> None:
        """Tells the plugin; one that starts, once it has started."""
        if self.is_started:
            self.grants.look()

    async def app_changed(self) -> None:
        """The connected app is another, carries out other operations, or is gone."""
        # One after the other.
        async with self._telling_app:
            await self._tell(Kind.APP, Host(self.link, Cause()))

    async def app_told(self) -> None:
        """Waits until the plugin has been told of all changes of the app so far."""
        async with self._telling_app:
            return

    async def milestone(self, outbox: Outbox, told: wire.Lifecycle) -> None:
        """Something that happens once per version."""
        ack = await passed(told, self.handlers, self.link, self.aside)
        outbox.push(wire.PluginFrame(lifecycle=ack))

    async def drain(self) -> None:
        """Nothing new comes."""
        await self._tell(Kind.DRAIN)

    def stop(self, budget: float) -> None:
        """Ends the process within so many seconds."""
        if self._stopping is None:
            self._stopping = asyncio.ensure_future(self._stop(budget))

    def stop_at_sigterm(self) -> None:
        """To be told by SIGTERM as well."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.stop, _SIGTERM_BUDGET)

    # --- The end ------------------------------------------------------------------------------

    async def _stop(self, budget: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + budget
        if self._session is not None:
            await self._session.finish(budget / 2)
        for task in self.link.deferred():
            task.cancel()
        try:
            await within(max(0.0, until - loop.time()), self._tell(Kind.SHUTDOWN))
        except asyncio.TimeoutError:
            print("the shutdown handler ran out of time", flush=True)
        if self._session is not None:
            # What was noted last; a daemon that does not answer holds up no end.
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.link.usage.flush(), _LAST_NOTES)
            self._session.end(End.TOLD)

    async def _stopped(self) -> None:
        if self._stopping is not None:
            await self._stopping

    async def _tell(self, kind: Kind, *args: Any) -> None:
        function = self.handlers.get(kind)
        if function is None:
            return
        try:
            # Threads of their own: what hangs elsewhere takes no farewell.
            await within(None, Threads().invoke(function, *args))
        except Exception:
            note()
