from outboard_app._proto.outboard.common.v1 import common_pb2 as _common_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FileInfo(_message.Message):
    __slots__ = ("file", "channel", "uploaded_by", "created_at_us")
    FILE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    UPLOADED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_US_FIELD_NUMBER: _ClassVar[int]
    file: _common_pb2.Attachment
    channel: _common_pb2.Channel
    uploaded_by: _common_pb2.Sender
    created_at_us: int
    def __init__(self, file: _Optional[_Union[_common_pb2.Attachment, _Mapping]] = ..., channel: _Optional[_Union[_common_pb2.Channel, _Mapping]] = ..., uploaded_by: _Optional[_Union[_common_pb2.Sender, _Mapping]] = ..., created_at_us: _Optional[int] = ...) -> None: ...

class StatFile(_message.Message):
    __slots__ = ("workspace", "file_id")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    file_id: str
    def __init__(self, workspace: _Optional[str] = ..., file_id: _Optional[str] = ...) -> None: ...

class UploadBegin(_message.Message):
    __slots__ = ("workspace", "channel_id", "name", "mime", "size_bytes", "sha256")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel_id: str
    name: str
    mime: str
    size_bytes: int
    sha256: bytes
    def __init__(self, workspace: _Optional[str] = ..., channel_id: _Optional[str] = ..., name: _Optional[str] = ..., mime: _Optional[str] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[bytes] = ...) -> None: ...
