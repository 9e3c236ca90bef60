from outboard_plugin._proto.outboard.common.v1 import ui_pb2 as _ui_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class UiRegisterRequest(_message.Message):
    __slots__ = ("contribution", "data")
    CONTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    contribution: _ui_pb2.UiContribution
    data: str
    def __init__(self, contribution: _Optional[_Union[_ui_pb2.UiContribution, _Mapping]] = ..., data: _Optional[str] = ...) -> None: ...

class UiRegistered(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UiUpdateRequest(_message.Message):
    __slots__ = ("id", "blocks", "data")
    ID_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    id: str
    blocks: _ui_pb2.UiBlocks
    data: str
    def __init__(self, id: _Optional[str] = ..., blocks: _Optional[_Union[_ui_pb2.UiBlocks, _Mapping]] = ..., data: _Optional[str] = ...) -> None: ...

class UiUpdated(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    def __init__(self, revision: _Optional[int] = ...) -> None: ...

class UiRemoveRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class UiRemoved(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
