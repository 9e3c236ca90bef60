from outboard_app._proto.outboard.common.v1 import common_pb2 as _common_pb2
from outboard_app._proto.outboard.common.v1 import settings_pb2 as _settings_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SettingsPagesRequest(_message.Message):
    __slots__ = ("workspace", "channel", "user")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel: str
    user: str
    def __init__(self, workspace: _Optional[str] = ..., channel: _Optional[str] = ..., user: _Optional[str] = ...) -> None: ...

class SettingsPagesResponse(_message.Message):
    __slots__ = ("pages",)
    PAGES_FIELD_NUMBER: _ClassVar[int]
    pages: _containers.RepeatedCompositeFieldContainer[SettingsPage]
    def __init__(self, pages: _Optional[_Iterable[_Union[SettingsPage, _Mapping]]] = ...) -> None: ...

class SettingsPage(_message.Message):
    __slots__ = ("plugin", "title", "description", "schema", "values", "fields", "pending", "missing", "unfit")
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    PENDING_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    UNFIT_FIELD_NUMBER: _ClassVar[int]
    plugin: str
    title: str
    description: str
    schema: str
    values: str
    fields: _containers.RepeatedCompositeFieldContainer[_settings_pb2.SettingsField]
    pending: bool
    missing: _containers.RepeatedScalarFieldContainer[str]
    unfit: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, plugin: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., schema: _Optional[str] = ..., values: _Optional[str] = ..., fields: _Optional[_Iterable[_Union[_settings_pb2.SettingsField, _Mapping]]] = ..., pending: _Optional[bool] = ..., missing: _Optional[_Iterable[str]] = ..., unfit: _Optional[_Iterable[str]] = ...) -> None: ...

class SaveSettingsRequest(_message.Message):
    __slots__ = ("plugin", "place", "who", "values")
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    WHO_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    plugin: str
    place: _settings_pb2.SettingsPlace
    who: _common_pb2.Sender
    values: str
    def __init__(self, plugin: _Optional[str] = ..., place: _Optional[_Union[_settings_pb2.SettingsPlace, _Mapping]] = ..., who: _Optional[_Union[_common_pb2.Sender, _Mapping]] = ..., values: _Optional[str] = ...) -> None: ...
