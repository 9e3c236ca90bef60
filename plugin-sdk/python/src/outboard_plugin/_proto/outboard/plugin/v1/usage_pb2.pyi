from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TrackRequest(_message.Message):
    __slots__ = ("uses",)
    USES_FIELD_NUMBER: _ClassVar[int]
    uses: _containers.RepeatedCompositeFieldContainer[TrackedUse]
    def __init__(self, uses: _Optional[_Iterable[_Union[TrackedUse, _Mapping]]] = ...) -> None: ...

class TrackedUse(_message.Message):
    __slots__ = ("action", "metadata", "value", "at_us")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ACTION_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    AT_US_FIELD_NUMBER: _ClassVar[int]
    action: str
    metadata: _containers.ScalarMap[str, str]
    value: float
    at_us: int
    def __init__(self, action: _Optional[str] = ..., metadata: _Optional[_Mapping[str, str]] = ..., value: _Optional[float] = ..., at_us: _Optional[int] = ...) -> None: ...

class CountRequest(_message.Message):
    __slots__ = ("counts",)
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    counts: _containers.RepeatedCompositeFieldContainer[Counted]
    def __init__(self, counts: _Optional[_Iterable[_Union[Counted, _Mapping]]] = ...) -> None: ...

class Counted(_message.Message):
    __slots__ = ("name", "labels", "by")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    name: str
    labels: _containers.ScalarMap[str, str]
    by: int
    def __init__(self, name: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ..., by: _Optional[int] = ...) -> None: ...

class UsageTaken(_message.Message):
    __slots__ = ("taken", "dropped", "why")
    TAKEN_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    taken: int
    dropped: int
    why: str
    def __init__(self, taken: _Optional[int] = ..., dropped: _Optional[int] = ..., why: _Optional[str] = ...) -> None: ...
