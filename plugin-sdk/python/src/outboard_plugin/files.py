"""Files of the chat server: looked at, downloaded, uploaded, piece by piece.

Refuses to know where a file lies, and never has more than a piece of one in hand unless asked to.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterable, AsyncIterator

from outboard_plugin.cause import Cause
from outboard_plugin.error import HostError
from outboard_plugin.link import Link
from outboard_plugin.wire import CHUNK_BYTES, common, stored, transfer

#: A file's content: text, bytes, or pieces of bytes as they come.
Content = str | bytes | AsyncIterable[bytes]

#: Seconds that a transfer may take: as long as a handler may work.
_TRANSFER = 15 * 60.0


class Files:
    """Looking and downloading needs `files:read`, uploading and attaching `files:write`."""

    def __init__(self, link: Link, cause: Cause, workspace: str) -> None:
        self._link = link
        self._cause = cause
        self._workspace = workspace

    async def stat(self, id: str) -> stored.FileInfo:
        """What is known of a file besides its content. Raises HostError: `NOT_FOUND`."""
        request = stored.StatFile(workspace=self._workspace, file_id=id)
        return await self._link.ask("Files/Stat", request, stored.FileInfo, self._cause)

    async def download(self, id: str) -> bytes:
        """The whole content, which is what the app said of it: 64 MiB at most."""
        return b"".join([piece async for piece in self.pieces(id)])

    async def pieces(self, id: str) -> AsyncIterator[bytes]:
        """The content piece by piece, each asked for when the one before is taken.

        It is whole, and what the app said, when the loop ends, and not before; else HostError:
        `FILE_DAMAGED`.
        """
        request = stored.StatFile(workspace=self._workspace, file_id=id)
        heard = self._link.listen(
            "Files/Download", request, transfer.DownloadPiece, self._cause, at_most=_TRANSFER
        )
        async for piece in heard:
            if piece.data:
                yield piece.data

    async def upload(
        self, name: str, content: Content, *, mime: str = "", channel: str = ""
    ) -> stored.FileInfo:
        """Uploads a file, to be shared in `channel`; what the app made of it, with its id.

        What is raised while pieces are made comes through, and the app keeps nothing of them.
        Raises HostError: `FILE_TOO_LARGE`.
        """
        begin = stored.UploadBegin(
            workspace=self._workspace, channel_id=channel, name=name, mime=mime
        )
        if isinstance(content, str):
            content = content.encode()
        if isinstance(content, bytes):
            begin.size_bytes = len(content)
            begin.sha256 = hashlib.sha256(content).digest()
        sending = _Sending(begin, content)
        try:
            return await self._link.pour(
                "Files/Upload", sending.pieces(), stored.FileInfo, self._cause, at_most=_TRANSFER
            )
        except HostError:
            if sending.failed is not None:
                raise sending.failed from None
            raise


class _Sending:
    """The pieces of an upload, and why there are no more of them."""

    def __init__(self, begin: stored.UploadBegin, content: bytes | AsyncIterable[bytes]) -> None:
        self._begin = begin
        self._content = content
        self.failed: Exception | None = None

    async def pieces(self) -> AsyncIterator[transfer.UploadPiece]:
        yield transfer.UploadPiece(begin=self._begin)
        try:
            async for piece in _cut(self._content):
                yield transfer.UploadPiece(data=piece)
        except Exception as error:
            self.failed = error
            yield transfer.UploadPiece(abort=str(error) or type(error).__name__)


async def _cut(content: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        for at in range(0, len(content), CHUNK_BYTES):
            yield content[at : at + CHUNK_BYTES]
        return
    async for piece in content:
        for at in range(0, len(piece), CHUNK_BYTES):
            yield piece[at : at + CHUNK_BYTES]


def attachment(file: stored.FileInfo | str) -> common.Attachment:
    """A file as a message carries it: what `upload` gave, or an id."""
    return common.Attachment(id=file) if isinstance(file, str) else file.file
