"""What comes of a command before its result: pieces of a reply, and signs of progress.

Refuses to know how it was asked, and how long anyone waits.
"""

from __future__ import annotations

from collections.abc import Callable

from outboard_app.guard import guarded
from outboard_app.wire import app, common

#: Seconds that a sign of progress gives a plugin, and a little for the daemon.
LEASE = 30.5

#: Bytes of one reply that are kept; the daemon lets no stream have more.
_MOST = 1024 * 1024

_SHOWING = "showing what a plugin says"


class Piece(str):
    """More of a reply, to be shown after what was shown before."""

    #: Who may see it: everyone in the channel, or whoever ran the command.
    visibility: common.Visibility = common.VISIBILITY_ALL


#: Called with each piece.
OnPiece = Callable[[Piece], None]
#: Called with percent and text.
OnProgress = Callable[[int, str], None]


class Listener:
    """Somebody who waits for one interaction."""

    def __init__(
        self,
        on_piece: OnPiece | None,
        on_progress: OnProgress | None,
        clock: Callable[[], float],
        budget: float,
    ) -> None:
        self._on_piece = on_piece
        self._on_progress = on_progress
        self._clock = clock
        self._budget = budget
        self._pieces: list[str] = []
        self._bytes = 0
        #: When the next sign, or the result, is due.
        self.deadline = clock() + budget

    @property
    def whole(self) -> str:
        """All that was said in pieces."""
        return "".join(self._pieces)

    def piece(self, delta: app.StreamDelta) -> None:
        """A piece came, or the end of the stream, which the result tells too."""
        if not delta.delta or self._bytes + len(delta.delta) > _MOST:
            return
        self._pieces.append(delta.delta)
        self._bytes += len(delta.delta)
        self.deadline = max(self.deadline, self._clock() + self._budget)
        if self._on_piece is not None:
            on_piece, piece = self._on_piece, Piece(delta.delta)
            piece.visibility = delta.visibility or common.VISIBILITY_ALL
            guarded(_SHOWING, lambda: on_piece(piece))

    def progress(self, progress: app.Progress) -> None:
        """A sign of progress came."""
        self.deadline = max(self.deadline, self._clock() + max(self._budget, LEASE))
        if self._on_progress is not None:
            on_progress = self._on_progress
            guarded(_SHOWING, lambda: on_progress(progress.percent, progress.text))
