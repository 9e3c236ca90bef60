"""What a plugin may ask of the daemon, whatever it is handling.

Refuses to know how it is asked; the link carries it.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, overload

from outboard_plugin.body import Said, body_of
from outboard_plugin.cause import Cause
from outboard_plugin.community import Channels, Messages, Users
from outboard_plugin.files import Files, attachment
from outboard_plugin.held import HeldThings
from outboard_plugin.link import Link, M, Message
from outboard_plugin.places import At, SettingsRegistered, shaped
from outboard_plugin.storage import Storage
from outboard_plugin.ui import Ui
from outboard_plugin.wire import common, configured, stored, wire

if TYPE_CHECKING:
    from outboard_plugin.interaction import Later


T = TypeVar("T")

#: What plugins log with: `ctx.log`, or `logging.getLogger("plugin")`.
LOG = logging.getLogger("plugin")


class Host:
    """The host API. One made by a handler's context names what is being handled as its cause."""

    log = LOG

    def __init__(self, link: Link, cause: Cause, workspace: str = "") -> None:
        self._link = link
        self._cause = cause
        #: Empty where the app has only one.
        self.workspace = workspace

    async def ask(self, method: str, request: Message, answer: type[M]) -> M:
        """Asks anything of the host API, with the wire's own messages, such as

        `await ctx.ask("Messages/List", operations.ListMessages(...), operations.MessagePage)`.
        What it needs, docs/writing-a-plugin.md says. Raises HostError.
        """
        return await self._link.ask(method, request, answer, self._cause)

    def wait(self, work: Awaitable[T]) -> T:
        """Waits for something async in a plain function, such as `ctx.wait(ctx.reply("done"))`.

        Raises RuntimeError in an async one, which awaits instead.
        """

        async def waited() -> T:
            return await work

        loop = self._link.loop
        if loop is None or _running() is loop:
            if asyncio.iscoroutine(work):
                work.close()
            raise RuntimeError("wait is for plain functions: an async one awaits instead")
        return asyncio.run_coroutine_threadsafe(waited(), loop).result()

    # --- Speaking -----------------------------------------------------------------------------

    async def send(
        self,
        channel: str,
        said: Said,
        *,
        thread: str = "",
        reply_to: str = "",
        role: common.Role = common.ROLE_UNSPECIFIED,
        key: str = "",
        metadata: Mapping[str, bytes] | None = None,
        files: Iterable[stored.FileInfo | str] = (),
        only_to: str = "",
        workspace: str | None = None,
    ) -> str:
        """Says it in the channel with this id, as the plugin's bot; the message's id.

        Needs `messages:send`, with `files` attached `files:write`. The same `key` within 24 hours
        is carried out once. With `only_to` one person sees it. Raises HostError.
        """
        request = wire.SendRequest(
            workspace=self.workspace if workspace is None else workspace,
            channel_id=channel,
            body=body_of(said),
            thread_root=thread,
            reply_to=reply_to,
            role=role,
            idempotency_key=key,
            metadata=metadata,
            attachments=[attachment(file) for file in files],
            only_to=only_to,
        )
        sent = await self._link.ask("Messages/Send", request, wire.SendResponse, self._cause)
        return sent.message_id

    async def emit(self, event: str, data: object = None, *, id: str = "") -> str:
        """Tells whoever subscribes to `plugin:<this plugin>:<event>` what has happened.

        `data` is anything that JSON has; the event's id is returned. Needs `events:emit`. Raises
        HostError.
        """
        request = wire.EmitRequest(
            event=event, json=json.dumps(data), workspace=self.workspace, id=id
        )
        told = await self._link.ask("Events/Emit", request, wire.EmitResponse, self._cause)
        return told.event_id

    async def call(self, plugin: str, method: str, data: object = None) -> Any:
        """Calls a method of another plugin and returns what it answers, read from JSON.

        It has what is left of what is being handled, and ends with it. Needs `plugins:call` for
        that plugin. Raises HostError; its detail `outcome` says `not_started` if nothing happened.
        """
        request = wire.CallPluginRequest(plugin=plugin, method=method, json=json.dumps(data))
        answer = await self._link.ask("Plugins/Call", request, wire.CallPluginResponse, self._cause)
        return json.loads(answer.json) if answer.json else None

    def later(self, interaction: str, seq: int = 1) -> Later:
        """The way to say more about a command that was deferred, also by an earlier process."""
        from outboard_plugin.interaction import Later

        return Later(self._link, interaction, seq)

    # --- Keeping ------------------------------------------------------------------------------

    @property
    def storage(self) -> Storage:
        """What this plugin keeps in the daemon. Needs `storage:read`, `storage:write`."""
        return Storage(self._link, self._cause)

    @property
    def files(self) -> Files:
        """Files of the chat server. Needs `files:read`, `files:write`."""
        return Files(self._link, self._cause, self.workspace)

    @property
    def messages(self) -> Messages:
        """Messages: edited, reacted to, read. Needs `messages:send`, `messages:history`."""
        return Messages(self._link, self._cause, self.workspace)

    @property
    def users(self) -> Users:
        """People. Needs `users:read`, `users:moderate`."""
        return Users(self._link, self._cause, self.workspace)

    @property
    def channels(self) -> Channels:
        """Channels. Needs `channels:read`, `channels:manage`."""
        return Channels(self._link, self._cause, self.workspace)

    @property
    def held(self) -> HeldThings:
        """What is held, and deciding about it."""
        return HeldThings(self._link, self._cause)

    @property
    def ui(self) -> Ui:
        """What this plugin shows in the app. Needs `ui:contribute`."""
        return Ui(self._link, self._cause)

    # --- Settings -----------------------------------------------------------------------------

    @overload
    async def settings(self) -> dict[str, Any]: ...
    @overload
    async def settings(self, into: Callable[..., T]) -> T: ...
    async def settings(self, into: Callable[..., Any] | None = None) -> Any:
        """The plugin's settings, without secrets: what counts for what is being handled.

        That is in its workspace and channel, for the person who acts. The daemon is asked only
        where something is set for less than the whole server, and then once. `into` makes them the
        author's own type, such as a dataclass. Raises ValueError where it cannot; HostError.
        """
        return shaped(await self._link.known.at(self._place()), into)

    async def secret(self, key: str) -> str:
        """A secret setting, as it counts here. Raises HostError: `SETTING_NOT_SET`."""
        place = self._place() or At()
        return await self._secret(configured.SettingsGetSecretRequest(key=key, **place._asdict()))

    async def register_settings(self, schema: Mapping[str, Any]) -> SettingsRegistered:
        """Has these settings, a JSON Schema of an object, stand beside the manifest's.

        That one must say `[settings] dynamic = true`. They take the place of what was registered
        before, and go with the process: `on_start` registers them anew. What was saved for them
        stays. Raises HostError.
        """
        registered = await self._link.known.register(json.dumps(schema))
        return SettingsRegistered(list(registered.missing), list(registered.unfit))

    async def _secret(self, request: configured.SettingsGetSecretRequest) -> str:
        found = await self._link.ask(
            "Settings/GetSecret", request, configured.SettingsSecret, Cause()
        )
        return found.value

    def _place(self) -> At | None:
        """Where what is being handled happens; None on the plugin's own account."""
        return None

    # --- Counting -----------------------------------------------------------------------------

    def track(self, action: str, *, value: float | None = None, **metadata: str) -> None:
        """Notes that something was used, such as `ctx.track("rolled", sides="6")`.

        An operator sees how often, and may follow each use with its metadata; values are added up.
        It needs no permission and waits for nothing. What does not fit is dropped: a name has up
        to 64 bytes of letters, digits and `. _ - : /`, the metadata 1 KiB.
        """
        self._link.usage.track(action, value, metadata)

    def count(self, name: str, by: int = 1, **labels: str) -> None:
        """Adds to a counter of this plugin's own, with up to 4 labels."""
        self._link.usage.count(name, by, labels)

    # --- Knowing ------------------------------------------------------------------------------

    @property
    def welcome(self) -> wire.Welcome:
        """What the daemon said when the session began, and since. Not to be changed."""
        return self._link.welcome

    @property
    def grants(self) -> Sequence[str]:
        """What the plugin may do now, such as `messages:send`. The operator may change that."""
        return list(self.welcome.grants)

    def may(self, permission: str) -> bool:
        """Whether it has a permission now; it may be limited to some channels.

        To do less without an optional one instead of being refused.
        """
        return permission in self.welcome.grants

    @property
    def generation(self) -> int:
        """The number of this process among all of this plugin's, from 1; 0 of one in a debugger."""
        return self.welcome.generation

    @property
    def previous_end(self) -> wire.EndRecord | None:
        """How the process before this one ended; None if there was none."""
        return self.welcome.previous_end if self.welcome.HasField("previous_end") else None

    @property
    def limits(self) -> wire.Limits:
        """What this process is held to."""
        return self.welcome.limits

    @property
    def call_timeout(self) -> float:
        """Seconds that one call may take where its hook or event says nothing of its own."""
        return self.limits.call_timeout_us / 1e6

    @property
    def bot(self) -> wire.Bot:
        """The account the plugin speaks as; its user_id is "" until the app has said what it is."""
        return self.welcome.bot

    @property
    def app(self) -> wire.AppInfo:
        """The connected app: name, version, operations, workspaces, language. Empty without one."""
        return self.welcome.app

    def app_can(self, operation: str) -> bool:
        """Whether a connected app carries out an operation, such as `messages.send`."""
        return operation in self.app.operations

    @property
    def data_dir(self) -> Path:
        """The folder that outlives the process."""
        return Path(self.welcome.data_dir)

    @property
    def daemon_version(self) -> str:
        return self.welcome.daemon_version

    @property
    def public_url(self) -> str:
        """Where people reach the app from outside; empty where no connected app says."""
        return self.welcome.app.public_url


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
