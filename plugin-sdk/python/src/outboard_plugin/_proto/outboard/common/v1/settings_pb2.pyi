from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SettingsScope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SETTINGS_SCOPE_UNSPECIFIED: _ClassVar[SettingsScope]
    SETTINGS_SCOPE_SERVER: _ClassVar[SettingsScope]
    SETTINGS_SCOPE_WORKSPACE: _ClassVar[SettingsScope]
    SETTINGS_SCOPE_CHANNEL: _ClassVar[SettingsScope]
    SETTINGS_SCOPE_USER: _ClassVar[SettingsScope]

class SettingsOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SETTINGS_OUTCOME_UNSPECIFIED: _ClassVar[SettingsOutcome]
    SETTINGS_OUTCOME_ACKNOWLEDGED: _ClassVar[SettingsOutcome]
    SETTINGS_OUTCOME_KEPT: _ClassVar[SettingsOutcome]
    SETTINGS_OUTCOME_UNCHANGED: _ClassVar[SettingsOutcome]
    SETTINGS_OUTCOME_INVALID: _ClassVar[SettingsOutcome]
    SETTINGS_OUTCOME_REFUSED: _ClassVar[SettingsOutcome]
    SETTINGS_OUTCOME_UNANSWERED: _ClassVar[SettingsOutcome]
    SETTINGS_OUTCOME_OVERTAKEN: _ClassVar[SettingsOutcome]
SETTINGS_SCOPE_UNSPECIFIED: SettingsScope
SETTINGS_SCOPE_SERVER: SettingsScope
SETTINGS_SCOPE_WORKSPACE: SettingsScope
SETTINGS_SCOPE_CHANNEL: SettingsScope
SETTINGS_SCOPE_USER: SettingsScope
SETTINGS_OUTCOME_UNSPECIFIED: SettingsOutcome
SETTINGS_OUTCOME_ACKNOWLEDGED: SettingsOutcome
SETTINGS_OUTCOME_KEPT: SettingsOutcome
SETTINGS_OUTCOME_UNCHANGED: SettingsOutcome
SETTINGS_OUTCOME_INVALID: SettingsOutcome
SETTINGS_OUTCOME_REFUSED: SettingsOutcome
SETTINGS_OUTCOME_UNANSWERED: SettingsOutcome
SETTINGS_OUTCOME_OVERTAKEN: SettingsOutcome

class SettingsPlace(_message.Message):
    __slots__ = ("scope", "workspace", "channel", "user")
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    scope: SettingsScope
    workspace: str
    channel: str
    user: str
    def __init__(self, scope: _Optional[_Union[SettingsScope, str]] = ..., workspace: _Optional[str] = ..., channel: _Optional[str] = ..., user: _Optional[str] = ...) -> None: ...

class SettingsFault(_message.Message):
    __slots__ = ("path", "message", "hint")
    PATH_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    path: str
    message: str
    hint: str
    def __init__(self, path: _Optional[str] = ..., message: _Optional[str] = ..., hint: _Optional[str] = ...) -> None: ...

class SettingsSaved(_message.Message):
    __slots__ = ("outcome", "reason", "faults")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FAULTS_FIELD_NUMBER: _ClassVar[int]
    outcome: SettingsOutcome
    reason: str
    faults: _containers.RepeatedCompositeFieldContainer[SettingsFault]
    def __init__(self, outcome: _Optional[_Union[SettingsOutcome, str]] = ..., reason: _Optional[str] = ..., faults: _Optional[_Iterable[_Union[SettingsFault, _Mapping]]] = ...) -> None: ...

class SettingsField(_message.Message):
    __slots__ = ("key", "scopes", "secret", "required", "is_set", "origin", "value")
    KEY_FIELD_NUMBER: _ClassVar[int]
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_FIELD_NUMBER: _ClassVar[int]
    IS_SET_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    key: str
    scopes: _containers.RepeatedScalarFieldContainer[SettingsScope]
    secret: bool
    required: bool
    is_set: bool
    origin: SettingsScope
    value: str
    def __init__(self, key: _Optional[str] = ..., scopes: _Optional[_Iterable[_Union[SettingsScope, str]]] = ..., secret: _Optional[bool] = ..., required: _Optional[bool] = ..., is_set: _Optional[bool] = ..., origin: _Optional[_Union[SettingsScope, str]] = ..., value: _Optional[str] = ...) -> None: ...
