"""Files: the media repository's, by their mxc URIs.

Matrix does not record in which room a file was shared, so plugins are not told. Refuses to know
messages.
"""

from __future__ import annotations

import functools
import hashlib
import tempfile
import uuid
from dataclasses import dataclass, field
from typing import IO, Any

from outboard_app import Asked, NotFound, Refusal, common, files, transfer
from synapse.module_api import ModuleApi

from outboard_synapse import rooms
from outboard_synapse.bots import Bots
from outboard_synapse.inside import Inside

#: Uploads under way; and milliseconds after which one that nothing more comes of is dropped: the
#: daemon waits for ten seconds.
_UPLOADS = 32
_IDLE_MS = 60_000

#: Bytes of an upload that are kept in memory.
_IN_MEMORY = 256 * 1024


@dataclass
class _Upload:
    bot: str
    file: common.Attachment
    touched_ms: int
    size: int = 0
    content: IO[bytes] = field(
        default_factory=functools.partial(tempfile.SpooledTemporaryFile, _IN_MEMORY)
    )
    digest: Any = field(default_factory=hashlib.sha256)


class Files:
    """Carries out what plugins ask about files."""

    def __init__(self, api: ModuleApi, inside: Inside, bots: Bots) -> None:
        self._api = api
        self._inside = inside
        self._bots = bots
        self._uploads: dict[str, _Upload] = {}

    async def stat(self, asked: Asked[files.StatFile]) -> files.FileInfo:
        """What is known of a file."""
        return await self._info(asked.what.file_id)

    async def read(self, asked: Asked[transfer.ReadFile]) -> transfer.FilePiece:
        """A piece of a file."""
        what = asked.what
        known = await self._known(what.file_id)

        def read(path: str) -> bytes:
            with open(path, "rb") as file:
                file.seek(what.offset)
                return file.read(what.most)

        data = await self._inside.with_file(
            media_id(what.file_id, self._inside.server_name),
            lambda path: self._api.defer_to_thread(read, path),
        )
        last = what.offset + len(data) >= known.media_length or not data
        return transfer.FilePiece(data=data, last=last)

    async def upload(self, asked: Asked[transfer.UploadFile]) -> transfer.Uploaded:
        """One step of an upload."""
        what = asked.what
        if what.WhichOneof("step") == "begin":
            return await self._begin(asked)
        if what.WhichOneof("step") == "more":
            return await self._more(what.more)
        upload = self._uploads.pop(what.end.upload_id, None)
        if what.end.HasField("abort"):
            if upload is not None:
                upload.content.close()
            return transfer.Uploaded()
        if upload is None:
            raise _lost(what.end.upload_id)
        with upload.content:
            return await self._end(what.end, upload)

    async def _begin(self, asked: Asked[transfer.UploadFile]) -> transfer.Uploaded:
        self._drop_idle()
        file = asked.what.begin.file
        if file.size_bytes > self._inside.largest_file:
            raise self._too_large()
        if len(self._uploads) >= _UPLOADS:
            raise Refusal(f"{_UPLOADS} uploads are under way; try again in a moment")
        bot, upload_id = await self._bots.of(asked), str(uuid.uuid4())
        self._uploads[upload_id] = _Upload(bot, file, self._api.get_current_time_msec())
        return transfer.Uploaded(upload_id=upload_id)

    async def _more(self, more: transfer.UploadFileMore) -> transfer.Uploaded:
        upload = self._uploads.get(more.upload_id)
        if upload is None or upload.size != more.offset:
            raise _lost(more.upload_id)
        if upload.size + len(more.data) > self._inside.largest_file:
            raise self._too_large()
        upload.touched_ms = self._api.get_current_time_msec()
        upload.size += len(more.data)
        upload.digest.update(more.data)
        await self._api.defer_to_thread(upload.content.write, more.data)
        return transfer.Uploaded(upload_id=more.upload_id)

    async def _end(self, end: transfer.UploadFileEnd, upload: _Upload) -> transfer.Uploaded:
        if (end.size_bytes, end.sha256) != (upload.size, upload.digest.digest()):
            raise Refusal("what came is not what was sent")
        upload.content.seek(0)
        mime = upload.file.mime or "application/octet-stream"
        uri = await self._inside.keep_file(
            upload.bot, upload.file.name, mime, upload.content, upload.size
        )
        return transfer.Uploaded(upload_id=end.upload_id, file=await self._info(uri))

    def _drop_idle(self) -> None:
        now = self._api.get_current_time_msec()
        for upload_id, upload in list(self._uploads.items()):
            if now - upload.touched_ms > _IDLE_MS:
                upload.content.close()
                del self._uploads[upload_id]

    async def _info(self, file_id: str) -> files.FileInfo:
        known = await self._known(file_id)
        info = files.FileInfo(
            file=_attachment(file_id, known), created_at_us=known.created_ts * 1000
        )
        if known.user_id:
            plugin = self._bots.owns(known.user_id)
            by = rooms.sender(known.user_id, {}, self._inside.server_name, plugin)
            info.uploaded_by.CopyFrom(by)
        return info

    async def _known(self, file_id: str) -> Any:
        known = await self._inside.file(media_id(file_id, self._inside.server_name))
        if known is None:
            raise NotFound(f"there is no file {file_id!r} here")
        return known

    def _too_large(self) -> Refusal:
        return Refusal(f"this server keeps files of at most {self._inside.largest_file} bytes")


async def attachment(inside: Inside, file_id: str) -> common.Attachment | None:
    """A file of this server's, as a message has it; None if there is none."""
    known = await inside.file(media_id(file_id, inside.server_name))
    return _attachment(file_id, known) if known is not None else None


def _attachment(file_id: str, known: Any) -> common.Attachment:
    return common.Attachment(
        id=file_id,
        name=known.upload_name or "",
        mime=known.media_type,
        size_bytes=known.media_length,
        sha256=bytes.fromhex(getattr(known, "sha256", None) or ""),
    )


def media_id(file_id: str, server_name: str) -> str:
    """The repository's own name for a file of this server's; "" for any other."""
    local = f"mxc://{server_name}/"
    named = file_id.removeprefix(local) if file_id.startswith(local) else ""
    return named if named.replace("-", "").replace("_", "").isalnum() else ""


def _lost(upload_id: str) -> Refusal:
    return NotFound(f"there is no upload {upload_id!r} that this would go on")
