"""Matrix events as Outboard's messages, and messages as the content of Matrix events.

Refuses to know rooms, plugins' accounts, and what becomes of a message.
"""

from __future__ import annotations

import html.parser
import time
from typing import Any

from outboard_app import common, text_of
from synapse.events import EventBase

Content = dict[str, Any]

#: Under this key a plugin's message says which plugin made it.
ORIGIN = "dev.outboard.origin"

_HTML = "org.matrix.custom.html"
_ATTACHED = ("m.image", "m.file", "m.audio", "m.video")


def body(event_type: str, content: Content) -> common.Body:
    """What a message says. Formatted messages are shown to plugins as their HTML."""
    if event_type == "m.room.encrypted":
        return common.Body(opaque=common.Opaque(kind=str(content.get("algorithm", ""))))
    formatted = content.get("formatted_body")
    if content.get("format") == _HTML and isinstance(formatted, str):
        return common.Body(html=formatted)
    return common.Body(plain=str(content.get("body", "")))


def attachments(content: Content) -> list[common.Attachment]:
    """The file that a media message carries; it has none otherwise."""
    if content.get("msgtype") not in _ATTACHED or not isinstance(content.get("url"), str):
        return []
    info = content.get("info")
    info = info if isinstance(info, dict) else {}
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
    if not isinstance(relates, dict) or relates.get("rel_type") != "m.replace":
        return ""
    return str(relates.get("event_id", ""))


def thread_and_reply(content: Content) -> tuple[str, str]:
    """The thread's root and the message answered; each "" if none."""
    relates = content.get("m.relates_to")
    if not isinstance(relates, dict):
        return "", ""
    root = relates.get("event_id", "") if relates.get("rel_type") == "m.thread" else ""
    reply = relates.get("m.in_reply_to")
    answered = reply.get("event_id", "") if isinstance(reply, dict) else ""
    return str(root), str(answered)


def content_of(message: common.Message) -> Content:
    """The content of an event that says what `message` says."""
    content = with_body({"msgtype": "m.notice"}, message.body)
    relates: Content = {}
    if message.reply_to:
        relates["m.in_reply_to"] = {"event_id": message.reply_to}
    if message.thread_root:
        relates |= {"rel_type": "m.thread", "event_id": message.thread_root}
    if relates:
        content["m.relates_to"] = relates
    origin = message.origin
    content[ORIGIN] = {
        "plugin": origin.plugin,
        "version": origin.version,
        "hops": origin.hops,
        "chain": list(origin.chain),
    }
    return content


def origin(content: Content) -> common.Origin | None:
    """Which plugin made it. To be believed of plugins' accounts only."""
    made = content.get(ORIGIN)
    if not isinstance(made, dict):
        return None
    return common.Origin(
        plugin=str(made.get("plugin", "")),
        version=str(made.get("version", "")),
        hops=made["hops"] if isinstance(made.get("hops"), int) else 0,
        chain=[str(name) for name in made.get("chain", ())],
    )


def draft_id(event: EventBase) -> str:
    """The same before and after an event is stored: the client's transaction."""
    transaction = event.internal_metadata.get_dict().get("txn_id")
    return f"{event.sender}/{transaction}"[:255] if transaction else ""


def created_at_us(event: EventBase) -> int:
    """When the event says it was made."""
    at = event.origin_server_ts
    return (at if isinstance(at, int) else int(time.time() * 1000)) * 1000
