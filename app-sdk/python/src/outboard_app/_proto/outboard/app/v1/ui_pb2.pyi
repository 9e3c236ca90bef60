from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class AssetRequest(_message.Message):
    __slots__ = ("plugin", "sha256")
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    plugin: str
    sha256: str
    def __init__(self, plugin: _Optional[str] = ..., sha256: _Optional[str] = ...) -> None: ...

class AssetPiece(_message.Message):
    __slots__ = ("data", "mime", "size_bytes")
    DATA_FIELD_NUMBER: _ClassVar[int]
    MIME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    mime: str
    size_bytes: int
    def __init__(self, data: _Optional[bytes] = ..., mime: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...
