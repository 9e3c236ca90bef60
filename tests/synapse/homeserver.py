"""A Synapse homeserver with the module, on loopback, and clients that use it.

Refuses to know plugins.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import yaml
from nio import (
    AsyncClient,
    AsyncClientConfig,
    MatrixRoom,
    RoomMessage,
    RoomPreset,
    RoomRedactError,
    RoomSendError,
    RoomSendResponse,
    SyncResponse,
    TypingNoticeEvent,
)

from processes import Process, free_port, wait_until

_T = TypeVar("_T")

#: Seconds that any one thing a client does may take.
PATIENCE = 20


class Homeserver:
    """The server process and its address."""

    def __init__(self, work: Path, app_socket: Path) -> None:
        self._folder = work / "synapse"
        self._folder.mkdir()
        self._config = self._folder / "homeserver.yaml"
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: Process | None = None
        self._write_config(app_socket)

    def start(self) -> None:
        """Starts it; returns when it answers. It may be started again once it is stopped."""
        log = self._folder / "homeserver.log"
        process = Process("synapse", [*_SYNAPSE, "--config-path", self._config], log)
        self._process = process
        wait_until("synapse answers", lambda: self._answers(process), 120)

    def stop(self) -> None:
        """Stops it, if it runs."""
        if self._process is not None:
            self._process.stop()

    def tail(self) -> str:
        """The end of its log, for people."""
        return self._process.tail() if self._process is not None else ""

    def hook_seconds(self) -> list[float]:
        """How long each hook took so far, as the module logged it."""
        log = (self._folder / "homeserver.log").read_text(errors="replace")
        marked = (
            line.partition(" took ")[2] for line in log.splitlines() if "outboard hook" in line
        )
        return [float(rest.split()[0]) for rest in marked if rest]

    def _answers(self, process: Process) -> bool:
        if not process.running:
            raise RuntimeError(f"synapse ended:\n{process.tail()}")
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=2) as health:
                return health.status == 200
        except OSError:
            return False

    def _write_config(self, app_socket: Path) -> None:
        generate = ["--generate-config", "--report-stats=no", "--server-name", "localhost"]
        command = [*_SYNAPSE, "--config-path", self._config, *generate]
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder, timeout=120)
        config: dict[str, Any] = yaml.safe_load(self._config.read_text())
        config |= _SETTINGS
        config["listeners"] = [_listener(self._port)]
        config["modules"] = [
            {"module": "outboard_synapse.OutboardModule", "config": {"socket": str(app_socket)}}
        ]
        log_config = self._folder / "log.yaml"
        log_config.write_text(yaml.safe_dump(_LOGGING))
        config["log_config"] = str(log_config)
        self._config.write_text(yaml.safe_dump(config))


#: A sync brings ten messages at most unless told otherwise, and leaves gaps.
_EVERYTHING = {"room": {"timeline": {"limit": 1000}}}

_SYNAPSE = [sys.executable, "-m", "synapse.app.homeserver"]

_UNLIMITED = {"per_second": 10_000, "burst_count": 10_000}

_SETTINGS: dict[str, Any] = {
    "trusted_key_servers": [],
    "suppress_key_server_warning": True,
    "enable_registration": True,
    "enable_registration_without_verification": True,
    "rc_message": _UNLIMITED,
    "rc_registration": _UNLIMITED,
    "rc_joins": {"local": _UNLIMITED, "remote": _UNLIMITED},
    "rc_login": {"address": _UNLIMITED, "account": _UNLIMITED, "failed_attempts": _UNLIMITED},
}

_LOGGING = {
    "version": 1,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"level": "WARNING", "handlers": ["out"]},
    "loggers": {"outboard_app": {"level": "INFO"}, "outboard_synapse": {"level": "DEBUG"}},
    "disable_existing_loggers": False,
}


def _listener(port: int) -> dict[str, Any]:
    resources = [{"names": ["client", "media"], "compress": False}]
    where = {"port": port, "bind_addresses": ["127.0.0.1"], "tls": False, "type": "http"}
    return where | {"x_forwarded": False, "resources": resources}


@dataclass(frozen=True)
class Sent:
    """What came of sending one message."""

    text: str
    event_id: str
    refusal: str
    seconds: float


class Person:
    """Somebody with a client."""

    def __init__(self, server: Homeserver, name: str) -> None:
        # nio would try again for ever; the story wants to know.
        config = AsyncClientConfig(max_limit_exceeded=0, max_timeouts=0, request_timeout=PATIENCE)
        self._client = AsyncClient(server.url, f"@{name}:localhost", config=config)
        self._name = name
        self.messages: list[RoomMessage] = []
        self._rooms: list[str] = []
        self._typing: list[str] = []
        self._client.add_event_callback(self._heard, RoomMessage)
        self._client.add_ephemeral_callback(self._types, TypingNoticeEvent)
        self._syncing: asyncio.Task[None] | None = None

    async def register(self) -> None:
        await _soon(self._client.register(self._name, "a long pass phrase"))
        assert self._client.access_token, f"{self._name} could not register"
        self._syncing = asyncio.ensure_future(self._sync())

    async def close(self) -> None:
        if self._syncing is not None:
            self._syncing.cancel()
            await asyncio.gather(self._syncing, return_exceptions=True)
        await self._client.close()

    async def create_room(self, name: str) -> str:
        preset = RoomPreset.public_chat
        made = await _soon(self._client.room_create(alias=name, name=name, preset=preset))
        return made.room_id

    async def create_private_room(self) -> str:
        preset = RoomPreset.private_chat
        return (await _soon(self._client.room_create(name="private", preset=preset))).room_id

    async def join(self, room_id: str) -> None:
        joined = await _soon(self._client.join(room_id))
        assert getattr(joined, "room_id", None), f"{self._name} could not join: {joined}"

    async def can_join(self, room_id: str) -> bool:
        """Tries to join."""
        return bool(getattr(await _soon(self._client.join(room_id)), "room_id", None))

    async def set_power(self, room_id: str, user_id: str, level: int) -> None:
        """Gives somebody a level of power."""
        path = f"/_matrix/client/v3/rooms/{room_id}/state/m.room.power_levels/"
        levels = await self.call("GET", path)
        levels["users"] = levels.get("users", {}) | {user_id: level}
        await self.call("PUT", path, levels)

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Calls the client-server API as this person. Raises AssertionError with what it says."""

        def call() -> Any:
            request = urllib.request.Request(
                self._client.homeserver + urllib.parse.quote(path),
                None if body is None else json.dumps(body).encode(),
                {"Authorization": f"Bearer {self._client.access_token}"},
                method=method,
            )
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as error:
                raise AssertionError(f"{method} {path}: {error.read().decode()}") from error

        return await asyncio.to_thread(call)

    @property
    def id(self) -> str:
        return self._client.user_id

    async def leave(self, room_id: str) -> None:
        await _soon(self._client.room_leave(room_id))

    async def rename(self, room_id: str, name: str) -> None:
        """Takes another name; returns when the room has it, which is later."""
        await _soon(self._client.set_displayname(name))
        me = self._client.user_id
        async with asyncio.timeout(PATIENCE):
            while True:
                state = await self._client.room_get_state_event(room_id, "m.room.member", me)
                if getattr(state, "content", {}).get("displayname") == name:
                    return
                await asyncio.sleep(0.02)

    async def is_invited(self, by: str) -> str:
        """Waits for an invitation; the room."""
        rooms = self._client.invited_rooms
        return await self._waits(
            f"an invitation by {by}",
            lambda: next((room_id for room_id, room in rooms.items() if room.inviter == by), None),
        )

    async def send(self, room_id: str, text: str, **more: Any) -> Sent:
        """Sends a message and says what the server made of it."""
        content = {"msgtype": "m.text", "body": text} | more
        return await self.send_event(room_id, "m.room.message", content)

    async def edit(self, room_id: str, event_id: str, text: str) -> Sent:
        new = {"msgtype": "m.text", "body": text}
        relates = {"rel_type": "m.replace", "event_id": event_id}
        more = {"m.new_content": new, "m.relates_to": relates}
        return await self.send(room_id, f"* {text}", **more)

    async def send_event(self, room_id: str, kind: str, content: dict[str, Any]) -> Sent:
        """Sends any event and says what the server made of it."""
        started = time.monotonic()
        sent = await _soon(self._client.room_send(room_id, kind, content))
        seconds = time.monotonic() - started
        text = str(content.get("body", ""))
        if isinstance(sent, RoomSendResponse):
            return Sent(text, sent.event_id, "", seconds)
        assert isinstance(sent, RoomSendError), f"neither sent nor refused: {sent}"
        return Sent(text, "", f"{sent.status_code} {sent.message}", seconds)

    async def redact(self, room_id: str, event_id: str) -> str:
        """Deletes a message; the refusal if it may not be."""
        done = await _soon(self._client.room_redact(room_id, event_id))
        refused = isinstance(done, RoomRedactError)
        return f"{done.status_code} {done.message}" if refused else ""

    async def sees(self, text: str, by: str = "") -> RoomMessage:
        """Waits until a message with `text` in it arrives, by a sender whose id has `by` in it."""
        return await self._sees(
            repr(text),
            lambda message: (
                text in message.source["content"].get("body", "") and by in message.sender
            ),
        )

    async def room_of(self, text: str, by: str) -> str:
        """The room where a message with `text` arrives, by a sender whose id has `by` in it."""
        message = await self.sees(text, by)
        return self._rooms[self.messages.index(message)]

    async def sees_typing(self, user_id: str, typing: bool = True) -> None:
        """Waits until somebody types, or has stopped."""
        await self._waits(
            f"{user_id} typing" if typing else f"{user_id} not typing",
            lambda: ((user_id in self._typing) == typing) or None,
        )

    async def sees_event(self, event_id: str) -> RoomMessage:
        """Waits until a certain event arrives."""
        return await self._sees(event_id, lambda message: message.event_id == event_id)

    async def _sees(self, what: str, wanted: Callable[[RoomMessage], bool]) -> RoomMessage:
        return await self._waits(what, lambda: next(filter(wanted, self.messages), None))

    async def _waits(self, what: str, found: Callable[[], _T | None]) -> _T:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if (thing := found()) is not None:
                return thing
            await asyncio.sleep(0.02)
        raise TimeoutError(f"{self._name} never saw {what}")

    async def _sync(self) -> None:
        while True:
            try:
                answer = await self._client.sync(timeout=5_000, sync_filter=_EVERYTHING)
            except (aiohttp.ClientError, TimeoutError):
                answer = None  # The server is away for a while.
            if not isinstance(answer, SyncResponse):
                await asyncio.sleep(0.2)

    def _heard(self, room: MatrixRoom, event: RoomMessage) -> None:
        self.messages.append(event)
        self._rooms.append(room.room_id)

    def _types(self, _room: MatrixRoom, event: TypingNoticeEvent) -> None:
        self._typing = event.users


async def _soon(act: Awaitable[_T]) -> _T:
    return await asyncio.wait_for(act, PATIENCE)
