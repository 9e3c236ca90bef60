"""What plugins may ask besides sending: which handler carries which out, and how it is answered.

A table and its types. Refuses to know how requests come in and in what order they are done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from outboard_app.wire import FRAME_BYTES, app, common, files, operations, transfer

T = TypeVar("T")

#: Room that a frame needs around a page, bytes.
_ROOM = 1024


@dataclass(frozen=True)
class Asked(Generic[T]):
    """Something that a plugin wants carried out."""

    plugin: str
    version: str
    bot_username: str
    bot_display_name: str
    #: It may edit and delete others' messages too, not only those of its own bot.
    manages_messages: bool
    workspace: str
    #: The person whose act made the plugin ask; without an id where none did.
    on_behalf_of: common.Sender
    #: What is asked, with the wire's own message.
    what: T
    #: The same key twice means the same request.
    key: str
    #: From 1.
    attempt: int


Done = Callable[[Asked[T]], Awaitable[None]] | None
Id = Callable[[Asked[T]], Awaitable[str]] | None


@dataclass(frozen=True)
class Carries:
    """Handlers for what the app carries out. Only what has one is declared to the daemon.

    A handler that raises Refusal, NotFound or NotItsOwn refuses in its words.
    """

    #: Shows a message to one person and stores it nowhere; gives an id or "".
    ephemeral: Id[app.EphemeralMessage] = None
    #: Posts to one person in private; gives the message's id.
    direct: Id[app.DirectMessage] = None
    #: One step of a message that grows while it is written: `what.WhichOneof("step")`.
    stream: Id[app.GrowMessage] = None
    edit: Done[operations.EditMessage] = None
    delete: Done[operations.DeleteMessage] = None
    react: Done[operations.ReactToMessage] = None
    unreact: Done[operations.ReactToMessage] = None
    typing: Done[operations.ShowTyping] = None
    status: Done[operations.SetStatus] = None
    get_message: Callable[[Asked[operations.GetMessage]], Awaitable[common.Message]] | None = None
    #: Pages hold the newest first; what does not fit a frame is left for the next.
    list_messages: (
        Callable[[Asked[operations.ListMessages]], Awaitable[operations.MessagePage]] | None
    ) = None
    search_messages: (
        Callable[[Asked[operations.SearchMessages]], Awaitable[operations.MessagePage]] | None
    ) = None
    find_user: Callable[[Asked[operations.FindUser]], Awaitable[operations.User]] | None = None
    warn: Done[operations.ModerateUser] = None
    mute: Done[operations.ModerateUser] = None
    unmute: Done[operations.ModerateUser] = None
    kick: Done[operations.ModerateUser] = None
    ban: Done[operations.ModerateUser] = None
    unban: Done[operations.ModerateUser] = None
    find_channel: (
        Callable[[Asked[operations.FindChannel]], Awaitable[operations.ChannelInfo]] | None
    ) = None
    list_channels: (
        Callable[[Asked[operations.ListChannels]], Awaitable[operations.ChannelPage]] | None
    ) = None
    create_channel: (
        Callable[[Asked[operations.CreateChannel]], Awaitable[operations.ChannelInfo]] | None
    ) = None
    invite: Done[operations.InviteToChannel] = None
    set_topic: Done[operations.SetTopic] = None
    pin: Done[operations.PinMessage] = None
    unpin: Done[operations.PinMessage] = None
    #: What is known of a file; its channel decides which plugins may read it.
    stat_file: Callable[[Asked[files.StatFile]], Awaitable[files.FileInfo]] | None = None
    #: Some bytes of a file from `offset` on, `most` at most, and whether they are the last.
    read_file: Callable[[Asked[transfer.ReadFile]], Awaitable[transfer.FilePiece]] | None = None
    #: One step of an upload: `what.WhichOneof("step")`. Keep nothing of what ends with `abort`.
    upload_file: Callable[[Asked[transfer.UploadFile]], Awaitable[transfer.Uploaded]] | None = None

    def names(self) -> list[str]:
        """What it declares, such as "messages.edit"."""
        have = (field.name for field in fields(self) if getattr(self, field.name) is not None)
        return [_ROWS[name].operation for name in have]


@dataclass(frozen=True)
class Row:
    """One operation: its name, and the branches it comes in and is answered in."""

    operation: str
    asked: str
    answered: str
    #: Whether its answer counts for a day under its key.
    kept: bool = True


_ROWS: dict[str, Row] = {
    "ephemeral": Row("messages.ephemeral", "ephemeral", "sent", kept=False),
    "direct": Row("messages.direct", "direct", "sent"),
    "stream": Row("messages.stream", "grow", "sent", kept=False),
    "edit": Row("messages.edit", "edit", "done"),
    "delete": Row("messages.delete", "delete", "done"),
    "react": Row("messages.react", "react", "done"),
    "unreact": Row("messages.unreact", "unreact", "done"),
    "typing": Row("messages.typing", "typing", "done", kept=False),
    "status": Row("messages.status", "status", "done", kept=False),
    "get_message": Row("messages.get", "get_message", "message", kept=False),
    "list_messages": Row("messages.list", "list_messages", "messages", kept=False),
    "search_messages": Row("messages.search", "search_messages", "messages", kept=False),
    "find_user": Row("users.get", "find_user", "user", kept=False),
    "warn": Row("users.warn", "moderate", "done"),
    "mute": Row("users.mute", "moderate", "done"),
    "unmute": Row("users.unmute", "moderate", "done"),
    "kick": Row("users.kick", "moderate", "done"),
    "ban": Row("users.ban", "moderate", "done"),
    "unban": Row("users.unban", "moderate", "done"),
    "find_channel": Row("channels.get", "find_channel", "channel", kept=False),
    "list_channels": Row("channels.list", "list_channels", "channels", kept=False),
    "create_channel": Row("channels.create", "create_channel", "channel"),
    "invite": Row("channels.invite", "invite", "done"),
    "set_topic": Row("channels.set_topic", "set_topic", "done"),
    "pin": Row("channels.pin", "pin", "done"),
    "unpin": Row("channels.unpin", "unpin", "done"),
    "stat_file": Row("files.stat", "stat_file", "file", kept=False),
    "read_file": Row("files.download", "read_file", "file_piece", kept=False),
    "upload_file": Row("files.upload", "upload_file", "uploaded", kept=False),
}

_ACTS = {
    operations.MODERATION_ACT_WARN: "warn",
    operations.MODERATION_ACT_MUTE: "mute",
    operations.MODERATION_ACT_UNMUTE: "unmute",
    operations.MODERATION_ACT_KICK: "kick",
    operations.MODERATION_ACT_BAN: "ban",
    operations.MODERATION_ACT_UNBAN: "unban",
}
_FIELDS = {row.asked: name for name, row in _ROWS.items() if row.asked != "moderate"}


def field_of(request: app.Request) -> str | None:
    """The field of Carries that a request is for; None of what others carry out."""
    branch = request.WhichOneof("of")
    if branch == "moderate":
        return _ACTS.get(request.moderate.act)
    return _FIELDS.get(branch or "")


def is_kept(request: app.Request) -> bool:
    """Whether its answer counts for a day under its key."""
    field = field_of(request)
    return field is None or _ROWS[field].kept


def work(carries: Carries, request: app.Request) -> Callable[[], Awaitable[app.Answer]] | None:
    """The app's own code for a request, ready to begin; None if it has none."""
    field = field_of(request)
    handler: Callable[[Asked[Any]], Awaitable[Any]] | None
    handler = None if field is None else getattr(carries, field)
    if field is None or handler is None:
        return None
    row, asked, begin = _ROWS[field], _asked(request), handler

    async def carry_out() -> app.Answer:
        return answered(row.answered, await begin(asked))

    return carry_out


def answered(branch: str, what: Any) -> app.Answer:
    """An answer that says `what` in a branch."""
    if branch == "sent":
        return app.Answer(sent=app.Sent(message_id=what))
    if branch == "done":
        return app.Answer(done=operations.Done())
    answer = app.Answer()
    getattr(answer, branch).CopyFrom(what)
    if branch == "messages":
        _fit(answer.messages.messages, answer.messages)
    elif branch == "channels":
        _fit(answer.channels.channels, answer.channels)
    return answer


def _fit(entries: Any, page: operations.MessagePage | operations.ChannelPage) -> None:
    """Leaves for the next page what does not fit a frame."""
    kept = _fitting(entry.ByteSize() for entry in entries)
    if kept < len(entries):
        del entries[kept:]
        page.more = True


def _fitting(sizes: Iterable[int]) -> int:
    room = FRAME_BYTES - _ROOM
    count = 0
    for size in sizes:
        room -= size + 8
        if room < 0:
            break
        count += 1
    return count


def who_asks(request: app.Request) -> dict[str, Any]:
    """What every request says of the plugin that asks, and under which key."""
    asker = request.asker
    return {
        "plugin": asker.plugin,
        "version": asker.version,
        "bot_username": asker.bot_username or asker.plugin,
        "bot_display_name": asker.bot_display_name or asker.bot_username or asker.plugin,
        "workspace": request.workspace,
        "key": request.idempotency_key,
        "attempt": request.attempt,
    }


def _asked(request: app.Request) -> Asked[Any]:
    return Asked(
        **who_asks(request),
        manages_messages=request.asker.manages_messages,
        on_behalf_of=request.on_behalf_of,
        what=getattr(request, request.WhichOneof("of") or ""),
    )


def order_of(request: app.Request) -> str:
    """What it is carried out in the order of: the channel it is about, or the transfer that it goes
    on with; "" where it is about none.
    """
    branch = request.WhichOneof("of")
    what = getattr(request, branch) if branch else None
    if branch == "grow":
        step = request.grow.WhichOneof("step")
        if step == "begin":
            return request.grow.begin.message.channel.id
        return getattr(request.grow, step).channel.id if step else ""
    if branch == "read_file":
        return request.read_file.file_id
    if branch == "upload_file":
        upload = request.upload_file
        step = upload.WhichOneof("step")
        if step == "begin":
            return upload.begin.channel.id
        return str(getattr(upload, step or "end").upload_id)
    if branch in ("ephemeral", "send"):
        return str(getattr(request, branch).message.channel.id)
    return str(getattr(what, "channel_id", ""))
