"""What plugins show: the list in pieces, what each component says now, and plugins' files.

Refuses to know how anything looks, and what an app makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import grpc
import grpc.aio

from outboard_app.guard import guarded
from outboard_app.wire import app, app_ui, common_ui, dial

_ASSET = "/outboard.app.v1.Ui/Asset"


@dataclass(frozen=True)
class Asset:
    """A file of a plugin's. The same hash is the same bytes, now and later."""

    mime: str
    data: bytes


class NoAsset(Exception):
    """No plugin in service has it, it has changed since it was loaded, or the daemon is away."""


@dataclass
class Shown:
    """What plugins show now."""

    #: By plugin, then as its manifest has it.
    contributions: Sequence[common_ui.UiContribution] = ()
    #: What each component says, by plugin and id.
    contents: Mapping[tuple[str, str], common_ui.UiContent] = field(default_factory=dict)

    def content(self, plugin: str, id: str) -> common_ui.UiContent | None:
        """What a component says; None until it has said something."""
        return self.contents.get((plugin, id))


OnShown = Callable[[Shown], None]


class Board:
    """Puts together what comes in pieces."""

    def __init__(self, on_shown: OnShown | None) -> None:
        self._on_shown = on_shown
        self._begun: app.Catalogue | None = None
        self.shown = Shown()

    def begin(self) -> None:
        """A new session: what an old one said is void."""
        self._begun = None
        self.shown = Shown()

    def list(self, piece: app.Catalogue) -> app.Catalogue | None:
        """Takes a catalogue, or a piece of one; the whole, once it is there."""
        whole = app.Catalogue()
        if self._begun is not None and self._begun.revision == piece.revision:
            whole.CopyFrom(self._begun)
            whole.ui.extend(piece.ui)
        else:
            whole.CopyFrom(piece)
        self._begun = whole if piece.more else None
        if piece.more:
            return None
        whole.more = False
        listed = {(it.plugin, it.id) for it in whole.ui}
        kept = {key: it for key, it in self.shown.contents.items() if key in listed}
        self._tell(Shown(tuple(whole.ui), kept))
        return whole

    def say(self, content: common_ui.UiContent) -> None:
        """Takes what a component says now."""
        known = self.shown.content(content.plugin, content.id)
        if known is None or known.revision < content.revision:
            key = (content.plugin, content.id)
            contents = {**self.shown.contents, key: content}
            self._tell(Shown(self.shown.contributions, contents))

    def _tell(self, shown: Shown) -> None:
        if shown == self.shown:
            return
        self.shown = shown
        if (on_shown := self._on_shown) is not None:
            guarded("telling what plugins show", lambda: on_shown(shown))


async def fetch(socket: str, plugin: str, sha256: str, timeout: float) -> Asset:
    """Fetches a file by its hash. Raises NoAsset."""
    request = app_ui.AssetRequest(plugin=plugin, sha256=sha256)
    try:
        async with dial(socket) as channel:
            method = channel.unary_stream(
                _ASSET,
                request_serializer=app_ui.AssetRequest.SerializeToString,
                response_deserializer=app_ui.AssetPiece.FromString,
            )
            pieces = [piece async for piece in method(request, timeout=timeout)]
    except grpc.aio.AioRpcError as error:
        raise NoAsset(error.details() or error.code().name) from None
    data = b"".join(piece.data for piece in pieces)
    if not pieces or len(data) != pieces[0].size_bytes:
        raise NoAsset("the file broke off")
    return Asset(pieces[0].mime, data)
