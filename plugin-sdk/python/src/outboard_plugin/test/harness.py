"""A plugin with a daemon around it, for unit tests.

The plugin runs in the test's own loop and speaks the real protocol over a real socket. Refuses to
know permissions and filters: what is called here is handled.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from outboard_plugin.body import Said
from outboard_plugin.error import HostError, NotStarted
from outboard_plugin.manifest import Argument, Manifest
from outboard_plugin.plugin import Plugin
from outboard_plugin.process import Environment, Process
from outboard_plugin.reply import Reply
from outboard_plugin.test.daemon import FakeDaemon
from outboard_plugin.test.host import Answer, Decided, Emitted, FakeHost, FollowUp, Sent, Tracked
from outboard_plugin.test.life import Life, names_of
from outboard_plugin.test.outcome import Failed, HttpAnswer, Outcome
from outboard_plugin.test.shelf import Shelf
from outboard_plugin.test.things import What, event_of, payload_of, person, place
from outboard_plugin.ui import Blocks
from outboard_plugin.wire import common, wire

#: Seconds that a call may take, as in the daemon.
_BUDGET = 5.0


class Harness(Life):
    """A plugin with a daemon around it, while the `async with` block lasts.

    It starts with these settings and grants. Raises NotStarted where code and plugin.toml differ,
    or the start handler fails.
    """

    def __init__(
        self,
        plugin: Plugin,
        *,
        settings: Mapping[str, Any] | None = None,
        grants: Iterable[str] = (),
    ) -> None:
        self._plugin = plugin
        self._host = FakeHost()
        self._settings = json.dumps(dict(settings or {}))
        self._grants = list(grants)
        self._number = 0

    async def __aenter__(self) -> Harness:
        self._folder = tempfile.TemporaryDirectory(prefix="ob")
        self.manifest = _checked(self._plugin)
        folder = Path(self._folder.name)
        self.daemon = FakeDaemon(str(folder / "socket"), host=self._host)
        self.daemon.welcome.settings = self._settings
        self.daemon.welcome.scoped_grants.extend(self._grants)
        self.daemon.welcome.grants.extend(names_of(self._grants))
        self.daemon.welcome.data_dir = str(folder)
        await self.daemon.start()
        environment = Environment(self.daemon.socket, self.daemon.token, folder)
        self.process = Process(self._plugin.handlers, self.manifest, environment)
        self._host.server_settings = lambda: self.process.link.welcome.settings
        self._serving = asyncio.ensure_future(self.process.serve())
        self._serving.add_done_callback(lambda _: asyncio.ensure_future(self.daemon.wake()))
        ready = asyncio.ensure_future(self.daemon.hear("ready"))
        await asyncio.wait([self._serving, ready], return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            await self._leave()
            await self._serving
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._serving.done():
            self.daemon.say(shutdown=wire.Shutdown(budget_us=2_000_000, reason="the test is over"))
        await asyncio.wait([self._serving], timeout=3)
        self._serving.cancel()
        await self._leave()

    async def _leave(self) -> None:
        await self.daemon.stop()
        self._folder.cleanup()

    # --- Asking -------------------------------------------------------------------------------

    async def hook(
        self,
        name: str,
        /,
        text: Said = "",
        *,
        payload: common.HookPayload | None = None,
        budget: float = _BUDGET,
        **what: Any,
    ) -> Outcome:
        """Asks at a hook: about a message of `sender` in `channel`, or any `payload`.

        `stored` is an edit's old text, `texts` are those about to be shown, `data` is what a hook
        of the app's own is about. Raises Failed.
        """
        asked = payload or payload_of(name, What(text=text, **what))
        reply = await self._call(budget, intercept=wire.Intercept(payload=asked))
        if reply.hook.HasField("hold"):
            self._host.hold(reply.hook.hold)
        return Outcome(reply.hook)

    async def event(
        self,
        type: str,
        /,
        text: Said = "",
        *,
        event: common.Event | None = None,
        attempt: int = 1,
        budget: float = _BUDGET,
        **what: Any,
    ) -> None:
        """Tells of an event, as `hook` asks; waits until its handler is done. Raises Failed."""
        delivery = wire.Delivery(
            delivery=self._next(),
            event=event or event_of(type, What(text=text, **what)),
            attempt=attempt,
            budget_us=int(budget * 1e6),
        )
        self.daemon.say(event=delivery)
        ack = await self._answered("ack", "delivery", delivery.delivery, budget)
        if ack.HasField("failure"):
            raise Failed(ack.failure)

    async def fire(self, schedule: str) -> None:
        """Tells that a schedule of the manifest has come round. Raises Failed."""
        of = common.Schedule(name=schedule, scheduled_at_us=1_782_864_000_000_000)
        event = common.Event(id="event-1", type="schedule.fired", schedule=of)
        await self.event("schedule.fired", event=event)

    async def command(
        self,
        name: str,
        args: Mapping[str, Any] | None = None,
        /,
        *,
        sender: str = "ada",
        channel: str = "town-square",
        text: str = "",
        budget: float = _BUDGET,
        **named: Any,
    ) -> Reply:
        """Runs a command with these arguments, by name or in a dict. Raises Failed.

        Where the manifest declares others, that is `BAD_ARGUMENTS`. "todo add" is a subcommand. An
        argument called `text` is also what was typed.
        """
        given = {**(args or {}), **named}
        declared = self.manifest.arguments(name)
        if text and any(it.name == "text" for it in declared or ()):
            given.setdefault("text", text)
        word, _, subcommand = name.partition(" ")
        run = wire.RunCommand(
            interaction_id=f"interaction-{self._number + 1}",
            name=word,
            subcommand=subcommand,
            args=_values(name, declared, given),
            channel=place(channel),
            sender=person(sender),
            text=text or " ".join(str(value) for value in given.values()),
        )
        reply = await self._call(budget, command=run)
        return Reply.from_wire(reply.interaction)

    async def action(
        self, component: str, action: str = "", data: object = None, *, sender: str = "ada"
    ) -> Reply:
        """Does something to a component of the plugin. Raises Failed."""
        return await self._did(sender, component=component, action=action, json=json.dumps(data))

    async def press(
        self,
        component: str,
        action: str,
        value: str = "",
        /,
        *,
        sender: str = "ada",
        message_id: str = "",
        **fields: Any,
    ) -> Reply:
        """Presses a button, or chooses an entry of a menu; `fields` are what is filled in beside.

        Raises Failed.
        """
        return await self._did(
            sender,
            component=component,
            action=action,
            value=value,
            message_id=message_id,
            values=_filled(fields),
        )

    async def submit(
        self, modal: str, /, *, state: str = "", sender: str = "ada", **fields: Any
    ) -> Reply:
        """Sends a form, filled in; `state` is what the plugin gave it. Raises Failed."""
        return await self._did(sender, modal=modal, state=state, values=_filled(fields))

    async def autocomplete(self, command: str, argument: str, prefix: str = "") -> Sequence[str]:
        """What is offered while an argument is typed. Raises Failed."""
        word, _, subcommand = command.partition(" ")
        asked = wire.Autocomplete(
            command=word,
            subcommand=subcommand,
            argument=argument,
            prefix=prefix,
            sender=person("ada"),
            channel=place("town-square"),
        )
        reply = await self._call(_BUDGET, autocomplete=asked)
        return list(reply.choices.choices)

    async def call(self, method: str, data: object = None, *, caller: str = "test") -> Any:
        """Calls a method as another plugin would; what it answers. Raises Failed."""
        asked = wire.PluginCall(
            caller=caller, method=method, json=json.dumps(data), hops=1, chain=[caller]
        )
        reply = await self._call(_BUDGET, plugin=asked)
        return json.loads(reply.json)

    async def http(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        route: str = "",
        query: str = "",
        headers: Mapping[str, str] | None = None,
        user: str = "anonymous",
    ) -> HttpAnswer:
        """Makes a request of a route. Raises Failed."""
        request = wire.HttpRequest(
            method=method,
            path=path,
            route=route or path,
            query=query,
            headers={name.lower(): value for name, value in (headers or {}).items()},
            user=user,
            content=body,
        )
        reply = await self._call(_BUDGET, http=request)
        content = reply.http.content
        if reply.http.body:
            content = await self._whole(reply.http.body)
        return HttpAnswer(reply.http.status, dict(reply.http.headers), content)

    # --- Looking ------------------------------------------------------------------------------

    @property
    def sent(self) -> Sequence[Sent]:
        """What the plugin sent so far, the oldest first."""
        return self._host.sent

    @property
    def emitted(self) -> Sequence[Emitted]:
        """Events of its own that it told so far."""
        return self._host.emitted

    async def tracked(self) -> Sequence[Tracked]:
        """What it noted as used so far."""
        await self.process.link.usage.flush()
        return self._host.tracked

    async def counted(self, name: str) -> int:
        """How far a counter of its own has grown; with labels it is `name{key=value}`."""
        await self.process.link.usage.flush()
        return self._host.counted.get(name, 0)

    @property
    def decided(self) -> Sequence[Decided]:
        """What it decided so far about things held."""
        return self._host.decided

    @property
    def said(self) -> str:
        """Pieces of replies so far, put together."""
        return "".join(frame.partial.delta for frame in self.daemon.heard("partial"))

    @property
    def acts(self) -> Sequence[tuple[str, Any]]:
        """What it had the app do besides sending: `Messages/React` and the request."""
        return self._host.acts

    def file(self, id: str) -> bytes:
        """The content of a file that the app has, such as one that was uploaded."""
        return self._host.files[id][1]

    def shown(self, component: str) -> Blocks | None:
        """What a component says, as the plugin last said it; None if it said nothing."""
        return self._host.shown.get(component)

    def page(self, component: str) -> Any:
        """What a page of the plugin's was last told."""
        return self._host.pages.get(component)

    @property
    def storage(self) -> Shelf:
        """What it keeps: a dict of JSON values."""
        return self._host.storage

    async def follow_ups(self, count: int) -> Sequence[FollowUp]:
        """Waits until so many follow-ups to deferred commands were said; all of them."""
        await self.daemon.until(lambda: len(self._host.follow_ups) >= count)
        return self._host.follow_ups

    # --- Arranging ----------------------------------------------------------------------------

    def answer(self, plugin: str, method: str, answer: Answer) -> None:
        """From now on another plugin answers calls of its method: a function of the data."""
        self._host.answers[plugin, method] = answer

    def finds(self, method: str, found: Any) -> None:
        """From now on the app answers so, such as `Users/Get` with an `operations.User`."""
        self._host.found[method] = found

    def has_file(self, name: str, content: bytes) -> str:
        """The app has a file; its id."""
        return self._host.store(name, content).file.id

    def refuse(self, reason: str = "PERMISSION_DENIED", message: str = "refused by a test") -> None:
        """From now on the host API refuses everything."""
        self._host.refusal = HostError(reason, message)

    def cancel(self, interaction_id: str) -> None:
        """Nobody wants more of a deferred command."""
        cancel = wire.CancelInteraction(interaction_id=interaction_id, reason="by a test")
        self.daemon.say(cancel_interaction=cancel)

    # --- Frames -------------------------------------------------------------------------------

    async def _did(self, sender: str, **of: Any) -> Reply:
        asked = wire.UiAction(
            interaction_id=f"interaction-{self._number + 1}",
            channel=place("town-square"),
            sender=person(sender),
            **of,
        )
        reply = await self._call(_BUDGET, ui=asked)
        return Reply.from_wire(reply.interaction)

    async def _call(self, budget: float, **of: Any) -> Any:
        call = wire.Call(id=self._next(), budget_us=int(budget * 1e6), attempt=1, **of)
        self.daemon.say(call=call)
        reply = await self._answered("reply", "call", call.id, budget)
        if reply.HasField("failure"):
            raise Failed(reply.failure)
        return reply

    async def _answered(self, kind: str, key: str, number: int, budget: float) -> Any:
        def found() -> list[Any]:
            frames = (getattr(frame, kind) for frame in self.daemon.heard(kind))
            return [frame for frame in frames if getattr(frame, key) == number]

        await self.daemon.until(lambda: bool(found()) or self._serving.done(), budget + 5)
        if not found():
            await self._serving
            raise NotStarted("the plugin has ended")
        return found()[0]

    async def _whole(self, stream: int) -> bytes:
        def chunks() -> list[common.Chunk]:
            every = (frame.chunk for frame in self.daemon.heard("chunk"))
            return [chunk for chunk in every if chunk.stream == stream]

        def ended() -> bool:
            return any(chunk.last or chunk.abort for chunk in chunks())

        await self.daemon.until(ended)
        broke = next((chunk.abort for chunk in chunks() if chunk.abort), "")
        if broke:
            raise ConnectionError(f"the body broke off: {broke}")
        return b"".join(chunk.data for chunk in chunks())


def _checked(plugin: Plugin) -> Manifest:
    try:
        manifest = plugin.manifest
    except NotStarted:
        # A plugin made up for a test.
        return Manifest(Path("plugin.toml"), {"name": "test", "version": "0.1.0"})
    faults = manifest.faults(plugin.handlers)
    if faults:
        raise NotStarted("\n".join(faults))
    return manifest


def _values(
    command: str, declared: Sequence[Argument] | None, given: Mapping[str, Any]
) -> dict[str, common.Value]:
    """The arguments as the daemon would have parsed them."""
    if declared is None:
        return {name: _value(value) for name, value in given.items()}
    kinds = {it.name: it.type for it in declared}
    unknown = [name for name in given if name not in kinds]
    missing = [it.name for it in declared if not it.optional and it.name not in given]
    if unknown or missing:
        words = f"/{command}: unknown {unknown}, missing {missing}"
        raise Failed(common.Failure(reason=common.REASON_BAD_ARGUMENTS, message=words))
    return {name: common.Value(**{kinds[name]: value}) for name, value in given.items()}


def _filled(fields: Mapping[str, Any]) -> dict[str, common.Value]:
    """Fields as the daemon would have checked them; an empty one does not come."""
    return {id: _value(value) for id, value in fields.items() if value is not None}


def _value(value: Any) -> common.Value:
    kind = {bool: "boolean", int: "integer", float: "number"}.get(type(value), "string")
    return common.Value(**{kind: value})
