"""Matrix events as Outboard's messages, and messages as the content of Matrix events.

Refuses to know rooms, plugins' accounts, and what becomes of a message.
"""

from __future__ import annotations

import html.parser
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from outboard_app import NotFound, common, text_of

if TYPE_CHECKING:
    from synapse.events import EventBase

Content = dict[str, Any]

#: Under this key a plugin's message says which plugin made it.
ORIGIN = "dev.outboard.origin"

_HTML = "org.matrix.custom.html"
#: More mentions of one message are not told.
_MENTIONS = 64
_ATTACHED = ("m.image", "m.file", "m.audio", "m.video")


def body(event_type: str, content: Content) -> common.Body:
    """What a message says. Formatted messages are shown to plugins as their HTML."""
    if event_type == "m.room.encrypted":
        return common.Body(opaque=common.Opaque(kind=str(content.get("algorithm", ""))))
    formatted = content.get("formatted_body")
    if content.get("format") == _HTML and isinstance(formatted, str):
        return common.Body(html=formatted)
    return common.Body(plain=str(content.get("body", "")))


def mentions(content: Content) -> list[common.Mention]:
    """Whom a message means to reach, as far as its client says so; where in its text, none does."""
    said = content.get("m.mentions")
    users = said.get("user_ids") if isinstance(said, Mapping) else None
    users = users if isinstance(users, (list, tuple)) else ()
    return [common.Mention(user_id=user) for user in users if isinstance(user, str)][:_MENTIONS]


def attachments(content: Content) -> list[common.Attachment]:
    """The file that a media message carries; it has none otherwise."""
    if content.get("msgtype") not in _ATTACHED or not isinstance(content.get("url"), str):
        return []
    info = content.get("info")
    info = info if isinstance(info, Mapping) else {}
    size = info.get("size")
    attachment = common.Attachment(
        id=content["url"],
        name=str(content.get("filename", content.get("body", ""))),
        mime=str(info.get("mimetype", "")),
        size_bytes=size if isinstance(size, int) and size > 0 else 0,
    )
    return [attachment]


def with_body(content: Content, new: common.Body) -> Content:
    """The content with another body: all its renderings say the same afterwards."""
    changed = {key: value for key, value in content.items() if key not in _RENDERINGS}
    if new.WhichOneof("content") == "html":
        changed |= {"body": plain_text(new.html), "format": _HTML, "formatted_body": new.html}
    else:
        changed["body"] = text_of(new)
    return changed


_RENDERINGS = ("body", "format", "formatted_body")


def plain_text(markup: str) -> str:
    """The text of HTML, for clients that do not render it."""
    reader = _Text()
    reader.feed(markup)
    reader.close()
    return "".join(reader.pieces).strip()


class _Text(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("br", "p", "li", "div", "tr"):
            self.pieces.append("\n")


def edited(content: Content) -> str:
    """The event that this content replaces; "" if none."""
    relates = content.get("m.relates_to")
    if not isinstance(relates, Mapping) or relates.get("rel_type") != "m.replace":
        return ""
    return str(relates.get("event_id", ""))


def thread_and_reply(content: Content) -> tuple[str, str]:
    """The thread's root and the message answered; each "" if none."""
    relates = content.get("m.relates_to")
    if not isinstance(relates, Mapping):
        return "", ""
    root = relates.get("event_id", "") if relates.get("rel_type") == "m.thread" else ""
    reply = relates.get("m.in_reply_to")
    is_reply = isinstance(reply, Mapping) and relates.get("is_falling_back") is not True
    answered = reply.get("event_id", "") if is_reply else ""
    return str(root), str(answered)


def content_of(message: common.Message, kind: str = "m.notice") -> Content:
    """The content of an event that says what `message` says: as a notice if a plugin does."""
    content = with_body({"msgtype": kind}, message.body)
    relates: Content = {}
    if message.reply_to:
        relates["m.in_reply_to"] = {"event_id": message.reply_to}
    if message.thread_root:
        relates |= {"rel_type": "m.thread", "event_id": message.thread_root}
        if not message.reply_to:
            # For clients that know no threads.
            answered = {"event_id": message.thread_root}
            relates |= {"is_falling_back": True, "m.in_reply_to": answered}
    if relates:
        content["m.relates_to"] = relates
    if message.HasField("origin"):
        origin = message.origin
        content[ORIGIN] = {
            "plugin": origin.plugin,
            "version": origin.version,
            "hops": origin.hops,
            "chain": list(origin.chain),
        }
    return content


Find = Callable[[str], Awaitable[common.Attachment | None]]


async def contents_of(message: common.Message, find: Find, kind: str = "m.notice") -> list[Content]:
    """The contents of the events that say what `message` says: one for each file, the first of them
    with the text, or one for the text alone. `find` knows files by their ids. Raises NotFound.
    """
    content = content_of(message, kind)
    if not message.attachments:
        return [content]
    contents = []
    for attached in message.attachments:
        file = await find(attached.id)
        if file is None:
            raise NotFound(f"there is no file {attached.id!r} here")
        contents.append(_with_file(content, file))
        content = content | {"body": "", "format": "", "formatted_body": ""}
    return contents


def _with_file(said: Content, file: common.Attachment) -> Content:
    kind = f"m.{file.mime.partition('/')[0]}"
    content = {key: value for key, value in said.items() if key not in _RENDERINGS}
    content |= {
        "msgtype": kind if kind in _ATTACHED else "m.file",
        "body": said["body"] or file.name,
        "filename": file.name,
        "url": file.id,
        "info": {"mimetype": file.mime, "size": file.size_bytes},
    }
    if said.get("formatted_body"):
        content |= {"format": _HTML, "formatted_body": said["formatted_body"]}
    return content


def edit_of(stored: Content, event_id: str, body: common.Body) -> Content:
    """The content of an event that gives a stored one another body."""
    kept = {key: stored[key] for key in stored if key not in ("m.relates_to", "m.new_content")}
    new = with_body(kept, body)
    # An edit says it twice: for clients that know edits, and for those that do not.
    content = with_body(new, common.Body(plain=f"* {new['body']}"))
    relates = {"rel_type": "m.replace", "event_id": event_id}
    return content | {"m.new_content": new, "m.relates_to": relates}


def origin(content: Content) -> common.Origin | None:
    """Which plugin made it. To be believed of plugins' accounts only."""
    made = content.get(ORIGIN)
    if not isinstance(made, Mapping):
        return None
    return common.Origin(
        plugin=str(made.get("plugin", "")),
        version=str(made.get("version", "")),
        hops=made["hops"] if isinstance(made.get("hops"), int) else 0,
        chain=[str(name) for name in made.get("chain", ())],
    )


def draft_id(event: EventBase) -> str:
    """The same before and after an event is stored: the client's transaction."""
    named = transaction(event)
    return f"{event.sender}/{named}"[:255] if named else ""


def transaction(event: EventBase) -> str:
    """The client's own name for what it sends; "" if it has none."""
    return str(event.internal_metadata.get_dict().get("txn_id") or "")


def is_object(value: Any) -> bool:
    """Whether a part of a content has parts by name."""
    return isinstance(value, Mapping)


def created_at_us(event: EventBase) -> int:
    """When the event says it was made."""
    at = event.origin_server_ts
    return (at if isinstance(at, int) else int(time.time() * 1000)) * 1000
