from outboard_app._proto.outboard.common.v1 import common_pb2 as _common_pb2
from outboard_app._proto.outboard.app.v1 import files_pb2 as _files_pb2
from outboard_app._proto.outboard.common.v1 import files_pb2 as _files_pb2_1
from outboard_app._proto.outboard.common.v1 import operations_pb2 as _operations_pb2
from outboard_app._proto.outboard.common.v1 import ui_pb2 as _ui_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AppFrame(_message.Message):
    __slots__ = ("intercept", "publish", "answer", "command", "cancel", "pong", "credit", "chunk", "hello", "ui", "autocomplete", "http")
    INTERCEPT_FIELD_NUMBER: _ClassVar[int]
    PUBLISH_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    PONG_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    HELLO_FIELD_NUMBER: _ClassVar[int]
    UI_FIELD_NUMBER: _ClassVar[int]
    AUTOCOMPLETE_FIELD_NUMBER: _ClassVar[int]
    HTTP_FIELD_NUMBER: _ClassVar[int]
    intercept: Intercept
    publish: Publish
    answer: Answer
    command: RunCommand
    cancel: Cancel
    pong: _common_pb2.Pong
    credit: _common_pb2.Credit
    chunk: _common_pb2.Chunk
    hello: AppHello
    ui: UiAction
    autocomplete: Autocomplete
    http: HttpRequest
    def __init__(self, intercept: _Optional[_Union[Intercept, _Mapping]] = ..., publish: _Optional[_Union[Publish, _Mapping]] = ..., answer: _Optional[_Union[Answer, _Mapping]] = ..., command: _Optional[_Union[RunCommand, _Mapping]] = ..., cancel: _Optional[_Union[Cancel, _Mapping]] = ..., pong: _Optional[_Union[_common_pb2.Pong, _Mapping]] = ..., credit: _Optional[_Union[_common_pb2.Credit, _Mapping]] = ..., chunk: _Optional[_Union[_common_pb2.Chunk, _Mapping]] = ..., hello: _Optional[_Union[AppHello, _Mapping]] = ..., ui: _Optional[_Union[UiAction, _Mapping]] = ..., autocomplete: _Optional[_Union[Autocomplete, _Mapping]] = ..., http: _Optional[_Union[HttpRequest, _Mapping]] = ...) -> None: ...

class DaemonFrame(_message.Message):
    __slots__ = ("intercepted", "published", "request", "command", "delta", "ping", "credit", "chunk", "welcome", "policies", "catalogue", "choices", "http", "cancel", "progress", "event", "ui")
    INTERCEPTED_FIELD_NUMBER: _ClassVar[int]
    PUBLISHED_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    PING_FIELD_NUMBER: _ClassVar[int]
    CREDIT_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    WELCOME_FIELD_NUMBER: _ClassVar[int]
    POLICIES_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    HTTP_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    UI_FIELD_NUMBER: _ClassVar[int]
    intercepted: InterceptResult
    published: Published
    request: Request
    command: CommandResult
    delta: StreamDelta
    ping: _common_pb2.Ping
    credit: _common_pb2.Credit
    chunk: _common_pb2.Chunk
    welcome: AppWelcome
    policies: Policies
    catalogue: Catalogue
    choices: Choices
    http: HttpResponse
    cancel: CancelRequest
    progress: Progress
    event: _common_pb2.Event
    ui: _ui_pb2.UiContent
    def __init__(self, intercepted: _Optional[_Union[InterceptResult, _Mapping]] = ..., published: _Optional[_Union[Published, _Mapping]] = ..., request: _Optional[_Union[Request, _Mapping]] = ..., command: _Optional[_Union[CommandResult, _Mapping]] = ..., delta: _Optional[_Union[StreamDelta, _Mapping]] = ..., ping: _Optional[_Union[_common_pb2.Ping, _Mapping]] = ..., credit: _Optional[_Union[_common_pb2.Credit, _Mapping]] = ..., chunk: _Optional[_Union[_common_pb2.Chunk, _Mapping]] = ..., welcome: _Optional[_Union[AppWelcome, _Mapping]] = ..., policies: _Optional[_Union[Policies, _Mapping]] = ..., catalogue: _Optional[_Union[Catalogue, _Mapping]] = ..., choices: _Optional[_Union[Choices, _Mapping]] = ..., http: _Optional[_Union[HttpResponse, _Mapping]] = ..., cancel: _Optional[_Union[CancelRequest, _Mapping]] = ..., progress: _Optional[_Union[Progress, _Mapping]] = ..., event: _Optional[_Union[_common_pb2.Event, _Mapping]] = ..., ui: _Optional[_Union[_ui_pb2.UiContent, _Mapping]] = ...) -> None: ...

class AppHello(_message.Message):
    __slots__ = ("protocol", "app", "version", "node", "epoch", "hooks", "events", "operations", "ui", "workspaces", "dedupe", "features", "public_url", "subscriptions", "locale", "bots")
    class BotsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PROTOCOL_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    HOOKS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    UI_FIELD_NUMBER: _ClassVar[int]
    WORKSPACES_FIELD_NUMBER: _ClassVar[int]
    DEDUPE_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_URL_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTIONS_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    BOTS_FIELD_NUMBER: _ClassVar[int]
    protocol: str
    app: str
    version: str
    node: str
    epoch: int
    hooks: _containers.RepeatedScalarFieldContainer[str]
    events: _containers.RepeatedScalarFieldContainer[str]
    operations: _containers.RepeatedScalarFieldContainer[str]
    ui: _containers.RepeatedScalarFieldContainer[str]
    workspaces: _containers.RepeatedScalarFieldContainer[str]
    dedupe: bool
    features: _containers.RepeatedScalarFieldContainer[str]
    public_url: str
    subscriptions: _containers.RepeatedScalarFieldContainer[str]
    locale: str
    bots: _containers.ScalarMap[str, str]
    def __init__(self, protocol: _Optional[str] = ..., app: _Optional[str] = ..., version: _Optional[str] = ..., node: _Optional[str] = ..., epoch: _Optional[int] = ..., hooks: _Optional[_Iterable[str]] = ..., events: _Optional[_Iterable[str]] = ..., operations: _Optional[_Iterable[str]] = ..., ui: _Optional[_Iterable[str]] = ..., workspaces: _Optional[_Iterable[str]] = ..., dedupe: _Optional[bool] = ..., features: _Optional[_Iterable[str]] = ..., public_url: _Optional[str] = ..., subscriptions: _Optional[_Iterable[str]] = ..., locale: _Optional[str] = ..., bots: _Optional[_Mapping[str, str]] = ...) -> None: ...

class AppWelcome(_message.Message):
    __slots__ = ("daemon_version", "policies", "catalogue", "frame_bytes", "payload_bytes", "credit_bytes", "features")
    DAEMON_VERSION_FIELD_NUMBER: _ClassVar[int]
    POLICIES_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_FIELD_NUMBER: _ClassVar[int]
    FRAME_BYTES_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_BYTES_FIELD_NUMBER: _ClassVar[int]
    CREDIT_BYTES_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    daemon_version: str
    policies: Policies
    catalogue: Catalogue
    frame_bytes: int
    payload_bytes: int
    credit_bytes: int
    features: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, daemon_version: _Optional[str] = ..., policies: _Optional[_Union[Policies, _Mapping]] = ..., catalogue: _Optional[_Union[Catalogue, _Mapping]] = ..., frame_bytes: _Optional[int] = ..., payload_bytes: _Optional[int] = ..., credit_bytes: _Optional[int] = ..., features: _Optional[_Iterable[str]] = ...) -> None: ...

class Policies(_message.Message):
    __slots__ = ("hooks",)
    HOOKS_FIELD_NUMBER: _ClassVar[int]
    hooks: _containers.RepeatedCompositeFieldContainer[HookPolicy]
    def __init__(self, hooks: _Optional[_Iterable[_Union[HookPolicy, _Mapping]]] = ...) -> None: ...

class HookPolicy(_message.Message):
    __slots__ = ("hook", "intercepted", "policy", "budget_us")
    HOOK_FIELD_NUMBER: _ClassVar[int]
    INTERCEPTED_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    BUDGET_US_FIELD_NUMBER: _ClassVar[int]
    hook: str
    intercepted: bool
    policy: _common_pb2.FailurePolicy
    budget_us: int
    def __init__(self, hook: _Optional[str] = ..., intercepted: _Optional[bool] = ..., policy: _Optional[_Union[_common_pb2.FailurePolicy, str]] = ..., budget_us: _Optional[int] = ...) -> None: ...

class Catalogue(_message.Message):
    __slots__ = ("revision", "commands", "ui", "more")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    COMMANDS_FIELD_NUMBER: _ClassVar[int]
    UI_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    revision: int
    commands: _containers.RepeatedCompositeFieldContainer[_common_pb2.CommandInfo]
    ui: _containers.RepeatedCompositeFieldContainer[_ui_pb2.UiContribution]
    more: bool
    def __init__(self, revision: _Optional[int] = ..., commands: _Optional[_Iterable[_Union[_common_pb2.CommandInfo, _Mapping]]] = ..., ui: _Optional[_Iterable[_Union[_ui_pb2.UiContribution, _Mapping]]] = ..., more: _Optional[bool] = ...) -> None: ...

class Intercept(_message.Message):
    __slots__ = ("id", "budget_us", "payload", "workspace", "locale", "trace")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUDGET_US_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    id: int
    budget_us: int
    payload: _common_pb2.HookPayload
    workspace: str
    locale: str
    trace: _common_pb2.Trace
    def __init__(self, id: _Optional[int] = ..., budget_us: _Optional[int] = ..., payload: _Optional[_Union[_common_pb2.HookPayload, _Mapping]] = ..., workspace: _Optional[str] = ..., locale: _Optional[str] = ..., trace: _Optional[_Union[_common_pb2.Trace, _Mapping]] = ...) -> None: ...

class InterceptResult(_message.Message):
    __slots__ = ("id", "verdict", "failure")
    ID_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    id: int
    verdict: _common_pb2.Verdict
    failure: _common_pb2.Failure
    def __init__(self, id: _Optional[int] = ..., verdict: _Optional[_Union[_common_pb2.Verdict, _Mapping]] = ..., failure: _Optional[_Union[_common_pb2.Failure, _Mapping]] = ...) -> None: ...

class Publish(_message.Message):
    __slots__ = ("id", "event", "trace")
    ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    id: int
    event: _common_pb2.Event
    trace: _common_pb2.Trace
    def __init__(self, id: _Optional[int] = ..., event: _Optional[_Union[_common_pb2.Event, _Mapping]] = ..., trace: _Optional[_Union[_common_pb2.Trace, _Mapping]] = ...) -> None: ...

class Published(_message.Message):
    __slots__ = ("id", "event_id", "subscriptions", "duplicate", "failure")
    ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTIONS_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    id: int
    event_id: str
    subscriptions: int
    duplicate: bool
    failure: _common_pb2.Failure
    def __init__(self, id: _Optional[int] = ..., event_id: _Optional[str] = ..., subscriptions: _Optional[int] = ..., duplicate: _Optional[bool] = ..., failure: _Optional[_Union[_common_pb2.Failure, _Mapping]] = ...) -> None: ...

class RunCommand(_message.Message):
    __slots__ = ("id", "interaction_id", "name", "text", "values", "channel", "sender", "thread_root", "workspace", "budget_us", "trace", "subcommand", "target_message", "target_user")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _common_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_common_pb2.Value, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    THREAD_ROOT_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    BUDGET_US_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    SUBCOMMAND_FIELD_NUMBER: _ClassVar[int]
    TARGET_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TARGET_USER_FIELD_NUMBER: _ClassVar[int]
    id: int
    interaction_id: str
    name: str
    text: str
    values: _containers.MessageMap[str, _common_pb2.Value]
    channel: _common_pb2.Channel
    sender: _common_pb2.Sender
    thread_root: str
    workspace: str
    budget_us: int
    trace: _common_pb2.Trace
    subcommand: str
    target_message: _common_pb2.Message
    target_user: _common_pb2.Sender
    def __init__(self, id: _Optional[int] = ..., interaction_id: _Optional[str] = ..., name: _Optional[str] = ..., text: _Optional[str] = ..., values: _Optional[_Mapping[str, _common_pb2.Value]] = ..., channel: _Optional[_Union[_common_pb2.Channel, _Mapping]] = ..., sender: _Optional[_Union[_common_pb2.Sender, _Mapping]] = ..., thread_root: _Optional[str] = ..., workspace: _Optional[str] = ..., budget_us: _Optional[int] = ..., trace: _Optional[_Union[_common_pb2.Trace, _Mapping]] = ..., subcommand: _Optional[str] = ..., target_message: _Optional[_Union[_common_pb2.Message, _Mapping]] = ..., target_user: _Optional[_Union[_common_pb2.Sender, _Mapping]] = ...) -> None: ...

class CommandResult(_message.Message):
    __slots__ = ("id", "interaction_id", "plugin", "reply", "failure")
    ID_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    REPLY_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    id: int
    interaction_id: str
    plugin: str
    reply: _common_pb2.InteractionReply
    failure: _common_pb2.Failure
    def __init__(self, id: _Optional[int] = ..., interaction_id: _Optional[str] = ..., plugin: _Optional[str] = ..., reply: _Optional[_Union[_common_pb2.InteractionReply, _Mapping]] = ..., failure: _Optional[_Union[_common_pb2.Failure, _Mapping]] = ...) -> None: ...

class UiAction(_message.Message):
    __slots__ = ("id", "interaction_id", "plugin", "component", "action", "json", "channel", "sender", "workspace", "trace", "values", "modal", "message_id", "value")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _common_pb2.Value
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_common_pb2.Value, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    MODAL_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    id: int
    interaction_id: str
    plugin: str
    component: str
    action: str
    json: str
    channel: _common_pb2.Channel
    sender: _common_pb2.Sender
    workspace: str
    trace: _common_pb2.Trace
    values: _containers.MessageMap[str, _common_pb2.Value]
    modal: str
    message_id: str
    value: str
    def __init__(self, id: _Optional[int] = ..., interaction_id: _Optional[str] = ..., plugin: _Optional[str] = ..., component: _Optional[str] = ..., action: _Optional[str] = ..., json: _Optional[str] = ..., channel: _Optional[_Union[_common_pb2.Channel, _Mapping]] = ..., sender: _Optional[_Union[_common_pb2.Sender, _Mapping]] = ..., workspace: _Optional[str] = ..., trace: _Optional[_Union[_common_pb2.Trace, _Mapping]] = ..., values: _Optional[_Mapping[str, _common_pb2.Value]] = ..., modal: _Optional[str] = ..., message_id: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class Autocomplete(_message.Message):
    __slots__ = ("id", "command", "argument", "prefix", "sender", "workspace", "subcommand", "channel")
    ID_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    ARGUMENT_FIELD_NUMBER: _ClassVar[int]
    PREFIX_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    SUBCOMMAND_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    id: int
    command: str
    argument: str
    prefix: str
    sender: _common_pb2.Sender
    workspace: str
    subcommand: str
    channel: _common_pb2.Channel
    def __init__(self, id: _Optional[int] = ..., command: _Optional[str] = ..., argument: _Optional[str] = ..., prefix: _Optional[str] = ..., sender: _Optional[_Union[_common_pb2.Sender, _Mapping]] = ..., workspace: _Optional[str] = ..., subcommand: _Optional[str] = ..., channel: _Optional[_Union[_common_pb2.Channel, _Mapping]] = ...) -> None: ...

class Choices(_message.Message):
    __slots__ = ("id", "choices", "failure")
    ID_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    id: int
    choices: _containers.RepeatedScalarFieldContainer[str]
    failure: _common_pb2.Failure
    def __init__(self, id: _Optional[int] = ..., choices: _Optional[_Iterable[str]] = ..., failure: _Optional[_Union[_common_pb2.Failure, _Mapping]] = ...) -> None: ...

class HttpRequest(_message.Message):
    __slots__ = ("id", "plugin", "method", "path", "headers", "user", "body", "content", "budget_us", "workspace", "trace")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    BUDGET_US_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    id: int
    plugin: str
    method: str
    path: str
    headers: _containers.ScalarMap[str, str]
    user: str
    body: int
    content: bytes
    budget_us: int
    workspace: str
    trace: _common_pb2.Trace
    def __init__(self, id: _Optional[int] = ..., plugin: _Optional[str] = ..., method: _Optional[str] = ..., path: _Optional[str] = ..., headers: _Optional[_Mapping[str, str]] = ..., user: _Optional[str] = ..., body: _Optional[int] = ..., content: _Optional[bytes] = ..., budget_us: _Optional[int] = ..., workspace: _Optional[str] = ..., trace: _Optional[_Union[_common_pb2.Trace, _Mapping]] = ...) -> None: ...

class HttpResponse(_message.Message):
    __slots__ = ("id", "status", "headers", "body", "failure", "content")
    class HeadersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    HEADERS_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    id: int
    status: int
    headers: _containers.ScalarMap[str, str]
    body: int
    failure: _common_pb2.Failure
    content: bytes
    def __init__(self, id: _Optional[int] = ..., status: _Optional[int] = ..., headers: _Optional[_Mapping[str, str]] = ..., body: _Optional[int] = ..., failure: _Optional[_Union[_common_pb2.Failure, _Mapping]] = ..., content: _Optional[bytes] = ...) -> None: ...

class Cancel(_message.Message):
    __slots__ = ("id", "interaction_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    interaction_id: str
    def __init__(self, id: _Optional[int] = ..., interaction_id: _Optional[str] = ...) -> None: ...

class Cancelled(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Request(_message.Message):
    __slots__ = ("id", "idempotency_key", "attempt", "asker", "workspace", "trace", "send", "follow_up", "decided", "ephemeral", "direct", "grow", "edit", "delete", "react", "unreact", "typing", "status", "get_message", "list_messages", "search_messages", "find_user", "moderate", "find_channel", "list_channels", "create_channel", "invite", "set_topic", "pin", "unpin", "stat_file", "read_file", "upload_file", "on_behalf_of")
    ID_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    ASKER_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    SEND_FIELD_NUMBER: _ClassVar[int]
    FOLLOW_UP_FIELD_NUMBER: _ClassVar[int]
    DECIDED_FIELD_NUMBER: _ClassVar[int]
    EPHEMERAL_FIELD_NUMBER: _ClassVar[int]
    DIRECT_FIELD_NUMBER: _ClassVar[int]
    GROW_FIELD_NUMBER: _ClassVar[int]
    EDIT_FIELD_NUMBER: _ClassVar[int]
    DELETE_FIELD_NUMBER: _ClassVar[int]
    REACT_FIELD_NUMBER: _ClassVar[int]
    UNREACT_FIELD_NUMBER: _ClassVar[int]
    TYPING_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    GET_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    LIST_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    SEARCH_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    FIND_USER_FIELD_NUMBER: _ClassVar[int]
    MODERATE_FIELD_NUMBER: _ClassVar[int]
    FIND_CHANNEL_FIELD_NUMBER: _ClassVar[int]
    LIST_CHANNELS_FIELD_NUMBER: _ClassVar[int]
    CREATE_CHANNEL_FIELD_NUMBER: _ClassVar[int]
    INVITE_FIELD_NUMBER: _ClassVar[int]
    SET_TOPIC_FIELD_NUMBER: _ClassVar[int]
    PIN_FIELD_NUMBER: _ClassVar[int]
    UNPIN_FIELD_NUMBER: _ClassVar[int]
    STAT_FILE_FIELD_NUMBER: _ClassVar[int]
    READ_FILE_FIELD_NUMBER: _ClassVar[int]
    UPLOAD_FILE_FIELD_NUMBER: _ClassVar[int]
    ON_BEHALF_OF_FIELD_NUMBER: _ClassVar[int]
    id: int
    idempotency_key: str
    attempt: int
    asker: Asker
    workspace: str
    trace: _common_pb2.Trace
    send: SendMessage
    follow_up: FollowUp
    decided: HeldDecided
    ephemeral: EphemeralMessage
    direct: DirectMessage
    grow: GrowMessage
    edit: _operations_pb2.EditMessage
    delete: _operations_pb2.DeleteMessage
    react: _operations_pb2.ReactToMessage
    unreact: _operations_pb2.ReactToMessage
    typing: _operations_pb2.ShowTyping
    status: _operations_pb2.SetStatus
    get_message: _operations_pb2.GetMessage
    list_messages: _operations_pb2.ListMessages
    search_messages: _operations_pb2.SearchMessages
    find_user: _operations_pb2.FindUser
    moderate: _operations_pb2.ModerateUser
    find_channel: _operations_pb2.FindChannel
    list_channels: _operations_pb2.ListChannels
    create_channel: _operations_pb2.CreateChannel
    invite: _operations_pb2.InviteToChannel
    set_topic: _operations_pb2.SetTopic
    pin: _operations_pb2.PinMessage
    unpin: _operations_pb2.PinMessage
    stat_file: _files_pb2_1.StatFile
    read_file: _files_pb2.ReadFile
    upload_file: _files_pb2.UploadFile
    on_behalf_of: _common_pb2.Sender
    def __init__(self, id: _Optional[int] = ..., idempotency_key: _Optional[str] = ..., attempt: _Optional[int] = ..., asker: _Optional[_Union[Asker, _Mapping]] = ..., workspace: _Optional[str] = ..., trace: _Optional[_Union[_common_pb2.Trace, _Mapping]] = ..., send: _Optional[_Union[SendMessage, _Mapping]] = ..., follow_up: _Optional[_Union[FollowUp, _Mapping]] = ..., decided: _Optional[_Union[HeldDecided, _Mapping]] = ..., ephemeral: _Optional[_Union[EphemeralMessage, _Mapping]] = ..., direct: _Optional[_Union[DirectMessage, _Mapping]] = ..., grow: _Optional[_Union[GrowMessage, _Mapping]] = ..., edit: _Optional[_Union[_operations_pb2.EditMessage, _Mapping]] = ..., delete: _Optional[_Union[_operations_pb2.DeleteMessage, _Mapping]] = ..., react: _Optional[_Union[_operations_pb2.ReactToMessage, _Mapping]] = ..., unreact: _Optional[_Union[_operations_pb2.ReactToMessage, _Mapping]] = ..., typing: _Optional[_Union[_operations_pb2.ShowTyping, _Mapping]] = ..., status: _Optional[_Union[_operations_pb2.SetStatus, _Mapping]] = ..., get_message: _Optional[_Union[_operations_pb2.GetMessage, _Mapping]] = ..., list_messages: _Optional[_Union[_operations_pb2.ListMessages, _Mapping]] = ..., search_messages: _Optional[_Union[_operations_pb2.SearchMessages, _Mapping]] = ..., find_user: _Optional[_Union[_operations_pb2.FindUser, _Mapping]] = ..., moderate: _Optional[_Union[_operations_pb2.ModerateUser, _Mapping]] = ..., find_channel: _Optional[_Union[_operations_pb2.FindChannel, _Mapping]] = ..., list_channels: _Optional[_Union[_operations_pb2.ListChannels, _Mapping]] = ..., create_channel: _Optional[_Union[_operations_pb2.CreateChannel, _Mapping]] = ..., invite: _Optional[_Union[_operations_pb2.InviteToChannel, _Mapping]] = ..., set_topic: _Optional[_Union[_operations_pb2.SetTopic, _Mapping]] = ..., pin: _Optional[_Union[_operations_pb2.PinMessage, _Mapping]] = ..., unpin: _Optional[_Union[_operations_pb2.PinMessage, _Mapping]] = ..., stat_file: _Optional[_Union[_files_pb2_1.StatFile, _Mapping]] = ..., read_file: _Optional[_Union[_files_pb2.ReadFile, _Mapping]] = ..., upload_file: _Optional[_Union[_files_pb2.UploadFile, _Mapping]] = ..., on_behalf_of: _Optional[_Union[_common_pb2.Sender, _Mapping]] = ...) -> None: ...

class Asker(_message.Message):
    __slots__ = ("plugin", "version", "bot_username", "bot_display_name", "manages_messages")
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    BOT_USERNAME_FIELD_NUMBER: _ClassVar[int]
    BOT_DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    MANAGES_MESSAGES_FIELD_NUMBER: _ClassVar[int]
    plugin: str
    version: str
    bot_username: str
    bot_display_name: str
    manages_messages: bool
    def __init__(self, plugin: _Optional[str] = ..., version: _Optional[str] = ..., bot_username: _Optional[str] = ..., bot_display_name: _Optional[str] = ..., manages_messages: _Optional[bool] = ...) -> None: ...

class SendMessage(_message.Message):
    __slots__ = ("message",)
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    message: _common_pb2.Message
    def __init__(self, message: _Optional[_Union[_common_pb2.Message, _Mapping]] = ...) -> None: ...

class EphemeralMessage(_message.Message):
    __slots__ = ("message", "only_to")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ONLY_TO_FIELD_NUMBER: _ClassVar[int]
    message: _common_pb2.Message
    only_to: str
    def __init__(self, message: _Optional[_Union[_common_pb2.Message, _Mapping]] = ..., only_to: _Optional[str] = ...) -> None: ...

class DirectMessage(_message.Message):
    __slots__ = ("message", "to_user")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    TO_USER_FIELD_NUMBER: _ClassVar[int]
    message: _common_pb2.Message
    to_user: str
    def __init__(self, message: _Optional[_Union[_common_pb2.Message, _Mapping]] = ..., to_user: _Optional[str] = ...) -> None: ...

class GrowMessage(_message.Message):
    __slots__ = ("begin", "more", "end")
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    begin: SendMessage
    more: GrowMore
    end: GrowEnd
    def __init__(self, begin: _Optional[_Union[SendMessage, _Mapping]] = ..., more: _Optional[_Union[GrowMore, _Mapping]] = ..., end: _Optional[_Union[GrowEnd, _Mapping]] = ...) -> None: ...

class GrowMore(_message.Message):
    __slots__ = ("channel", "message_id", "seq", "text")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    channel: _common_pb2.Channel
    message_id: str
    seq: int
    text: str
    def __init__(self, channel: _Optional[_Union[_common_pb2.Channel, _Mapping]] = ..., message_id: _Optional[str] = ..., seq: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...

class GrowEnd(_message.Message):
    __slots__ = ("channel", "message_id", "abort")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    ABORT_FIELD_NUMBER: _ClassVar[int]
    channel: _common_pb2.Channel
    message_id: str
    abort: _common_pb2.Failure
    def __init__(self, channel: _Optional[_Union[_common_pb2.Channel, _Mapping]] = ..., message_id: _Optional[str] = ..., abort: _Optional[_Union[_common_pb2.Failure, _Mapping]] = ...) -> None: ...

class FollowUp(_message.Message):
    __slots__ = ("interaction_id", "seq", "reply", "channel", "user", "thread_root", "last", "action")
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    REPLY_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    THREAD_ROOT_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    seq: int
    reply: _common_pb2.InteractionReply
    channel: _common_pb2.Channel
    user: _common_pb2.Sender
    thread_root: str
    last: bool
    action: bool
    def __init__(self, interaction_id: _Optional[str] = ..., seq: _Optional[int] = ..., reply: _Optional[_Union[_common_pb2.InteractionReply, _Mapping]] = ..., channel: _Optional[_Union[_common_pb2.Channel, _Mapping]] = ..., user: _Optional[_Union[_common_pb2.Sender, _Mapping]] = ..., thread_root: _Optional[str] = ..., last: _Optional[bool] = ..., action: _Optional[bool] = ...) -> None: ...

class HeldDecided(_message.Message):
    __slots__ = ("id", "plugin", "queue", "hook", "payload", "held_at_us", "by", "app", "released", "dropped")
    ID_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    HOOK_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    HELD_AT_US_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    RELEASED_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    id: str
    plugin: str
    queue: str
    hook: str
    payload: _common_pb2.HookPayload
    held_at_us: int
    by: str
    app: str
    released: Released
    dropped: Dropped
    def __init__(self, id: _Optional[str] = ..., plugin: _Optional[str] = ..., queue: _Optional[str] = ..., hook: _Optional[str] = ..., payload: _Optional[_Union[_common_pb2.HookPayload, _Mapping]] = ..., held_at_us: _Optional[int] = ..., by: _Optional[str] = ..., app: _Optional[str] = ..., released: _Optional[_Union[Released, _Mapping]] = ..., dropped: _Optional[_Union[Dropped, _Mapping]] = ...) -> None: ...

class Released(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Dropped(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: _common_pb2.Text
    def __init__(self, reason: _Optional[_Union[_common_pb2.Text, _Mapping]] = ...) -> None: ...

class Answer(_message.Message):
    __slots__ = ("id", "sent", "failure", "done", "message", "messages", "user", "channel", "channels", "file", "file_piece", "uploaded", "bot_user_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    SENT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    FILE_PIECE_FIELD_NUMBER: _ClassVar[int]
    UPLOADED_FIELD_NUMBER: _ClassVar[int]
    BOT_USER_ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    sent: Sent
    failure: _common_pb2.Failure
    done: _operations_pb2.Done
    message: _common_pb2.Message
    messages: _operations_pb2.MessagePage
    user: _operations_pb2.User
    channel: _operations_pb2.ChannelInfo
    channels: _operations_pb2.ChannelPage
    file: _files_pb2_1.FileInfo
    file_piece: _files_pb2.FilePiece
    uploaded: _files_pb2.Uploaded
    bot_user_id: str
    def __init__(self, id: _Optional[int] = ..., sent: _Optional[_Union[Sent, _Mapping]] = ..., failure: _Optional[_Union[_common_pb2.Failure, _Mapping]] = ..., done: _Optional[_Union[_operations_pb2.Done, _Mapping]] = ..., message: _Optional[_Union[_common_pb2.Message, _Mapping]] = ..., messages: _Optional[_Union[_operations_pb2.MessagePage, _Mapping]] = ..., user: _Optional[_Union[_operations_pb2.User, _Mapping]] = ..., channel: _Optional[_Union[_operations_pb2.ChannelInfo, _Mapping]] = ..., channels: _Optional[_Union[_operations_pb2.ChannelPage, _Mapping]] = ..., file: _Optional[_Union[_files_pb2_1.FileInfo, _Mapping]] = ..., file_piece: _Optional[_Union[_files_pb2.FilePiece, _Mapping]] = ..., uploaded: _Optional[_Union[_files_pb2.Uploaded, _Mapping]] = ..., bot_user_id: _Optional[str] = ...) -> None: ...

class Sent(_message.Message):
    __slots__ = ("message_id",)
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    def __init__(self, message_id: _Optional[str] = ...) -> None: ...

class Answered(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CancelRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class StreamDelta(_message.Message):
    __slots__ = ("interaction_id", "seq", "delta", "end", "abort", "visibility")
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    DELTA_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    ABORT_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    seq: int
    delta: str
    end: bool
    abort: _common_pb2.Failure
    visibility: _common_pb2.Visibility
    def __init__(self, interaction_id: _Optional[str] = ..., seq: _Optional[int] = ..., delta: _Optional[str] = ..., end: _Optional[bool] = ..., abort: _Optional[_Union[_common_pb2.Failure, _Mapping]] = ..., visibility: _Optional[_Union[_common_pb2.Visibility, str]] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("interaction_id", "percent", "text")
    INTERACTION_ID_FIELD_NUMBER: _ClassVar[int]
    PERCENT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    interaction_id: str
    percent: int
    text: str
    def __init__(self, interaction_id: _Optional[str] = ..., percent: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...
