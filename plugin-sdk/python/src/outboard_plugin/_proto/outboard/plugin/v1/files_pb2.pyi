from outboard_plugin._proto.outboard.common.v1 import files_pb2 as _files_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DownloadPiece(_message.Message):
    __slots__ = ("info", "data")
    INFO_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    info: _files_pb2.FileInfo
    data: bytes
    def __init__(self, info: _Optional[_Union[_files_pb2.FileInfo, _Mapping]] = ..., data: _Optional[bytes] = ...) -> None: ...

class UploadPiece(_message.Message):
    __slots__ = ("begin", "data", "abort")
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    ABORT_FIELD_NUMBER: _ClassVar[int]
    begin: _files_pb2.UploadBegin
    data: bytes
    abort: str
    def __init__(self, begin: _Optional[_Union[_files_pb2.UploadBegin, _Mapping]] = ..., data: _Optional[bytes] = ..., abort: _Optional[str] = ...) -> None: ...
