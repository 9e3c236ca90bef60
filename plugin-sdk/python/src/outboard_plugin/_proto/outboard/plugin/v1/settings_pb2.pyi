from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class SettingsGetRequest(_message.Message):
    __slots__ = ("workspace", "channel", "user")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel: str
    user: str
    def __init__(self, workspace: _Optional[str] = ..., channel: _Optional[str] = ..., user: _Optional[str] = ...) -> None: ...

class SettingsGetResponse(_message.Message):
    __slots__ = ("json",)
    JSON_FIELD_NUMBER: _ClassVar[int]
    json: str
    def __init__(self, json: _Optional[str] = ...) -> None: ...

class SettingsGetSecretRequest(_message.Message):
    __slots__ = ("key", "workspace", "channel", "user", "change")
    KEY_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    key: str
    workspace: str
    channel: str
    user: str
    change: int
    def __init__(self, key: _Optional[str] = ..., workspace: _Optional[str] = ..., channel: _Optional[str] = ..., user: _Optional[str] = ..., change: _Optional[int] = ...) -> None: ...

class SettingsSecret(_message.Message):
    __slots__ = ("value",)
    VALUE_FIELD_NUMBER: _ClassVar[int]
    value: str
    def __init__(self, value: _Optional[str] = ...) -> None: ...

class SettingsRegisterRequest(_message.Message):
    __slots__ = ("schema",)
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    schema: str
    def __init__(self, schema: _Optional[str] = ...) -> None: ...

class SettingsRegisterResponse(_message.Message):
    __slots__ = ("change", "settings", "narrowed", "missing", "unfit")
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    NARROWED_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    UNFIT_FIELD_NUMBER: _ClassVar[int]
    change: int
    settings: str
    narrowed: bool
    missing: _containers.RepeatedScalarFieldContainer[str]
    unfit: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, change: _Optional[int] = ..., settings: _Optional[str] = ..., narrowed: _Optional[bool] = ..., missing: _Optional[_Iterable[str]] = ..., unfit: _Optional[_Iterable[str]] = ...) -> None: ...
