"""Texts that people read, as the wire has them.

Refuses to know where they are sent.
"""

from __future__ import annotations

from outboard_plugin.wire import common

#: What a message or a reply says. A string is plain text.
Said = str | common.Body


def markdown(text: str) -> common.Body:
    """Markdown, in the dialect of the app."""
    return common.Body(markdown=text)


def html(text: str) -> common.Body:
    """HTML; the app removes what it does not allow."""
    return common.Body(html=text)


def body_of(said: Said) -> common.Body:
    """What is said as a body."""
    return common.Body(plain=said) if isinstance(said, str) else said


def text_of(body: common.Body) -> str:
    """The readable text: its source, or a layout's fallback. Empty if it is encrypted."""
    kind = body.WhichOneof("content")
    if kind == "blocks":
        return body.blocks.fallback
    if kind in ("plain", "markdown", "html"):
        return str(getattr(body, kind))
    return ""


def with_text(body: common.Body, text: str) -> common.Body:
    """The same kind of body with other text. Layouts and encrypted bodies become plain text."""
    kind = body.WhichOneof("content")
    if kind == "markdown":
        return markdown(text)
    return html(text) if kind == "html" else common.Body(plain=text)
