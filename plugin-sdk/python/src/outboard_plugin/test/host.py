"""The host API under test: what a plugin sends is kept instead of carried out.

Refuses to judge what is sent, unless a test told it to.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from outboard_plugin.body import text_of
from outboard_plugin.error import HostError
from outboard_plugin.reply import Reply
from outboard_plugin.test.shelf import Shelf
from outboard_plugin.ui import Blocks
from outboard_plugin.wire import common, configured, showing, stored, usage, wire


class Sent(NamedTuple):
    """A message that the plugin sent."""

    #: The channel's id; None where the plugin replied to what it was handling.
    channel: str | None
    text: str
    #: The request itself.
    wire: wire.SendRequest | wire.ReplyRequest


class FollowUp(NamedTuple):
    """What the plugin said to a command that it deferred."""

    interaction_id: str
    seq: int
    reply: Reply
    last: bool

    @property
    def text(self) -> str:
        return self.reply.text


class Emitted(NamedTuple):
    """An event of its own that the plugin told."""

    #: Without `plugin:<name>:`.
    event: str
    data: Any


class Tracked(NamedTuple):
    """Something that the plugin noted as used."""

    action: str
    metadata: dict[str, str]
    value: float | None


class Decided(NamedTuple):
    """A decision of the plugin about something held."""

    id: str
    #: `released` or `dropped`.
    decision: str
    reason: str


#: Answers another plugin's method, given its data.
Answer = Callable[[Any], object]


class FakeHost:
    """What the host API was asked, and what it answers."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.emitted: list[Emitted] = []
        self.tracked: list[Tracked] = []
        #: By name; with labels it is `name{key=value}`.
        self.counted: dict[str, int] = {}
        self.follow_ups: list[FollowUp] = []
        self.decided: list[Decided] = []
        self.held: list[common.HeldItem] = []
        self.storage = Shelf()
        self.answers: dict[tuple[str, str], Answer] = {}
        #: Of what the app is asked besides sending: `Service/Method` and the request.
        self.acts: list[tuple[str, Any]] = []
        #: What the app answers, by `Service/Method`; else what was done is done.
        self.found: dict[str, Any] = {}
        #: Files that the app has, by id.
        self.files: dict[str, tuple[stored.FileInfo, bytes]] = {}
        #: Metadata of each call, in order.
        self.metadata: list[dict[str, str]] = []
        #: What counts in a place, by channel and person; an empty id stands for any.
        self.settings: dict[tuple[str, str], str] = {}
        self.secrets: dict[str, str] = {}
        #: The schema of settings that the plugin registered.
        self.registered: dict[str, Any] | None = None
        #: Secrets of the change that waits for an answer, and its number.
        self.saving: tuple[int, dict[str, str]] = (0, {})
        #: What is shown: blocks, and what pages are told.
        self.shown: dict[str, Blocks] = {}
        self.pages: dict[str, Any] = {}
        self._revision = 0
        #: What counts on the whole server.
        self.server_settings: Callable[[], str] = lambda: "{}"
        #: Everything is refused with this.
        self.refusal: HostError | None = None

    def answer(self, method: str, request: Any) -> Any:
        """The answer to a unary call of `Service/Method`. Raises HostError."""
        if self.refusal is not None:
            raise self.refusal
        if method in _METHODS:
            return _METHODS[method](self, request)
        self.acts.append((method, request))
        if method in self.found:
            return self.found[method]
        if method.split("/")[1] in ("Get", "Search"):
            raise HostError("NOT_FOUND", "the test has not said what is found")
        return None

    def store(self, name: str, content: bytes, mime: str = "") -> stored.FileInfo:
        """The app has a file from now on."""
        file = common.Attachment(
            id=f"file-{len(self.files) + 1}", name=name, mime=mime, size_bytes=len(content)
        )
        info = stored.FileInfo(file=file)
        self.files[file.id] = (info, content)
        return info

    def look(self, id: str) -> tuple[stored.FileInfo, bytes]:
        """A file that the app has. Raises HostError."""
        if self.refusal is not None:
            raise self.refusal
        if id not in self.files:
            raise HostError("NOT_FOUND", f"there is no file {id}")
        return self.files[id]

    def hold(self, hold: common.Hold) -> None:
        """Keeps what the plugin under test holds, as the daemon would list it."""
        number = self.held[-1].number + 1 if self.held else 1
        self.held.append(
            common.HeldItem(
                id=hold.id or f"held-{number}",
                queue=hold.queue,
                reason=hold.reason,
                expires_at_us=hold.expires_at_us,
                number=number,
            )
        )

    def _settings_at(
        self, request: configured.SettingsGetRequest
    ) -> configured.SettingsGetResponse:
        here = (request.channel, request.user)
        fits = [
            place
            for place in self.settings
            if all(known in ("", it) for known, it in zip(place, here, strict=True))
        ]
        # One person's wish is narrower than a channel's.
        found = max(fits, key=lambda place: (place[1] != "", place[0] != ""), default=None)
        counts = self.server_settings() if found is None else self.settings[found]
        return configured.SettingsGetResponse(json=counts)

    def _register_settings(
        self, request: configured.SettingsRegisterRequest
    ) -> configured.SettingsRegisterResponse:
        schema: dict[str, Any] = json.loads(request.schema)
        self.registered = schema
        properties: dict[str, Any] = schema.get("properties", {})
        defaults = {key: of["default"] for key, of in properties.items() if "default" in of}
        counts = {**defaults, **json.loads(self.server_settings() or "{}")}
        missing = [key for key in schema.get("required", ()) if key not in counts]
        return configured.SettingsRegisterResponse(
            settings=json.dumps(counts), narrowed=bool(self.settings), missing=missing
        )

    def _secret(self, request: configured.SettingsGetSecretRequest) -> configured.SettingsSecret:
        change, saving = self.saving
        if request.change and request.change != change:
            raise HostError("SETTINGS_CHANGE_OVER", "that change waits for no answer")
        known = {**self.secrets, **saving} if request.change else self.secrets
        if request.key not in known:
            raise HostError("SETTING_NOT_SET", f"the secret {request.key} is not set")
        return configured.SettingsSecret(value=known[request.key])

    def _register(self, request: showing.UiRegisterRequest) -> showing.UiRegistered:
        of = request.contribution
        if of.HasField("blocks"):
            self.shown[of.id] = Blocks(of.blocks)
        else:
            self.pages[of.id] = json.loads(request.data or "null")
        return showing.UiRegistered()

    def _update(self, request: showing.UiUpdateRequest) -> showing.UiUpdated:
        if request.HasField("blocks"):
            self.shown[request.id] = Blocks(request.blocks)
        else:
            self.pages[request.id] = json.loads(request.data)
        self._revision += 1
        return showing.UiUpdated(revision=self._revision)

    def _remove(self, request: showing.UiRemoveRequest) -> showing.UiRemoved:
        self.shown.pop(request.id, None)
        self.pages.pop(request.id, None)
        return showing.UiRemoved()

    def _send(self, request: wire.SendRequest) -> wire.SendResponse:
        self.sent.append(Sent(request.channel_id, text_of(request.body), request))
        return wire.SendResponse(message_id=f"sent-{len(self.sent)}")

    def _reply(self, request: wire.ReplyRequest) -> wire.SendResponse:
        self.sent.append(Sent(None, text_of(request.body), request))
        return wire.SendResponse(message_id=f"sent-{len(self.sent)}")

    def _emit(self, request: wire.EmitRequest) -> wire.EmitResponse:
        self.emitted.append(Emitted(request.event, json.loads(request.json)))
        return wire.EmitResponse(event_id=f"event-{len(self.emitted)}", subscriptions=1)

    def _track(self, request: usage.TrackRequest) -> usage.UsageTaken:
        for use in request.uses:
            value = use.value if use.HasField("value") else None
            self.tracked.append(Tracked(use.action, dict(use.metadata), value))
        return usage.UsageTaken(taken=len(request.uses))

    def _count(self, request: usage.CountRequest) -> usage.UsageTaken:
        for it in request.counts:
            labels = ",".join(f"{key}={value}" for key, value in sorted(it.labels.items()))
            name = f"{it.name}{{{labels}}}" if labels else it.name
            self.counted[name] = self.counted.get(name, 0) + max(it.by, 1)
        return usage.UsageTaken(taken=len(request.counts))

    def _follow_up(self, request: wire.FollowUpRequest) -> wire.FollowUpResponse:
        said = FollowUp(
            request.interaction_id, request.seq, Reply.from_wire(request.reply), request.last
        )
        if not any(it[:2] == said[:2] for it in self.follow_ups):
            self.follow_ups.append(said)
        return wire.FollowUpResponse(message_id=f"follow-up-{request.seq}")

    def _call(self, request: wire.CallPluginRequest) -> wire.CallPluginResponse:
        answer = self.answers.get((request.plugin, request.method))
        if answer is None:
            raise HostError("UNKNOWN_PLUGIN", f"no plugin {request.plugin} is loaded")
        return wire.CallPluginResponse(json=json.dumps(answer(json.loads(request.json))))

    def _release(self, request: wire.ReleaseHeldRequest) -> wire.HeldResponse:
        return self._decide(Decided(request.id, "released", ""))

    def _drop(self, request: wire.DropHeldRequest) -> wire.HeldResponse:
        return self._decide(Decided(request.id, "dropped", request.reason.text))

    def _decide(self, decided: Decided) -> wire.HeldResponse:
        if not any(item.id == decided.id for item in self.held):
            raise HostError("UNKNOWN_HELD", f"nothing is held under {decided.id}")
        self.held = [item for item in self.held if item.id != decided.id]
        self.decided.append(decided)
        return wire.HeldResponse(told=True)

    def _list_held(self, request: wire.ListHeldRequest) -> wire.ListHeldResponse:
        listed = [
            item
            for item in self.held
            if item.number > request.after and request.queue in ("", item.queue)
        ]
        return wire.ListHeldResponse(items=listed)


#: What each method does.
_METHODS: dict[str, Callable[[FakeHost, Any], Any]] = {
    "Messages/Send": FakeHost._send,
    "Messages/Reply": FakeHost._reply,
    "Messages/ReleaseHeld": FakeHost._release,
    "Messages/DropHeld": FakeHost._drop,
    "Messages/ListHeld": FakeHost._list_held,
    "Events/Emit": FakeHost._emit,
    "Interactions/FollowUp": FakeHost._follow_up,
    "Usage/Track": FakeHost._track,
    "Usage/Count": FakeHost._count,
    "Plugins/Call": FakeHost._call,
    "Settings/Get": FakeHost._settings_at,
    "Settings/GetSecret": FakeHost._secret,
    "Settings/Register": FakeHost._register_settings,
    "Ui/Register": FakeHost._register,
    "Ui/Update": FakeHost._update,
    "Ui/Remove": FakeHost._remove,
    "Files/Stat": lambda host, it: host.look(it.file_id)[0],
    "Storage/Get": lambda host, it: host.storage.get(it.key),
    "Storage/List": lambda host, it: host.storage.list(it),
    "Storage/Usage": lambda host, _: host.storage.usage(),
    "Storage/Batch": lambda host, it: host.storage.batch(it.changes),
}
