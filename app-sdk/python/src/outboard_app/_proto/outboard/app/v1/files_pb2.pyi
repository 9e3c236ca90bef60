from outboard_app._proto.outboard.common.v1 import common_pb2 as _common_pb2
from outboard_app._proto.outboard.common.v1 import files_pb2 as _files_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReadFile(_message.Message):
    __slots__ = ("file_id", "offset", "most")
    FILE_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    file_id: str
    offset: int
    most: int
    def __init__(self, file_id: _Optional[str] = ..., offset: _Optional[int] = ..., most: _Optional[int] = ...) -> None: ...

class FilePiece(_message.Message):
    __slots__ = ("data", "last")
    DATA_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    last: bool
    def __init__(self, data: _Optional[bytes] = ..., last: _Optional[bool] = ...) -> None: ...

class UploadFile(_message.Message):
    __slots__ = ("begin", "more", "end")
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    begin: UploadFileBegin
    more: UploadFileMore
    end: UploadFileEnd
    def __init__(self, begin: _Optional[_Union[UploadFileBegin, _Mapping]] = ..., more: _Optional[_Union[UploadFileMore, _Mapping]] = ..., end: _Optional[_Union[UploadFileEnd, _Mapping]] = ...) -> None: ...

class UploadFileBegin(_message.Message):
    __slots__ = ("file", "channel")
    FILE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    file: _common_pb2.Attachment
    channel: _common_pb2.Channel
    def __init__(self, file: _Optional[_Union[_common_pb2.Attachment, _Mapping]] = ..., channel: _Optional[_Union[_common_pb2.Channel, _Mapping]] = ...) -> None: ...

class UploadFileMore(_message.Message):
    __slots__ = ("upload_id", "offset", "data")
    UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    upload_id: str
    offset: int
    data: bytes
    def __init__(self, upload_id: _Optional[str] = ..., offset: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class UploadFileEnd(_message.Message):
    __slots__ = ("upload_id", "size_bytes", "sha256", "abort")
    UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    ABORT_FIELD_NUMBER: _ClassVar[int]
    upload_id: str
    size_bytes: int
    sha256: bytes
    abort: _common_pb2.Failure
    def __init__(self, upload_id: _Optional[str] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[bytes] = ..., abort: _Optional[_Union[_common_pb2.Failure, _Mapping]] = ...) -> None: ...

class Uploaded(_message.Message):
    __slots__ = ("upload_id", "file")
    UPLOAD_ID_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    upload_id: str
    file: _files_pb2.FileInfo
    def __init__(self, upload_id: _Optional[str] = ..., file: _Optional[_Union[_files_pb2.FileInfo, _Mapping]] = ...) -> None: ...
