from outboard_plugin._proto.outboard.common.v1 import common_pb2 as _common_pb2
from outboard_plugin._proto.outboard.common.v1 import operations_pb2 as _operations_pb2
from outboard_plugin._proto.outboard.common.v1 import settings_pb2 as _settings_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HandlerKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HANDLER_KIND_UNSPECIFIED: _ClassVar[HandlerKind]
    HANDLER_KIND_HOOK: _ClassVar[HandlerKind]
    HANDLER_KIND_EVENT: _ClassVar[HandlerKind]
    HANDLER_KIND_COMMAND: _ClassVar[HandlerKind]
    HANDLER_KIND_UI_ACTION: _ClassVar[HandlerKind]
    HANDLER_KIND_SCHEDULE: _ClassVar[HandlerKind]
    HANDLER_KIND_PLUGIN_CALL: _ClassVar[HandlerKind]
    HANDLER_KIND_HTTP: _ClassVar[HandlerKind]

class Level(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEVEL_UNSPECIFIED: _ClassVar[Level]
    LEVEL_ERROR: _ClassVar[Level]
    LEVEL_WARN: _ClassVar[Level]
    LEVEL_INFO: _ClassVar[Level]
    LEVEL_DEBUG: _ClassVar[Level]

class LifecycleKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIFECYCLE_KIND_UNSPECIFIED: _ClassVar[LifecycleKind]
    LIFECYCLE_KIND_INSTALLED: _ClassVar[LifecycleKind]
    LIFECYCLE_KIND_UPGRADED: _ClassVar[LifecycleKind]
    LIFECYCLE_KIND_UNINSTALLED: _ClassVar[LifecycleKind]

class StorageChangeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STORAGE_CHANGE_KIND_UNSPECIFIED: _ClassVar[StorageChangeKind]
    STORAGE_CHANGE_KIND_SET: _ClassVar[StorageChangeKind]
    STORAGE_CHANGE_KIND_DELETED: _ClassVar[StorageChangeKind]
    STORAGE_CHANGE_KIND_EXPIRED: _ClassVar[StorageChangeKind]
HANDLER_KIND_UNSPECIFIED: HandlerKind
HANDLER_KIND_HOOK: HandlerKind
HANDLER_KIND_EVENT: HandlerKind
HANDLER_KIND_COMMAND: HandlerKind
HANDLER_KIND_UI_ACTION: HandlerKind
HANDLER_KIND_SCHEDULE: HandlerKind
HANDLER_KIND_PLUGIN_CALL: HandlerKind
HANDLER_KIND_HTTP: HandlerKind
LEVEL_UNSPECIFIED: Level
LEVEL_ERROR: Level
LEVEL_WARN: Level
LEVEL_INFO: Level
LEVEL_DEBUG: Level
LIFECYCLE_KIND_UNSPECIFIED: LifecycleKind
LIFECYCLE_KIND_INSTALLED: LifecycleKind
LIFECYCLE_KIND_UPGRADED: LifecycleKind
LIFECYCLE_KIND_UNINSTALLED: LifecycleKind
STORAGE_CHANGE_KIND_UNSPECIFIED: StorageChangeKind
STORAGE_CHANGE_KIND_SET: StorageChangeKind
STORAGE_CHANGE_KIND_DELETED: StorageChangeKind
STORAGE_CHANGE_KIND_EXPIRED: StorageChangeKind

class PluginFrame(_message.Message):
    __slots__ = ("reply", "ack", "pong", "partial", "progress", "credit", "chunk", "log", "hello", "starting", "ready", "init_failed", "cancel", "settings", "lifecycle")
    REPLY_FIELD_NUMBER: _ClassVar[int]
    ACK_FIELD_NUMBER: _ClassVar[int]
    PONG_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    HELLO_FIELD_NUMBER: _ClassVar[int]
    STARTING_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    INIT_FAILED_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_FIELD_NUMBER: _ClassVar[int]
    reply: Reply
    ack: Ack
    pong: _common_pb2.Pong
    partial: Partial
    progress: Progress
    credit: _common_pb2.Credit
    chunk: _common_pb2.Chunk
    log: Log
    hello: Hello
    starting: Starting
    ready: Ready
    init_failed: InitFailed
    cancel: CancelCall
    settings: SettingsAck
    lifecycle: LifecycleAck
    def __init__(self, reply: _Optional[_Union[Reply, _Mapping]] = ..., ack: _Optional[_Union[Ack, _Mapping]] = ..., pong: _Optional[_Union[_common_pb2.Pong, _Mapping]] = ..., partial: _Optional[_Union[Partial, _Mapping]] = ..., progress: _Optional[_Union[Progress, _Mapping]] = ..., credit: _Optional[_Union[_common_pb2.Credit, _Mapping]] = ..., chunk: _Optional[_Union[_common_pb2.Chunk, _Mapping]] = ..., log: _Optional[_Union[Log, _Mapping]] = ..., hello: _Optional[_Union[Hello, _Mapping]] = ..., starting: _Optional[_Union[Starting, _Mapping]] = ..., ready: _Optional[_Union[Ready, _Mapping]] = ..., init_failed: _Optional[_Union[InitFailed, _Mapping]] = ..., cancel: _Optional[_Union[CancelCall, _Mapping]] = ..., settings: _Optional[_Union[SettingsAck, _Mapping]] = ..., lifecycle: _Optional[_Union[LifecycleAck, _Mapping]] = ...) -> None: ...

class DaemonFrame(_message.Message):
    __slots__ = ("call", "event", "ping", "cancel", "credit", "chunk", "welcome", "settings", "app", "drain", "shutdown", "cancel_interaction", "grants", "lifecycle")
    CALL_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    PING_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    DRAIN_FIELD_NUMBER: _ClassVar[int]
    SHUTDOWN_FIELD_NUMBER: _ClassVar[int]
    CANCEL_INTERACTION_FIELD_NUMBER: _ClassVar[int]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_FIELD_NUMBER: _ClassVar[int]
    call: Call
    event: Delivery
    ping: _common_pb2.Ping
    cancel: CancelCall
    credit: _common_pb2.Credit
    chunk: _common_pb2.Chunk
    welcome: Welcome
    settings: SettingsChanged
    app: AppChanged
    drain: Drain
    shutdown: Shutdown
    cancel_interaction: CancelInteraction
    grants: GrantsChanged
    lifecycle: Lifecycle
    def __init__(self, call: _Optional[_Union[Call, _Mapping]] = ..., event: _Optional[_Union[Delivery, _Mapping]] = ..., ping: _Optional[_Union[_common_pb2.Ping, _Mapping]] = ..., cancel: _Optional[_Union[CancelCall, _Mapping]] = ..., credit: _Optional[_Union[_common_pb2.Credit, _Mapping]] = ..., chunk: _Optional[_Union[_common_pb2.Chunk, _Mapping]] = ..., welcome: _Optional[_Union[Welcome, _Mapping]] = ..., settings: _Optional[_Union[SettingsChanged, _Mapping]] = ..., app: _Optional[_Union[AppChanged, _Mapping]] = ..., drain: _Optional[_Union[Drain, _Mapping]] = ..., shutdown: _Optional[_Union[Shutdown, _Mapping]] = ..., cancel_interaction: _Optional[_Union[CancelInteraction, _Mapping]] = ..., grants: _Optional[_Union[GrantsChanged, _Mapping]] = ..., lifecycle: _Optional[_Union[Lifecycle, _Mapping]] = ...) -> None: ...

class Hello(_message.Message):
    __slots__ = ("protocol", "features", "name", "version", "sdk", "handlers")
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SDK_FIELD_NUMBER: _ClassVar[int]
    HANDLERS_FIELD_NUMBER: _ClassVar[int]
    protocol: str
    features: _containers.RepeatedScalarFieldContainer[str]
    name: str
    version: str
    sdk: str
    handlers: _containers.RepeatedCompositeFieldContainer[Handler]
    def __init__(self, protocol: _Optional[str] = ..., features: _Optional[_Iterable[str]] = ..., name: _Optional[str] = ..., version: _Optional[str] = ..., sdk: _Optional[str] = ..., handlers: _Optional[_Iterable[_Union[Handler, _Mapping]]] = ...) -> None: ...

class Handler(_message.Message):
    __slots__ = ("kind", "name")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    kind: HandlerKind
    name: str
    def __init__(self, kind: _Optional[_Union[HandlerKind, str]] = ..., name: _Optional[str] = ...) -> None: ...

class Starting(_message.Message):
    __slots__ = ("percent", "text")
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    percent: int
    text: str
    def __init__(self, percent: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...

class Ready(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class InitFailed(_message.Message):
    __slots__ = ("reason", "final")
    REASON_FIELD_NUMBER: _ClassVar[int]
    FINAL_FIELD_NUMBER: _ClassVar[int]
    reason: str
    final: bool
    def __init__(self, reason: _Optional[str] = ..., final: _Optional[bool] = ...) -> None: ...

class Reply(_message.Message):
    __slots__ = ("call", "hook", "interaction", "failure", "choices", "http", "json")
    CALL_FIELD_NUMBER: _ClassVar[int]
    HOOK_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    HTTP_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    call: int
    hook: _common_pb2.HookAnswer
    interaction: _common_pb2.InteractionReply
    failure: _common_pb2.Failure
    choices: Choices
    http: HttpResponse
    json: str
    def __init__(self, call: _Optional[int] = ..., hook: _Optional[_Union[_common_pb2.HookAnswer, _Mapping]] = ..., interaction: _Optional[_Union[_common_pb2.InteractionReply, _Mapping]] = ..., failure: _Optional[_Union[_common_pb2.Failure, _Mapping]] = ..., choices: _Optional[_Union[Choices, _Mapping]] = ..., http: _Optional[_Union[HttpResponse, _Mapping]] = ..., json: _Optional[str] = ...) -> None: ...

class Partial(_message.Message):
    __slots__ = ("call", "seq", "delta", "visibility")
    CALL_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    call: int
    seq: int
    delta: str
    visibility: _common_pb2.Visibility
    def __init__(self, call: _Optional[int] = ..., seq: _Optional[int] = ..., delta: _Optional[str] = ..., visibility: _Optional[_Union[_common_pb2.Visibility, str]] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("call", "percent", "text")
    CALL_FIELD_NUMBER: _ClassVar[int]
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    call: int
    percent: int
    text: str
    def __init__(self, call: _Optional[int] = ..., percent: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...

class Ack(_message.Message):
    __slots__ = ("delivery", "failure")
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    delivery: int
    failure: _common_pb2.Failure
    def __init__(self, delivery: _Optional[int] = ..., failure: _Optional[_Union[_common_pb2.Failure, _Mapping]] = ...) -> None: ...

class SettingsAck(_message.Message):
    __slots__ = ("change", "refused", "reason")
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    change: int
    refused: bool
    reason: str
    def __init__(self, change: _Optional[int] = ..., refused: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class Log(_message.Message):
    __slots__ = ("level", "line")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    level: Level
    line: str
    def __init__(self, level: _Optional[_Union[Level, str]] = ..., line: _Optional[str] = ...) -> None: ...

class Welcome(_message.Message):
    __slots__ = ("generation", "session", "resumed", "settings", "grants", "limits", "bot", "app", "previous_end", "features", "settings_narrowed", "scoped_grants", "daemon_version", "data_dir")
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    RESUMED_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    BOT_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_END_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_NARROWED_FIELD_NUMBER: _ClassVar[int]
    SCOPED_GRANTS_FIELD_NUMBER: _ClassVar[int]
    DAEMON_VERSION_FIELD_NUMBER: _ClassVar[int]
    DATA_DIR_FIELD_NUMBER: _ClassVar[int]
    generation: int
    session: int
    resumed: bool
    settings: str
    grants: _containers.RepeatedScalarFieldContainer[str]
    limits: Limits
    bot: Bot
    app: AppInfo
    previous_end: EndRecord
    features: _containers.RepeatedScalarFieldContainer[str]
    settings_narrowed: bool
    scoped_grants: _containers.RepeatedScalarFieldContainer[str]
    daemon_version: str
    data_dir: str
    def __init__(self, generation: _Optional[int] = ..., session: _Optional[int] = ..., resumed: _Optional[bool] = ..., settings: _Optional[str] = ..., grants: _Optional[_Iterable[str]] = ..., limits: _Optional[_Union[Limits, _Mapping]] = ..., bot: _Optional[_Union[Bot, _Mapping]] = ..., app: _Optional[_Union[AppInfo, _Mapping]] = ..., previous_end: _Optional[_Union[EndRecord, _Mapping]] = ..., features: _Optional[_Iterable[str]] = ..., settings_narrowed: _Optional[bool] = ..., scoped_grants: _Optional[_Iterable[str]] = ..., daemon_version: _Optional[str] = ..., data_dir: _Optional[str] = ...) -> None: ...

class Limits(_message.Message):
    __slots__ = ("memory_bytes", "call_timeout_us", "in_flight", "frame_bytes", "payload_bytes", "credit_bytes", "storage_bytes")
    MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    CALL_TIMEOUT_US_FIELD_NUMBER: _ClassVar[int]
    IN_FLIGHT_FIELD_NUMBER: _ClassVar[int]
    FRAME_BYTES_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_BYTES_FIELD_NUMBER: _ClassVar[int]
    CREDIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    STORAGE_BYTES_FIELD_NUMBER: _ClassVar[int]
    memory_bytes: int
    call_timeout_us: int
    in_flight: int
    frame_bytes: int
    payload_bytes: int
    credit_bytes: int
    storage_bytes: int
    def __init__(self, memory_bytes: _Optional[int] = ..., call_timeout_us: _Optional[int] = ..., in_flight: _Optional[int] = ..., frame_bytes: _Optional[int] = ..., payload_bytes: _Optional[int] = ..., credit_bytes: _Optional[int] = ..., storage_bytes: _Optional[int] = ...) -> None: ...

class Bot(_message.Message):
    __slots__ = ("user_id", "username", "display_name")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    USERNAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    username: str
    display_name: str
    def __init__(self, user_id: _Optional[str] = ..., username: _Optional[str] = ..., display_name: _Optional[str] = ...) -> None: ...

class AppInfo(_message.Message):
    __slots__ = ("name", "version", "operations", "public_url", "workspaces", "locale")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_URL_FIELD_NUMBER: _ClassVar[int]
    WORKSPACES_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    operations: _containers.RepeatedScalarFieldContainer[str]
    public_url: str
    workspaces: _containers.RepeatedScalarFieldContainer[str]
    locale: str
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., operations: _Optional[_Iterable[str]] = ..., public_url: _Optional[str] = ..., workspaces: _Optional[_Iterable[str]] = ..., locale: _Optional[str] = ...) -> None: ...

class EndRecord(_message.Message):
    __slots__ = ("cause", "exit", "uptime_us", "peak_memory_bytes")
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    EXIT_FIELD_NUMBER: _ClassVar[int]
    UPTIME_US_FIELD_NUMBER: _ClassVar[int]
    PEAK_MEMORY_BYTES_FIELD_NUMBER: _ClassVar[int]
    cause: str
    exit: str
    uptime_us: int
    peak_memory_bytes: int
    def __init__(self, cause: _Optional[str] = ..., exit: _Optional[str] = ..., uptime_us: _Optional[int] = ..., peak_memory_bytes: _Optional[int] = ...) -> None: ...

class Call(_message.Message):
    __slots__ = ("id", "budget_us", "intercept", "command", "ui", "autocomplete", "http", "plugin", "attempt", "locale", "trace", "workspace")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUDGET_US_FIELD_NUMBER: _ClassVar[int]
    INTERCEPT_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    UI_FIELD_NUMBER: _ClassVar[int]
    AUTOCOMPLETE_FIELD_NUMBER: _ClassVar[int]
    HTTP_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    id: int
    budget_us: int
    intercept: Intercept
    command: RunCommand
    ui: UiAction
    autocomplete: Autocomplete
    http: HttpRequest
    plugin: PluginCall
    attempt: int
    locale: str
    trace: _common_pb2.Trace
    workspace: str
    def __init__(self, id: _Optional[int] = ..., budget_us: _Optional[int] = ..., intercept: _Optional[_Union[Intercept, _Mapping]] = ..., command: _Optional[_Union[RunCommand, _Mapping]] = ..., ui: _Optional[_Union[UiAction, _Mapping]] = ..., autocomplete: _Optional[_Union[Autocomplete, _Mapping]] = ..., http: _Optional[_Union[HttpRequest, _Mapping]] = ..., plugin: _Optional[_Union[PluginCall, _Mapping]] = ..., attempt: _Optional[int] = ..., locale: _Optional[str] = ..., trace: _Optional[_Union[_common_pb2.Trace, _Mapping]] = ..., workspace: _Optional[str] = ...) -> None: ...

class Intercept(_message.Message):
    __slots__ = ("payload", "phase")
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    payload: _common_pb2.HookPayload
    phase: _common_pb2.Phase
    def __init__(self, payload: _Optional[_Union[_common_pb2.HookPayload, _Mapping]] = ..., phase: _Optional[_Union[_common_pb2.Phase, str]] = ...) -> None: ...

class RunCommand(_message.Message):
    __slots__ = ("interaction_id", "name", "args", "channel", "sender", "thread_root", "text", "subcommand", "kind", "target_message", "target_user")
    class ArgsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _common_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_common_pb2.Value, _Mapping]] = ...) -> None: ...
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ARGS_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    THREAD_ROOT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SUBCOMMAND_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TARGET_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TARGET_USER_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    name: str
    args: _containers.MessageMap[str, _common_pb2.Value]
    channel: _common_pb2.Channel
    sender: _common_pb2.Sender
    thread_root: str
    text: str
    subcommand: str
    kind: _common_pb2.CommandKind
    target_message: _common_pb2.Message
    target_user: _common_pb2.Sender
    def __init__(self, interaction_id: _Optional[str] = ..., name: _Optional[str] = ..., args: _Optional[_Mapping[str, _common_pb2.Value]] = ..., channel: _Optional[_Union[_common_pb2.Channel, _Mapping]] = ..., sender: _Optional[_Union[_common_pb2.Sender, _Mapping]] = ..., thread_root: _Optional[str] = ..., text: _Optional[str] = ..., subcommand: _Optional[str] = ..., kind: _Optional[_Union[_common_pb2.CommandKind, str]] = ..., target_message: _Optional[_Union[_common_pb2.Message, _Mapping]] = ..., target_user: _Optional[_Union[_common_pb2.Sender, _Mapping]] = ...) -> None: ...

class UiAction(_message.Message):
    __slots__ = ("interaction_id", "component", "action", "json", "channel", "sender", "values", "modal", "state", "message_id", "value")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _common_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_common_pb2.Value, _Mapping]] = ...) -> None: ...
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    MODAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    component: str
    action: str
    json: str
    channel: _common_pb2.Channel
    sender: _common_pb2.Sender
    values: _containers.MessageMap[str, _common_pb2.Value]
    modal: str
    state: str
    message_id: str
    value: str
    def __init__(self, interaction_id: _Optional[str] = ..., component: _Optional[str] = ..., action: _Optional[str] = ..., json: _Optional[str] = ..., channel: _Optional[_Union[_common_pb2.Channel, _Mapping]] = ..., sender: _Optional[_Union[_common_pb2.Sender, _Mapping]] = ..., values: _Optional[_Mapping[str, _common_pb2.Value]] = ..., modal: _Optional[str] = ..., state: _Optional[str] = ..., message_id: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class Autocomplete(_message.Message):
    __slots__ = ("command", "argument", "prefix", "sender", "subcommand", "channel")
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    ARGUMENT_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    SUBCOMMAND_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    command: str
    argument: str
    prefix: str
    sender: _common_pb2.Sender
    subcommand: str
    channel: _common_pb2.Channel
    def __init__(self, command: _Optional[str] = ..., argument: _Optional[str] = ..., prefix: _Optional[str] = ..., sender: _Optional[_Union[_common_pb2.Sender, _Mapping]] = ..., subcommand: _Optional[str] = ..., channel: _Optional[_Union[_common_pb2.Channel, _Mapping]] = ...) -> None: ...

class Choices(_message.Message):
    __slots__ = ("choices",)
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    choices: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, choices: _Optional[_Iterable[str]] = ...) -> None: ...

class HttpRequest(_message.Message):
    __slots__ = ("method", "path", "headers", "user", "body", "route", "query", "content")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    METHOD_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    method: str
    path: str
    headers: _containers.ScalarMap[str, str]
    user: str
    body: int
    route: str
    query: str
    content: bytes
    def __init__(self, method: _Optional[str] = ..., path: _Optional[str] = ..., headers: _Optional[_Mapping[str, str]] = ..., user: _Optional[str] = ..., body: _Optional[int] = ..., route: _Optional[str] = ..., query: _Optional[str] = ..., content: _Optional[bytes] = ...) -> None: ...

class HttpResponse(_message.Message):
    __slots__ = ("status", "headers", "body", "content")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    STATUS_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    status: int
    headers: _containers.ScalarMap[str, str]
    body: int
    content: bytes
    def __init__(self, status: _Optional[int] = ..., headers: _Optional[_Mapping[str, str]] = ..., body: _Optional[int] = ..., content: _Optional[bytes] = ...) -> None: ...

class PluginCall(_message.Message):
    __slots__ = ("caller", "method", "json", "hops", "chain")
    CALLER_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    HOPS_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    caller: str
    method: str
    json: str
    hops: int
    chain: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, caller: _Optional[str] = ..., method: _Optional[str] = ..., json: _Optional[str] = ..., hops: _Optional[int] = ..., chain: _Optional[_Iterable[str]] = ...) -> None: ...

class CancelCall(_message.Message):
    __slots__ = ("call", "reason")
    CALL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    call: int
    reason: str
    def __init__(self, call: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class CancelInteraction(_message.Message):
    __slots__ = ("interaction_id", "reason")
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    reason: str
    def __init__(self, interaction_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Delivery(_message.Message):
    __slots__ = ("delivery", "event", "attempt", "trace", "budget_us")
    DELIVERY_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    BUDGET_US_FIELD_NUMBER: _ClassVar[int]
    delivery: int
    event: _common_pb2.Event
    attempt: int
    trace: _common_pb2.Trace
    budget_us: int
    def __init__(self, delivery: _Optional[int] = ..., event: _Optional[_Union[_common_pb2.Event, _Mapping]] = ..., attempt: _Optional[int] = ..., trace: _Optional[_Union[_common_pb2.Trace, _Mapping]] = ..., budget_us: _Optional[int] = ...) -> None: ...

class SettingsChanged(_message.Message):
    __slots__ = ("change", "before", "after", "place", "secrets", "budget_us", "narrowed")
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    SECRETS_FIELD_NUMBER: _ClassVar[int]
    BUDGET_US_FIELD_NUMBER: _ClassVar[int]
    NARROWED_FIELD_NUMBER: _ClassVar[int]
    change: int
    before: str
    after: str
    place: _settings_pb2.SettingsPlace
    secrets: _containers.RepeatedScalarFieldContainer[str]
    budget_us: int
    narrowed: bool
    def __init__(self, change: _Optional[int] = ..., before: _Optional[str] = ..., after: _Optional[str] = ..., place: _Optional[_Union[_settings_pb2.SettingsPlace, _Mapping]] = ..., secrets: _Optional[_Iterable[str]] = ..., budget_us: _Optional[int] = ..., narrowed: _Optional[bool] = ...) -> None: ...

class GrantsChanged(_message.Message):
    __slots__ = ("grants", "scoped_grants")
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    SCOPED_GRANTS_FIELD_NUMBER: _ClassVar[int]
    grants: _containers.RepeatedScalarFieldContainer[str]
    scoped_grants: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, grants: _Optional[_Iterable[str]] = ..., scoped_grants: _Optional[_Iterable[str]] = ...) -> None: ...

class Lifecycle(_message.Message):
    __slots__ = ("id", "kind", "to", "budget_us")
    ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    BUDGET_US_FIELD_NUMBER: _ClassVar[int]
    id: int
    kind: LifecycleKind
    to: str
    budget_us: int
    def __init__(self, id: _Optional[int] = ..., kind: _Optional[_Union[LifecycleKind, str]] = ..., to: _Optional[str] = ..., budget_us: _Optional[int] = ..., **kwargs) -> None: ...

class LifecycleAck(_message.Message):
    __slots__ = ("id", "failure")
    ID_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    id: int
    failure: _common_pb2.Failure
    def __init__(self, id: _Optional[int] = ..., failure: _Optional[_Union[_common_pb2.Failure, _Mapping]] = ...) -> None: ...

class AppChanged(_message.Message):
    __slots__ = ("app", "bot")
    APP_FIELD_NUMBER: _ClassVar[int]
    BOT_FIELD_NUMBER: _ClassVar[int]
    app: AppInfo
    bot: Bot
    def __init__(self, app: _Optional[_Union[AppInfo, _Mapping]] = ..., bot: _Optional[_Union[Bot, _Mapping]] = ...) -> None: ...

class Drain(_message.Message):
    __slots__ = ("budget_us",)
    BUDGET_US_FIELD_NUMBER: _ClassVar[int]
    budget_us: int
    def __init__(self, budget_us: _Optional[int] = ...) -> None: ...

class Shutdown(_message.Message):
    __slots__ = ("budget_us", "reason")
    BUDGET_US_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    budget_us: int
    reason: str
    def __init__(self, budget_us: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class StreamPiece(_message.Message):
    __slots__ = ("begin", "text", "abort")
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    ABORT_FIELD_NUMBER: _ClassVar[int]
    begin: SendRequest
    text: str
    abort: str
    def __init__(self, begin: _Optional[_Union[SendRequest, _Mapping]] = ..., text: _Optional[str] = ..., abort: _Optional[str] = ...) -> None: ...

class SendRequest(_message.Message):
    __slots__ = ("workspace", "channel_id", "body", "thread_root", "reply_to", "role", "idempotency_key", "metadata", "only_to", "to_user", "attachments")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    THREAD_ROOT_FIELD_NUMBER: _ClassVar[int]
    REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    ONLY_TO_FIELD_NUMBER: _ClassVar[int]
    TO_USER_FIELD_NUMBER: _ClassVar[int]
    ATTACHMENTS_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel_id: str
    body: _common_pb2.Body
    thread_root: str
    reply_to: str
    role: _common_pb2.Role
    idempotency_key: str
    metadata: _containers.ScalarMap[str, bytes]
    only_to: str
    to_user: str
    attachments: _containers.RepeatedCompositeFieldContainer[_common_pb2.Attachment]
    def __init__(self, workspace: _Optional[str] = ..., channel_id: _Optional[str] = ..., body: _Optional[_Union[_common_pb2.Body, _Mapping]] = ..., thread_root: _Optional[str] = ..., reply_to: _Optional[str] = ..., role: _Optional[_Union[_common_pb2.Role, str]] = ..., idempotency_key: _Optional[str] = ..., metadata: _Optional[_Mapping[str, bytes]] = ..., only_to: _Optional[str] = ..., to_user: _Optional[str] = ..., attachments: _Optional[_Iterable[_Union[_common_pb2.Attachment, _Mapping]]] = ...) -> None: ...

class ReplyRequest(_message.Message):
    __slots__ = ("body", "role", "idempotency_key", "metadata", "only_to", "attachments")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    BODY_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    ONLY_TO_FIELD_NUMBER: _ClassVar[int]
    ATTACHMENTS_FIELD_NUMBER: _ClassVar[int]
    body: _common_pb2.Body
    role: _common_pb2.Role
    idempotency_key: str
    metadata: _containers.ScalarMap[str, bytes]
    only_to: str
    attachments: _containers.RepeatedCompositeFieldContainer[_common_pb2.Attachment]
    def __init__(self, body: _Optional[_Union[_common_pb2.Body, _Mapping]] = ..., role: _Optional[_Union[_common_pb2.Role, str]] = ..., idempotency_key: _Optional[str] = ..., metadata: _Optional[_Mapping[str, bytes]] = ..., only_to: _Optional[str] = ..., attachments: _Optional[_Iterable[_Union[_common_pb2.Attachment, _Mapping]]] = ...) -> None: ...

class SendResponse(_message.Message):
    __slots__ = ("message_id",)
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    def __init__(self, message_id: _Optional[str] = ...) -> None: ...

class ReleaseHeldRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DropHeldRequest(_message.Message):
    __slots__ = ("id", "reason")
    ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    id: str
    reason: _common_pb2.Text
    def __init__(self, id: _Optional[str] = ..., reason: _Optional[_Union[_common_pb2.Text, _Mapping]] = ...) -> None: ...

class HeldResponse(_message.Message):
    __slots__ = ("message_id", "told")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    TOLD_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    told: bool
    def __init__(self, message_id: _Optional[str] = ..., told: _Optional[bool] = ...) -> None: ...

class ListHeldRequest(_message.Message):
    __slots__ = ("queue", "after")
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    queue: str
    after: int
    def __init__(self, queue: _Optional[str] = ..., after: _Optional[int] = ...) -> None: ...

class ListHeldResponse(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[_common_pb2.HeldItem]
    def __init__(self, items: _Optional[_Iterable[_Union[_common_pb2.HeldItem, _Mapping]]] = ...) -> None: ...

class CallPluginRequest(_message.Message):
    __slots__ = ("plugin", "method", "json")
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    plugin: str
    method: str
    json: str
    def __init__(self, plugin: _Optional[str] = ..., method: _Optional[str] = ..., json: _Optional[str] = ...) -> None: ...

class CallPluginResponse(_message.Message):
    __slots__ = ("json",)
    JSON_FIELD_NUMBER: _ClassVar[int]
    json: str
    def __init__(self, json: _Optional[str] = ...) -> None: ...

class StorageGetRequest(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: str
    def __init__(self, key: _Optional[str] = ...) -> None: ...

class StorageGetResponse(_message.Message):
    __slots__ = ("entry",)
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    entry: StorageEntry
    def __init__(self, entry: _Optional[_Union[StorageEntry, _Mapping]] = ...) -> None: ...

class StorageEntry(_message.Message):
    __slots__ = ("key", "value", "counter", "revision", "expires_at_us", "secret")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    COUNTER_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_US_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    key: str
    value: bytes
    counter: int
    revision: int
    expires_at_us: int
    secret: bool
    def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ..., counter: _Optional[int] = ..., revision: _Optional[int] = ..., expires_at_us: _Optional[int] = ..., secret: _Optional[bool] = ...) -> None: ...

class StorageListRequest(_message.Message):
    __slots__ = ("prefix", "after", "most", "keys_only")
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    KEYS_ONLY_FIELD_NUMBER: _ClassVar[int]
    prefix: str
    after: str
    most: int
    keys_only: bool
    def __init__(self, prefix: _Optional[str] = ..., after: _Optional[str] = ..., most: _Optional[int] = ..., keys_only: _Optional[bool] = ...) -> None: ...

class StorageListResponse(_message.Message):
    __slots__ = ("entries", "next")
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[StorageEntry]
    next: str
    def __init__(self, entries: _Optional[_Iterable[_Union[StorageEntry, _Mapping]]] = ..., next: _Optional[str] = ...) -> None: ...

class StorageUsageRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class StorageUsage(_message.Message):
    __slots__ = ("bytes", "quota_bytes", "keys", "revision", "damaged_at_us", "secrets")
    BYTES_FIELD_NUMBER: _ClassVar[int]
    QUOTA_BYTES_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DAMAGED_AT_US_FIELD_NUMBER: _ClassVar[int]
    SECRETS_FIELD_NUMBER: _ClassVar[int]
    bytes: int
    quota_bytes: int
    keys: int
    revision: int
    damaged_at_us: int
    secrets: bool
    def __init__(self, bytes: _Optional[int] = ..., quota_bytes: _Optional[int] = ..., keys: _Optional[int] = ..., revision: _Optional[int] = ..., damaged_at_us: _Optional[int] = ..., secrets: _Optional[bool] = ...) -> None: ...

class StorageSet(_message.Message):
    __slots__ = ("key", "value", "ttl_us", "if_revision", "secret")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TTL_US_FIELD_NUMBER: _ClassVar[int]
    IF_REVISION_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    key: str
    value: bytes
    ttl_us: int
    if_revision: int
    secret: bool
    def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ..., ttl_us: _Optional[int] = ..., if_revision: _Optional[int] = ..., secret: _Optional[bool] = ...) -> None: ...

class StorageDelete(_message.Message):
    __slots__ = ("key", "if_revision")
    KEY_FIELD_NUMBER: _ClassVar[int]
    IF_REVISION_FIELD_NUMBER: _ClassVar[int]
    key: str
    if_revision: int
    def __init__(self, key: _Optional[str] = ..., if_revision: _Optional[int] = ...) -> None: ...

class StorageIncrement(_message.Message):
    __slots__ = ("key", "by", "ttl_us")
    KEY_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    TTL_US_FIELD_NUMBER: _ClassVar[int]
    key: str
    by: int
    ttl_us: int
    def __init__(self, key: _Optional[str] = ..., by: _Optional[int] = ..., ttl_us: _Optional[int] = ...) -> None: ...

class StorageSetRequest(_message.Message):
    __slots__ = ("set", "durable")
    SET_FIELD_NUMBER: _ClassVar[int]
    DURABLE_FIELD_NUMBER: _ClassVar[int]
    set: StorageSet
    durable: bool
    def __init__(self, set: _Optional[_Union[StorageSet, _Mapping]] = ..., durable: _Optional[bool] = ...) -> None: ...

class StorageDeleteRequest(_message.Message):
    __slots__ = ("delete", "durable")
    DELETE_FIELD_NUMBER: _ClassVar[int]
    DURABLE_FIELD_NUMBER: _ClassVar[int]
    delete: StorageDelete
    durable: bool
    def __init__(self, delete: _Optional[_Union[StorageDelete, _Mapping]] = ..., durable: _Optional[bool] = ...) -> None: ...

class StorageIncrementRequest(_message.Message):
    __slots__ = ("increment", "durable")
    INCREMENT_FIELD_NUMBER: _ClassVar[int]
    DURABLE_FIELD_NUMBER: _ClassVar[int]
    increment: StorageIncrement
    durable: bool
    def __init__(self, increment: _Optional[_Union[StorageIncrement, _Mapping]] = ..., durable: _Optional[bool] = ...) -> None: ...

class StorageChange(_message.Message):
    __slots__ = ("set", "delete", "increment")
    SET_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    INCREMENT_FIELD_NUMBER: _ClassVar[int]
    set: StorageSet
    delete: StorageDelete
    increment: StorageIncrement
    def __init__(self, set: _Optional[_Union[StorageSet, _Mapping]] = ..., delete: _Optional[_Union[StorageDelete, _Mapping]] = ..., increment: _Optional[_Union[StorageIncrement, _Mapping]] = ...) -> None: ...

class StorageBatchRequest(_message.Message):
    __slots__ = ("changes", "durable")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    DURABLE_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[StorageChange]
    durable: bool
    def __init__(self, changes: _Optional[_Iterable[_Union[StorageChange, _Mapping]]] = ..., durable: _Optional[bool] = ...) -> None: ...

class StorageBatchResponse(_message.Message):
    __slots__ = ("written",)
    WRITTEN_FIELD_NUMBER: _ClassVar[int]
    written: _containers.RepeatedCompositeFieldContainer[StorageWritten]
    def __init__(self, written: _Optional[_Iterable[_Union[StorageWritten, _Mapping]]] = ...) -> None: ...

class StorageWritten(_message.Message):
    __slots__ = ("revision", "existed", "counter")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    EXISTED_FIELD_NUMBER: _ClassVar[int]
    COUNTER_FIELD_NUMBER: _ClassVar[int]
    revision: int
    existed: bool
    counter: int
    def __init__(self, revision: _Optional[int] = ..., existed: _Optional[bool] = ..., counter: _Optional[int] = ...) -> None: ...

class StorageWatchRequest(_message.Message):
    __slots__ = ("prefix",)
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    prefix: str
    def __init__(self, prefix: _Optional[str] = ...) -> None: ...

class StorageNews(_message.Message):
    __slots__ = ("watching", "changed", "gap")
    WATCHING_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    watching: StorageWatching
    changed: StorageChanged
    gap: StorageGap
    def __init__(self, watching: _Optional[_Union[StorageWatching, _Mapping]] = ..., changed: _Optional[_Union[StorageChanged, _Mapping]] = ..., gap: _Optional[_Union[StorageGap, _Mapping]] = ...) -> None: ...

class StorageWatching(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    def __init__(self, revision: _Optional[int] = ...) -> None: ...

class StorageChanged(_message.Message):
    __slots__ = ("key", "revision", "kind")
    KEY_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    key: str
    revision: int
    kind: StorageChangeKind
    def __init__(self, key: _Optional[str] = ..., revision: _Optional[int] = ..., kind: _Optional[_Union[StorageChangeKind, str]] = ...) -> None: ...

class StorageGap(_message.Message):
    __slots__ = ("missed",)
    MISSED_FIELD_NUMBER: _ClassVar[int]
    missed: int
    def __init__(self, missed: _Optional[int] = ...) -> None: ...

class FollowUpRequest(_message.Message):
    __slots__ = ("interaction_id", "seq", "reply", "last")
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    REPLY_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    seq: int
    reply: _common_pb2.InteractionReply
    last: bool
    def __init__(self, interaction_id: _Optional[str] = ..., seq: _Optional[int] = ..., reply: _Optional[_Union[_common_pb2.InteractionReply, _Mapping]] = ..., last: _Optional[bool] = ...) -> None: ...

class FollowUpResponse(_message.Message):
    __slots__ = ("message_id",)
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    def __init__(self, message_id: _Optional[str] = ...) -> None: ...

class EmitRequest(_message.Message):
    __slots__ = ("event", "json", "workspace", "id")
    EVENT_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    event: str
    json: str
    workspace: str
    id: str
    def __init__(self, event: _Optional[str] = ..., json: _Optional[str] = ..., workspace: _Optional[str] = ..., id: _Optional[str] = ...) -> None: ...

class EmitResponse(_message.Message):
    __slots__ = ("event_id", "subscriptions")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTIONS_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    subscriptions: int
    def __init__(self, event_id: _Optional[str] = ..., subscriptions: _Optional[int] = ...) -> None: ...
