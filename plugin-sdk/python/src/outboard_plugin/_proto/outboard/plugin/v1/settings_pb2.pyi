from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
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
