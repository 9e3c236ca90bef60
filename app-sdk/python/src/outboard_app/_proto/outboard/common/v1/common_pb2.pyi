from outboard_app._proto.outboard.common.v1 import ui_pb2 as _ui_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ChannelKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANNEL_KIND_UNSPECIFIED: _ClassVar[ChannelKind]
    CHANNEL_KIND_PUBLIC: _ClassVar[ChannelKind]
    CHANNEL_KIND_PRIVATE: _ClassVar[ChannelKind]
    CHANNEL_KIND_DIRECT: _ClassVar[ChannelKind]
    CHANNEL_KIND_GROUP: _ClassVar[ChannelKind]

class SenderKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SENDER_KIND_UNSPECIFIED: _ClassVar[SenderKind]
    SENDER_KIND_USER: _ClassVar[SenderKind]
    SENDER_KIND_BOT: _ClassVar[SenderKind]
    SENDER_KIND_PLUGIN: _ClassVar[SenderKind]
    SENDER_KIND_SYSTEM: _ClassVar[SenderKind]

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_USER: _ClassVar[Role]
    ROLE_ASSISTANT: _ClassVar[Role]
    ROLE_SYSTEM: _ClassVar[Role]
    ROLE_TOOL: _ClassVar[Role]

class Source(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SOURCE_UNSPECIFIED: _ClassVar[Source]
    SOURCE_LOCAL: _ClassVar[Source]
    SOURCE_FEDERATED: _ClassVar[Source]
    SOURCE_BRIDGE: _ClassVar[Source]
    SOURCE_IMPORT: _ClassVar[Source]

class HeldStage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HELD_STAGE_UNSPECIFIED: _ClassVar[HeldStage]
    HELD_STAGE_HELD: _ClassVar[HeldStage]
    HELD_STAGE_RELEASING: _ClassVar[HeldStage]
    HELD_STAGE_DROPPING: _ClassVar[HeldStage]
    HELD_STAGE_RELEASED: _ClassVar[HeldStage]
    HELD_STAGE_DROPPED: _ClassVar[HeldStage]

class StepResult(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STEP_RESULT_UNSPECIFIED: _ClassVar[StepResult]
    STEP_RESULT_CONTINUED: _ClassVar[StepResult]
    STEP_RESULT_REPLACED: _ClassVar[StepResult]
    STEP_RESULT_REJECTED: _ClassVar[StepResult]
    STEP_RESULT_HELD: _ClassVar[StepResult]
    STEP_RESULT_HANDLED: _ClassVar[StepResult]
    STEP_RESULT_SKIPPED: _ClassVar[StepResult]
    STEP_RESULT_NOT_CONCERNED: _ClassVar[StepResult]

class SkipReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SKIP_REASON_UNSPECIFIED: _ClassVar[SkipReason]
    SKIP_REASON_TIMEOUT: _ClassVar[SkipReason]
    SKIP_REASON_ERROR: _ClassVar[SkipReason]
    SKIP_REASON_PROTOCOL: _ClassVar[SkipReason]
    SKIP_REASON_BREAKER: _ClassVar[SkipReason]
    SKIP_REASON_UNAVAILABLE: _ClassVar[SkipReason]
    SKIP_REASON_SUSPENDED: _ClassVar[SkipReason]
    SKIP_REASON_OVER_LIMIT: _ClassVar[SkipReason]
    SKIP_REASON_DEBUG: _ClassVar[SkipReason]
    SKIP_REASON_NOT_INSPECTABLE: _ClassVar[SkipReason]
    SKIP_REASON_BYPASSED: _ClassVar[SkipReason]
    SKIP_REASON_NOT_GRANTED: _ClassVar[SkipReason]
    SKIP_REASON_NOT_KEPT: _ClassVar[SkipReason]
    SKIP_REASON_APP_UNSUPPORTED: _ClassVar[SkipReason]

class FailurePolicy(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FAILURE_POLICY_UNSPECIFIED: _ClassVar[FailurePolicy]
    FAILURE_POLICY_OPEN: _ClassVar[FailurePolicy]
    FAILURE_POLICY_CLOSED: _ClassVar[FailurePolicy]

class Phase(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PHASE_UNSPECIFIED: _ClassVar[Phase]
    PHASE_TRANSFORM: _ClassVar[Phase]
    PHASE_VALIDATE: _ClassVar[Phase]

class Visibility(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VISIBILITY_UNSPECIFIED: _ClassVar[Visibility]
    VISIBILITY_ALL: _ClassVar[Visibility]
    VISIBILITY_ONE: _ClassVar[Visibility]

class CommandKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMMAND_KIND_UNSPECIFIED: _ClassVar[CommandKind]
    COMMAND_KIND_SLASH: _ClassVar[CommandKind]
    COMMAND_KIND_MESSAGE: _ClassVar[CommandKind]
    COMMAND_KIND_USER: _ClassVar[CommandKind]

class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_UNSPECIFIED: _ClassVar[Reason]
    REASON_BAD_TOKEN: _ClassVar[Reason]
    REASON_NOT_THIS_PLUGIN: _ClassVar[Reason]
    REASON_NOT_ALLOWED: _ClassVar[Reason]
    REASON_PROTOCOL_VERSION: _ClassVar[Reason]
    REASON_NAME_MISMATCH: _ClassVar[Reason]
    REASON_HANDLERS_DIFFER: _ClassVar[Reason]
    REASON_HELLO_TIMEOUT: _ClassVar[Reason]
    REASON_SESSION_REPLACED: _ClassVar[Reason]
    REASON_PROTOCOL_VIOLATION: _ClassVar[Reason]
    REASON_FRAME_TOO_LARGE: _ClassVar[Reason]
    REASON_FLOOD: _ClassVar[Reason]
    REASON_OVER_LIMIT: _ClassVar[Reason]
    REASON_PERMISSION_DENIED: _ClassVar[Reason]
    REASON_PLUGIN_UNAVAILABLE: _ClassVar[Reason]
    REASON_DEADLINE: _ClassVar[Reason]
    REASON_APP_UNSUPPORTED: _ClassVar[Reason]
    REASON_NO_APP: _ClassVar[Reason]
    REASON_UNKNOWN_PLUGIN: _ClassVar[Reason]
    REASON_UNKNOWN_COMMAND: _ClassVar[Reason]
    REASON_BAD_ARGUMENTS: _ClassVar[Reason]
    REASON_COMMAND_NOT_ALLOWED: _ClassVar[Reason]
    REASON_BAD_MANIFEST: _ClassVar[Reason]
    REASON_BAD_CONFIG: _ClassVar[Reason]
    REASON_NEEDS_GRANTS: _ClassVar[Reason]
    REASON_COMMAND_TAKEN: _ClassVar[Reason]
    REASON_DEPENDENCY: _ClassVar[Reason]
    REASON_STORE: _ClassVar[Reason]
    REASON_DISK_FULL: _ClassVar[Reason]
    REASON_NOT_SUPPORTED: _ClassVar[Reason]
    REASON_CANCELLED: _ClassVar[Reason]
    REASON_OUTCOME_UNKNOWN: _ClassVar[Reason]
    REASON_INTERACTION_EXPIRED: _ClassVar[Reason]
    REASON_LOOP_SUSPECTED: _ClassVar[Reason]
    REASON_HANDLER_FAILED: _ClassVar[Reason]
    REASON_STOPPING: _ClassVar[Reason]
    REASON_HELLO_EXPECTED: _ClassVar[Reason]
    REASON_NODE_REPLACED: _ClassVar[Reason]
    REASON_ALREADY_LOADED: _ClassVar[Reason]
    REASON_INTERNAL: _ClassVar[Reason]
    REASON_HOP_LIMIT: _ClassVar[Reason]
    REASON_APP_REFUSED: _ClassVar[Reason]
    REASON_INVALID: _ClassVar[Reason]
    REASON_UNKNOWN_METHOD: _ClassVar[Reason]
    REASON_UNKNOWN_ROUTE: _ClassVar[Reason]
    REASON_HTTP_METHOD: _ClassVar[Reason]
    REASON_SIGN_IN_NEEDED: _ClassVar[Reason]
    REASON_PAYLOAD_TOO_LARGE: _ClassVar[Reason]
    REASON_BODY_ABANDONED: _ClassVar[Reason]
    REASON_UNKNOWN_DEAD_LETTER: _ClassVar[Reason]
    REASON_UNKNOWN_INTERACTION: _ClassVar[Reason]
    REASON_INTERACTION_CLOSED: _ClassVar[Reason]
    REASON_STREAM_TOO_LARGE: _ClassVar[Reason]
    REASON_UNKNOWN_HELD: _ClassVar[Reason]
    REASON_HELD_DECIDED: _ClassVar[Reason]
    REASON_HOLD_EXPIRED: _ClassVar[Reason]
    REASON_MESSAGE_DELETED: _ClassVar[Reason]
    REASON_DEBUG_DISABLED: _ClassVar[Reason]
    REASON_DEBUG_TAKEN: _ClassVar[Reason]
    REASON_DEBUG_TOKEN_USED: _ClassVar[Reason]
    REASON_DEBUG_ENDED: _ClassVar[Reason]
    REASON_DEBUG_OTHER_USER: _ClassVar[Reason]
    REASON_NOT_DEBUGGED: _ClassVar[Reason]
    REASON_DEBUG_SOCKET: _ClassVar[Reason]
    REASON_STORAGE_CONFLICT: _ClassVar[Reason]
    REASON_STORAGE_FULL: _ClassVar[Reason]
    REASON_STORAGE_DAMAGED: _ClassVar[Reason]
    REASON_NO_SECRET_KEY: _ClassVar[Reason]
    REASON_SECRET_UNREADABLE: _ClassVar[Reason]
    REASON_NOT_A_COUNTER: _ClassVar[Reason]
    REASON_STORAGE_TOO_LARGE: _ClassVar[Reason]
    REASON_NO_SUCH_KEY: _ClassVar[Reason]
    REASON_NO_STORAGE: _ClassVar[Reason]
    REASON_OUT_OF_SCOPE: _ClassVar[Reason]
    REASON_NOT_ASKED: _ClassVar[Reason]
    REASON_BAD_ANSWER: _ClassVar[Reason]
    REASON_NOT_FOUND: _ClassVar[Reason]
    REASON_NOT_ITS_OWN: _ClassVar[Reason]
    REASON_OUT_OF_ORDER: _ClassVar[Reason]
    REASON_UNKNOWN_SETTING: _ClassVar[Reason]
    REASON_SETTING_NOT_SET: _ClassVar[Reason]
    REASON_SETTINGS_CHANGE_OVER: _ClassVar[Reason]
    REASON_FILE_TOO_LARGE: _ClassVar[Reason]
    REASON_FILE_DAMAGED: _ClassVar[Reason]
    REASON_TRANSFER_STALLED: _ClassVar[Reason]
    REASON_UNKNOWN_CONTRIBUTION: _ClassVar[Reason]
    REASON_BAD_CONTRIBUTION: _ClassVar[Reason]
    REASON_BAD_VALUES: _ClassVar[Reason]
    REASON_UNKNOWN_ASSET: _ClassVar[Reason]
    REASON_ASSET_CHANGED: _ClassVar[Reason]
    REASON_BAD_SETTINGS_SCHEMA: _ClassVar[Reason]
CHANNEL_KIND_UNSPECIFIED: ChannelKind
CHANNEL_KIND_PUBLIC: ChannelKind
CHANNEL_KIND_PRIVATE: ChannelKind
CHANNEL_KIND_DIRECT: ChannelKind
CHANNEL_KIND_GROUP: ChannelKind
SENDER_KIND_UNSPECIFIED: SenderKind
SENDER_KIND_USER: SenderKind
SENDER_KIND_BOT: SenderKind
SENDER_KIND_PLUGIN: SenderKind
SENDER_KIND_SYSTEM: SenderKind
ROLE_UNSPECIFIED: Role
ROLE_USER: Role
ROLE_ASSISTANT: Role
ROLE_SYSTEM: Role
ROLE_TOOL: Role
SOURCE_UNSPECIFIED: Source
SOURCE_LOCAL: Source
SOURCE_FEDERATED: Source
SOURCE_BRIDGE: Source
SOURCE_IMPORT: Source
HELD_STAGE_UNSPECIFIED: HeldStage
HELD_STAGE_HELD: HeldStage
HELD_STAGE_RELEASING: HeldStage
HELD_STAGE_DROPPING: HeldStage
HELD_STAGE_RELEASED: HeldStage
HELD_STAGE_DROPPED: HeldStage
STEP_RESULT_UNSPECIFIED: StepResult
STEP_RESULT_CONTINUED: StepResult
STEP_RESULT_REPLACED: StepResult
STEP_RESULT_REJECTED: StepResult
STEP_RESULT_HELD: StepResult
STEP_RESULT_HANDLED: StepResult
STEP_RESULT_SKIPPED: StepResult
STEP_RESULT_NOT_CONCERNED: StepResult
SKIP_REASON_UNSPECIFIED: SkipReason
SKIP_REASON_TIMEOUT: SkipReason
SKIP_REASON_ERROR: SkipReason
SKIP_REASON_PROTOCOL: SkipReason
SKIP_REASON_BREAKER: SkipReason
SKIP_REASON_UNAVAILABLE: SkipReason
SKIP_REASON_SUSPENDED: SkipReason
SKIP_REASON_OVER_LIMIT: SkipReason
SKIP_REASON_DEBUG: SkipReason
SKIP_REASON_NOT_INSPECTABLE: SkipReason
SKIP_REASON_BYPASSED: SkipReason
SKIP_REASON_NOT_GRANTED: SkipReason
SKIP_REASON_NOT_KEPT: SkipReason
SKIP_REASON_APP_UNSUPPORTED: SkipReason
FAILURE_POLICY_UNSPECIFIED: FailurePolicy
FAILURE_POLICY_OPEN: FailurePolicy
FAILURE_POLICY_CLOSED: FailurePolicy
PHASE_UNSPECIFIED: Phase
PHASE_TRANSFORM: Phase
PHASE_VALIDATE: Phase
VISIBILITY_UNSPECIFIED: Visibility
VISIBILITY_ALL: Visibility
VISIBILITY_ONE: Visibility
COMMAND_KIND_UNSPECIFIED: CommandKind
COMMAND_KIND_SLASH: CommandKind
COMMAND_KIND_MESSAGE: CommandKind
COMMAND_KIND_USER: CommandKind
REASON_UNSPECIFIED: Reason
REASON_BAD_TOKEN: Reason
REASON_NOT_THIS_PLUGIN: Reason
REASON_NOT_ALLOWED: Reason
REASON_PROTOCOL_VERSION: Reason
REASON_NAME_MISMATCH: Reason
REASON_HANDLERS_DIFFER: Reason
REASON_HELLO_TIMEOUT: Reason
REASON_SESSION_REPLACED: Reason
REASON_PROTOCOL_VIOLATION: Reason
REASON_FRAME_TOO_LARGE: Reason
REASON_FLOOD: Reason
REASON_OVER_LIMIT: Reason
REASON_PERMISSION_DENIED: Reason
REASON_PLUGIN_UNAVAILABLE: Reason
REASON_DEADLINE: Reason
REASON_APP_UNSUPPORTED: Reason
REASON_NO_APP: Reason
REASON_UNKNOWN_PLUGIN: Reason
REASON_UNKNOWN_COMMAND: Reason
REASON_BAD_ARGUMENTS: Reason
REASON_COMMAND_NOT_ALLOWED: Reason
REASON_BAD_MANIFEST: Reason
REASON_BAD_CONFIG: Reason
REASON_NEEDS_GRANTS: Reason
REASON_COMMAND_TAKEN: Reason
REASON_DEPENDENCY: Reason
REASON_STORE: Reason
REASON_DISK_FULL: Reason
REASON_NOT_SUPPORTED: Reason
REASON_CANCELLED: Reason
REASON_OUTCOME_UNKNOWN: Reason
REASON_INTERACTION_EXPIRED: Reason
REASON_LOOP_SUSPECTED: Reason
REASON_HANDLER_FAILED: Reason
REASON_STOPPING: Reason
REASON_HELLO_EXPECTED: Reason
REASON_NODE_REPLACED: Reason
REASON_ALREADY_LOADED: Reason
REASON_INTERNAL: Reason
REASON_HOP_LIMIT: Reason
REASON_APP_REFUSED: Reason
REASON_INVALID: Reason
REASON_UNKNOWN_METHOD: Reason
REASON_UNKNOWN_ROUTE: Reason
REASON_HTTP_METHOD: Reason
REASON_SIGN_IN_NEEDED: Reason
REASON_PAYLOAD_TOO_LARGE: Reason
REASON_BODY_ABANDONED: Reason
REASON_UNKNOWN_DEAD_LETTER: Reason
REASON_UNKNOWN_INTERACTION: Reason
REASON_INTERACTION_CLOSED: Reason
REASON_STREAM_TOO_LARGE: Reason
REASON_UNKNOWN_HELD: Reason
REASON_HELD_DECIDED: Reason
REASON_HOLD_EXPIRED: Reason
REASON_MESSAGE_DELETED: Reason
REASON_DEBUG_DISABLED: Reason
REASON_DEBUG_TAKEN: Reason
REASON_DEBUG_TOKEN_USED: Reason
REASON_DEBUG_ENDED: Reason
REASON_DEBUG_OTHER_USER: Reason
REASON_NOT_DEBUGGED: Reason
REASON_DEBUG_SOCKET: Reason
REASON_STORAGE_CONFLICT: Reason
REASON_STORAGE_FULL: Reason
REASON_STORAGE_DAMAGED: Reason
REASON_NO_SECRET_KEY: Reason
REASON_SECRET_UNREADABLE: Reason
REASON_NOT_A_COUNTER: Reason
REASON_STORAGE_TOO_LARGE: Reason
REASON_NO_SUCH_KEY: Reason
REASON_NO_STORAGE: Reason
REASON_OUT_OF_SCOPE: Reason
REASON_NOT_ASKED: Reason
REASON_BAD_ANSWER: Reason
REASON_NOT_FOUND: Reason
REASON_NOT_ITS_OWN: Reason
REASON_OUT_OF_ORDER: Reason
REASON_UNKNOWN_SETTING: Reason
REASON_SETTING_NOT_SET: Reason
REASON_SETTINGS_CHANGE_OVER: Reason
REASON_FILE_TOO_LARGE: Reason
REASON_FILE_DAMAGED: Reason
REASON_TRANSFER_STALLED: Reason
REASON_UNKNOWN_CONTRIBUTION: Reason
REASON_BAD_CONTRIBUTION: Reason
REASON_BAD_VALUES: Reason
REASON_UNKNOWN_ASSET: Reason
REASON_ASSET_CHANGED: Reason
REASON_BAD_SETTINGS_SCHEMA: Reason

class Message(_message.Message):
    __slots__ = ("id", "draft_id", "revision", "channel", "sender", "body", "thread_root", "reply_to", "role", "mentions", "attachments", "created_at_us", "edited_at_us", "source", "mutable", "metadata", "origin")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: bytes
        def __init__(self, key: _Optional[str] = ..., value: _Optional[bytes] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    DRAFT_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    THREAD_ROOT_FIELD_NUMBER: _ClassVar[int]
    REPLY_TO_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    MENTIONS_FIELD_NUMBER: _ClassVar[int]
    ATTACHMENTS_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_US_FIELD_NUMBER: _ClassVar[int]
    EDITED_AT_US_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    MUTABLE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    id: str
    draft_id: str
    revision: int
    channel: Channel
    sender: Sender
    body: Body
    thread_root: str
    reply_to: str
    role: Role
    mentions: _containers.RepeatedCompositeFieldContainer[Mention]
    attachments: _containers.RepeatedCompositeFieldContainer[Attachment]
    created_at_us: int
    edited_at_us: int
    source: Source
    mutable: bool
    metadata: _containers.ScalarMap[str, bytes]
    origin: Origin
    def __init__(self, id: _Optional[str] = ..., draft_id: _Optional[str] = ..., revision: _Optional[int] = ..., channel: _Optional[_Union[Channel, _Mapping]] = ..., sender: _Optional[_Union[Sender, _Mapping]] = ..., body: _Optional[_Union[Body, _Mapping]] = ..., thread_root: _Optional[str] = ..., reply_to: _Optional[str] = ..., role: _Optional[_Union[Role, str]] = ..., mentions: _Optional[_Iterable[_Union[Mention, _Mapping]]] = ..., attachments: _Optional[_Iterable[_Union[Attachment, _Mapping]]] = ..., created_at_us: _Optional[int] = ..., edited_at_us: _Optional[int] = ..., source: _Optional[_Union[Source, str]] = ..., mutable: _Optional[bool] = ..., metadata: _Optional[_Mapping[str, bytes]] = ..., origin: _Optional[_Union[Origin, _Mapping]] = ...) -> None: ...

class Channel(_message.Message):
    __slots__ = ("id", "name", "kind")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    kind: ChannelKind
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., kind: _Optional[_Union[ChannelKind, str]] = ...) -> None: ...

class Sender(_message.Message):
    __slots__ = ("id", "name", "kind", "roles", "locale")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    kind: SenderKind
    roles: _containers.RepeatedScalarFieldContainer[str]
    locale: str
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., kind: _Optional[_Union[SenderKind, str]] = ..., roles: _Optional[_Iterable[str]] = ..., locale: _Optional[str] = ...) -> None: ...

class Body(_message.Message):
    __slots__ = ("plain", "markdown", "html", "blocks", "opaque")
    PLAIN_FIELD_NUMBER: _ClassVar[int]
    MARKDOWN_FIELD_NUMBER: _ClassVar[int]
    HTML_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    OPAQUE_FIELD_NUMBER: _ClassVar[int]
    plain: str
    markdown: str
    html: str
    blocks: Blocks
    opaque: Opaque
    def __init__(self, plain: _Optional[str] = ..., markdown: _Optional[str] = ..., html: _Optional[str] = ..., blocks: _Optional[_Union[Blocks, _Mapping]] = ..., opaque: _Optional[_Union[Opaque, _Mapping]] = ...) -> None: ...

class Blocks(_message.Message):
    __slots__ = ("json", "fallback")
    JSON_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_FIELD_NUMBER: _ClassVar[int]
    json: str
    fallback: str
    def __init__(self, json: _Optional[str] = ..., fallback: _Optional[str] = ...) -> None: ...

class Opaque(_message.Message):
    __slots__ = ("kind", "data")
    KIND_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    kind: str
    data: bytes
    def __init__(self, kind: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class Mention(_message.Message):
    __slots__ = ("user_id", "start", "end")
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    start: int
    end: int
    def __init__(self, user_id: _Optional[str] = ..., start: _Optional[int] = ..., end: _Optional[int] = ...) -> None: ...

class Attachment(_message.Message):
    __slots__ = ("id", "name", "mime", "size_bytes", "sha256")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    MIME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    mime: str
    size_bytes: int
    sha256: bytes
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., mime: _Optional[str] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[bytes] = ...) -> None: ...

class Origin(_message.Message):
    __slots__ = ("plugin", "version", "hops", "chain")
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    HOPS_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    plugin: str
    version: str
    hops: int
    chain: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, plugin: _Optional[str] = ..., version: _Optional[str] = ..., hops: _Optional[int] = ..., chain: _Optional[_Iterable[str]] = ...) -> None: ...

class Text(_message.Message):
    __slots__ = ("code", "params", "text")
    class ParamsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CODE_FIELD_NUMBER: _ClassVar[int]
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    code: str
    params: _containers.ScalarMap[str, str]
    text: str
    def __init__(self, code: _Optional[str] = ..., params: _Optional[_Mapping[str, str]] = ..., text: _Optional[str] = ...) -> None: ...

class Trace(_message.Message):
    __slots__ = ("traceparent", "tracestate")
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    TRACESTATE_FIELD_NUMBER: _ClassVar[int]
    traceparent: str
    tracestate: str
    def __init__(self, traceparent: _Optional[str] = ..., tracestate: _Optional[str] = ...) -> None: ...

class HookPayload(_message.Message):
    __slots__ = ("before_post", "before_edit", "before_delete", "before_render", "before_reaction", "before_upload", "before_join", "before_login", "before_create", "custom")
    BEFORE_POST_FIELD_NUMBER: _ClassVar[int]
    BEFORE_EDIT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_DELETE_FIELD_NUMBER: _ClassVar[int]
    BEFORE_RENDER_FIELD_NUMBER: _ClassVar[int]
    BEFORE_REACTION_FIELD_NUMBER: _ClassVar[int]
    BEFORE_UPLOAD_FIELD_NUMBER: _ClassVar[int]
    BEFORE_JOIN_FIELD_NUMBER: _ClassVar[int]
    BEFORE_LOGIN_FIELD_NUMBER: _ClassVar[int]
    BEFORE_CREATE_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_FIELD_NUMBER: _ClassVar[int]
    before_post: Message
    before_edit: Edit
    before_delete: Delete
    before_render: Batch
    before_reaction: Reaction
    before_upload: Upload
    before_join: Join
    before_login: Login
    before_create: ChannelDraft
    custom: Custom
    def __init__(self, before_post: _Optional[_Union[Message, _Mapping]] = ..., before_edit: _Optional[_Union[Edit, _Mapping]] = ..., before_delete: _Optional[_Union[Delete, _Mapping]] = ..., before_render: _Optional[_Union[Batch, _Mapping]] = ..., before_reaction: _Optional[_Union[Reaction, _Mapping]] = ..., before_upload: _Optional[_Union[Upload, _Mapping]] = ..., before_join: _Optional[_Union[Join, _Mapping]] = ..., before_login: _Optional[_Union[Login, _Mapping]] = ..., before_create: _Optional[_Union[ChannelDraft, _Mapping]] = ..., custom: _Optional[_Union[Custom, _Mapping]] = ...) -> None: ...

class Edit(_message.Message):
    __slots__ = ("message", "stored")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    STORED_FIELD_NUMBER: _ClassVar[int]
    message: Message
    stored: Message
    def __init__(self, message: _Optional[_Union[Message, _Mapping]] = ..., stored: _Optional[_Union[Message, _Mapping]] = ...) -> None: ...

class Delete(_message.Message):
    __slots__ = ("stored", "by")
    STORED_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    stored: Message
    by: Sender
    def __init__(self, stored: _Optional[_Union[Message, _Mapping]] = ..., by: _Optional[_Union[Sender, _Mapping]] = ...) -> None: ...

class Batch(_message.Message):
    __slots__ = ("messages", "reader")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    READER_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[Message]
    reader: Sender
    def __init__(self, messages: _Optional[_Iterable[_Union[Message, _Mapping]]] = ..., reader: _Optional[_Union[Sender, _Mapping]] = ...) -> None: ...

class Reaction(_message.Message):
    __slots__ = ("message_id", "channel", "sender", "reaction")
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    REACTION_FIELD_NUMBER: _ClassVar[int]
    message_id: str
    channel: Channel
    sender: Sender
    reaction: str
    def __init__(self, message_id: _Optional[str] = ..., channel: _Optional[_Union[Channel, _Mapping]] = ..., sender: _Optional[_Union[Sender, _Mapping]] = ..., reaction: _Optional[str] = ...) -> None: ...

class Upload(_message.Message):
    __slots__ = ("file", "channel", "sender", "content")
    FILE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    file: Attachment
    channel: Channel
    sender: Sender
    content: int
    def __init__(self, file: _Optional[_Union[Attachment, _Mapping]] = ..., channel: _Optional[_Union[Channel, _Mapping]] = ..., sender: _Optional[_Union[Sender, _Mapping]] = ..., content: _Optional[int] = ...) -> None: ...

class Join(_message.Message):
    __slots__ = ("channel", "user", "invited_by")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    INVITED_BY_FIELD_NUMBER: _ClassVar[int]
    channel: Channel
    user: Sender
    invited_by: Sender
    def __init__(self, channel: _Optional[_Union[Channel, _Mapping]] = ..., user: _Optional[_Union[Sender, _Mapping]] = ..., invited_by: _Optional[_Union[Sender, _Mapping]] = ...) -> None: ...

class Login(_message.Message):
    __slots__ = ("user", "address", "client")
    USER_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_FIELD_NUMBER: _ClassVar[int]
    user: Sender
    address: str
    client: str
    def __init__(self, user: _Optional[_Union[Sender, _Mapping]] = ..., address: _Optional[str] = ..., client: _Optional[str] = ...) -> None: ...

class ChannelDraft(_message.Message):
    __slots__ = ("channel", "by", "topic")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    channel: Channel
    by: Sender
    topic: str
    def __init__(self, channel: _Optional[_Union[Channel, _Mapping]] = ..., by: _Optional[_Union[Sender, _Mapping]] = ..., topic: _Optional[str] = ...) -> None: ...

class Custom(_message.Message):
    __slots__ = ("name", "json")
    NAME_FIELD_NUMBER: _ClassVar[int]
    JSON_FIELD_NUMBER: _ClassVar[int]
    name: str
    json: str
    def __init__(self, name: _Optional[str] = ..., json: _Optional[str] = ...) -> None: ...

class HookAnswer(_message.Message):
    __slots__ = ("continued", "replace", "reject", "hold", "handled")
    CONTINUED_FIELD_NUMBER: _ClassVar[int]
    REPLACE_FIELD_NUMBER: _ClassVar[int]
    REJECT_FIELD_NUMBER: _ClassVar[int]
    HOLD_FIELD_NUMBER: _ClassVar[int]
    HANDLED_FIELD_NUMBER: _ClassVar[int]
    continued: Continue
    replace: HookPayload
    reject: Reject
    hold: Hold
    handled: Handled
    def __init__(self, continued: _Optional[_Union[Continue, _Mapping]] = ..., replace: _Optional[_Union[HookPayload, _Mapping]] = ..., reject: _Optional[_Union[Reject, _Mapping]] = ..., hold: _Optional[_Union[Hold, _Mapping]] = ..., handled: _Optional[_Union[Handled, _Mapping]] = ...) -> None: ...

class Continue(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Reject(_message.Message):
    __slots__ = ("reason", "code", "silent")
    REASON_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    SILENT_FIELD_NUMBER: _ClassVar[int]
    reason: Text
    code: str
    silent: bool
    def __init__(self, reason: _Optional[_Union[Text, _Mapping]] = ..., code: _Optional[str] = ..., silent: _Optional[bool] = ...) -> None: ...

class Hold(_message.Message):
    __slots__ = ("queue", "expires_at_us", "reason", "id", "plugin")
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_US_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    queue: str
    expires_at_us: int
    reason: Text
    id: str
    plugin: str
    def __init__(self, queue: _Optional[str] = ..., expires_at_us: _Optional[int] = ..., reason: _Optional[_Union[Text, _Mapping]] = ..., id: _Optional[str] = ..., plugin: _Optional[str] = ...) -> None: ...

class HeldItem(_message.Message):
    __slots__ = ("id", "plugin", "queue", "hook", "workspace", "channel", "sender", "reason", "held_at_us", "expires_at_us", "size_bytes", "stage", "by", "why", "note", "number", "app")
    ID_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    QUEUE_FIELD_NUMBER: _ClassVar[int]
    HOOK_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    HELD_AT_US_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_US_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    id: str
    plugin: str
    queue: str
    hook: str
    workspace: str
    channel: Channel
    sender: Sender
    reason: Text
    held_at_us: int
    expires_at_us: int
    size_bytes: int
    stage: HeldStage
    by: str
    why: Text
    note: str
    number: int
    app: str
    def __init__(self, id: _Optional[str] = ..., plugin: _Optional[str] = ..., queue: _Optional[str] = ..., hook: _Optional[str] = ..., workspace: _Optional[str] = ..., channel: _Optional[_Union[Channel, _Mapping]] = ..., sender: _Optional[_Union[Sender, _Mapping]] = ..., reason: _Optional[_Union[Text, _Mapping]] = ..., held_at_us: _Optional[int] = ..., expires_at_us: _Optional[int] = ..., size_bytes: _Optional[int] = ..., stage: _Optional[_Union[HeldStage, str]] = ..., by: _Optional[str] = ..., why: _Optional[_Union[Text, _Mapping]] = ..., note: _Optional[str] = ..., number: _Optional[int] = ..., app: _Optional[str] = ...) -> None: ...

class Handled(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Verdict(_message.Message):
    __slots__ = ("continued", "replaced", "rejected", "held", "handled", "steps", "took_us")
    CONTINUED_FIELD_NUMBER: _ClassVar[int]
    REPLACED_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    HANDLED_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    TOOK_US_FIELD_NUMBER: _ClassVar[int]
    continued: Continue
    replaced: HookPayload
    rejected: Rejected
    held: Hold
    handled: Handled
    steps: _containers.RepeatedCompositeFieldContainer[Step]
    took_us: int
    def __init__(self, continued: _Optional[_Union[Continue, _Mapping]] = ..., replaced: _Optional[_Union[HookPayload, _Mapping]] = ..., rejected: _Optional[_Union[Rejected, _Mapping]] = ..., held: _Optional[_Union[Hold, _Mapping]] = ..., handled: _Optional[_Union[Handled, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[Step, _Mapping]]] = ..., took_us: _Optional[int] = ...) -> None: ...

class Rejected(_message.Message):
    __slots__ = ("reason", "code", "silent", "plugin", "retry_after_us")
    REASON_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    SILENT_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_US_FIELD_NUMBER: _ClassVar[int]
    reason: Text
    code: str
    silent: bool
    plugin: str
    retry_after_us: int
    def __init__(self, reason: _Optional[_Union[Text, _Mapping]] = ..., code: _Optional[str] = ..., silent: _Optional[bool] = ..., plugin: _Optional[str] = ..., retry_after_us: _Optional[int] = ...) -> None: ...

class Step(_message.Message):
    __slots__ = ("plugin", "result", "skipped", "policy", "took_us", "phase")
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    TOOK_US_FIELD_NUMBER: _ClassVar[int]
    PHASE_FIELD_NUMBER: _ClassVar[int]
    plugin: str
    result: StepResult
    skipped: SkipReason
    policy: FailurePolicy
    took_us: int
    phase: Phase
    def __init__(self, plugin: _Optional[str] = ..., result: _Optional[_Union[StepResult, str]] = ..., skipped: _Optional[_Union[SkipReason, str]] = ..., policy: _Optional[_Union[FailurePolicy, str]] = ..., took_us: _Optional[int] = ..., phase: _Optional[_Union[Phase, str]] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("id", "type", "workspace", "at_us", "message", "reaction", "member", "user", "channel", "file", "app", "custom", "schedule", "origin", "trace")
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    AT_US_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REACTION_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    APP_FIELD_NUMBER: _ClassVar[int]
    CUSTOM_FIELD_NUMBER: _ClassVar[int]
    SCHEDULE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    id: str
    type: str
    workspace: str
    at_us: int
    message: Message
    reaction: Reaction
    member: Membership
    user: UserChange
    channel: ChannelDraft
    file: Upload
    app: AppStarted
    custom: Custom
    schedule: Schedule
    origin: Origin
    trace: Trace
    def __init__(self, id: _Optional[str] = ..., type: _Optional[str] = ..., workspace: _Optional[str] = ..., at_us: _Optional[int] = ..., message: _Optional[_Union[Message, _Mapping]] = ..., reaction: _Optional[_Union[Reaction, _Mapping]] = ..., member: _Optional[_Union[Membership, _Mapping]] = ..., user: _Optional[_Union[UserChange, _Mapping]] = ..., channel: _Optional[_Union[ChannelDraft, _Mapping]] = ..., file: _Optional[_Union[Upload, _Mapping]] = ..., app: _Optional[_Union[AppStarted, _Mapping]] = ..., custom: _Optional[_Union[Custom, _Mapping]] = ..., schedule: _Optional[_Union[Schedule, _Mapping]] = ..., origin: _Optional[_Union[Origin, _Mapping]] = ..., trace: _Optional[_Union[Trace, _Mapping]] = ...) -> None: ...

class Schedule(_message.Message):
    __slots__ = ("name", "scheduled_at_us")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SCHEDULED_AT_US_FIELD_NUMBER: _ClassVar[int]
    name: str
    scheduled_at_us: int
    def __init__(self, name: _Optional[str] = ..., scheduled_at_us: _Optional[int] = ...) -> None: ...

class Membership(_message.Message):
    __slots__ = ("channel", "user", "by", "roles")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    channel: Channel
    user: Sender
    by: Sender
    roles: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, channel: _Optional[_Union[Channel, _Mapping]] = ..., user: _Optional[_Union[Sender, _Mapping]] = ..., by: _Optional[_Union[Sender, _Mapping]] = ..., roles: _Optional[_Iterable[str]] = ...) -> None: ...

class UserChange(_message.Message):
    __slots__ = ("user", "presence")
    USER_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    user: Sender
    presence: str
    def __init__(self, user: _Optional[_Union[Sender, _Mapping]] = ..., presence: _Optional[str] = ...) -> None: ...

class AppStarted(_message.Message):
    __slots__ = ("app", "version", "node")
    APP_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    app: str
    version: str
    node: str
    def __init__(self, app: _Optional[str] = ..., version: _Optional[str] = ..., node: _Optional[str] = ...) -> None: ...

class InteractionReply(_message.Message):
    __slots__ = ("body", "visibility", "deferred", "error", "expires_at_us", "streamed", "modal")
    BODY_FIELD_NUMBER: _ClassVar[int]
    VISIBILITY_FIELD_NUMBER: _ClassVar[int]
    DEFERRED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_US_FIELD_NUMBER: _ClassVar[int]
    STREAMED_FIELD_NUMBER: _ClassVar[int]
    MODAL_FIELD_NUMBER: _ClassVar[int]
    body: Body
    visibility: Visibility
    deferred: bool
    error: Text
    expires_at_us: int
    streamed: bool
    modal: _ui_pb2.Modal
    def __init__(self, body: _Optional[_Union[Body, _Mapping]] = ..., visibility: _Optional[_Union[Visibility, str]] = ..., deferred: _Optional[bool] = ..., error: _Optional[_Union[Text, _Mapping]] = ..., expires_at_us: _Optional[int] = ..., streamed: _Optional[bool] = ..., modal: _Optional[_Union[_ui_pb2.Modal, _Mapping]] = ...) -> None: ...

class Value(_message.Message):
    __slots__ = ("string", "integer", "number", "boolean", "user", "channel", "choice")
    STRING_FIELD_NUMBER: _ClassVar[int]
    INTEGER_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    BOOLEAN_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    CHOICE_FIELD_NUMBER: _ClassVar[int]
    string: str
    integer: int
    number: float
    boolean: bool
    user: str
    channel: str
    choice: str
    def __init__(self, string: _Optional[str] = ..., integer: _Optional[int] = ..., number: _Optional[float] = ..., boolean: _Optional[bool] = ..., user: _Optional[str] = ..., channel: _Optional[str] = ..., choice: _Optional[str] = ...) -> None: ...

class CommandInfo(_message.Message):
    __slots__ = ("name", "plugin", "description", "args", "unavailable", "where", "allow", "aliases", "kind", "title", "subcommands", "help")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PLUGIN_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ARGS_FIELD_NUMBER: _ClassVar[int]
    UNAVAILABLE_FIELD_NUMBER: _ClassVar[int]
    WHERE_FIELD_NUMBER: _ClassVar[int]
    ALLOW_FIELD_NUMBER: _ClassVar[int]
    ALIASES_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    SUBCOMMANDS_FIELD_NUMBER: _ClassVar[int]
    HELP_FIELD_NUMBER: _ClassVar[int]
    name: str
    plugin: str
    description: str
    args: _containers.RepeatedCompositeFieldContainer[ArgumentInfo]
    unavailable: str
    where: _containers.RepeatedScalarFieldContainer[str]
    allow: _containers.RepeatedScalarFieldContainer[str]
    aliases: _containers.RepeatedScalarFieldContainer[str]
    kind: CommandKind
    title: str
    subcommands: _containers.RepeatedCompositeFieldContainer[SubcommandInfo]
    help: str
    def __init__(self, name: _Optional[str] = ..., plugin: _Optional[str] = ..., description: _Optional[str] = ..., args: _Optional[_Iterable[_Union[ArgumentInfo, _Mapping]]] = ..., unavailable: _Optional[str] = ..., where: _Optional[_Iterable[str]] = ..., allow: _Optional[_Iterable[str]] = ..., aliases: _Optional[_Iterable[str]] = ..., kind: _Optional[_Union[CommandKind, str]] = ..., title: _Optional[str] = ..., subcommands: _Optional[_Iterable[_Union[SubcommandInfo, _Mapping]]] = ..., help: _Optional[str] = ...) -> None: ...

class SubcommandInfo(_message.Message):
    __slots__ = ("name", "description", "args")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ARGS_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    args: _containers.RepeatedCompositeFieldContainer[ArgumentInfo]
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., args: _Optional[_Iterable[_Union[ArgumentInfo, _Mapping]]] = ...) -> None: ...

class ArgumentInfo(_message.Message):
    __slots__ = ("name", "type", "description", "optional", "rest", "choices", "suggestions", "autocomplete")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    OPTIONAL_FIELD_NUMBER: _ClassVar[int]
    REST_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    SUGGESTIONS_FIELD_NUMBER: _ClassVar[int]
    AUTOCOMPLETE_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: str
    description: str
    optional: bool
    rest: bool
    choices: _containers.RepeatedScalarFieldContainer[str]
    suggestions: _containers.RepeatedScalarFieldContainer[str]
    autocomplete: bool
    def __init__(self, name: _Optional[str] = ..., type: _Optional[str] = ..., description: _Optional[str] = ..., optional: _Optional[bool] = ..., rest: _Optional[bool] = ..., choices: _Optional[_Iterable[str]] = ..., suggestions: _Optional[_Iterable[str]] = ..., autocomplete: _Optional[bool] = ...) -> None: ...

class Chunk(_message.Message):
    __slots__ = ("stream", "data", "last", "abort")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    ABORT_FIELD_NUMBER: _ClassVar[int]
    stream: int
    data: bytes
    last: bool
    abort: str
    def __init__(self, stream: _Optional[int] = ..., data: _Optional[bytes] = ..., last: _Optional[bool] = ..., abort: _Optional[str] = ...) -> None: ...

class Credit(_message.Message):
    __slots__ = ("bytes",)
    BYTES_FIELD_NUMBER: _ClassVar[int]
    bytes: int
    def __init__(self, bytes: _Optional[int] = ...) -> None: ...

class Ping(_message.Message):
    __slots__ = ("nonce",)
    NONCE_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    def __init__(self, nonce: _Optional[int] = ...) -> None: ...

class Pong(_message.Message):
    __slots__ = ("nonce",)
    NONCE_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    def __init__(self, nonce: _Optional[int] = ...) -> None: ...

class Failure(_message.Message):
    __slots__ = ("code", "reason", "message", "details", "retry_after_us")
    class DetailsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    RETRY_AFTER_US_FIELD_NUMBER: _ClassVar[int]
    code: int
    reason: Reason
    message: str
    details: _containers.ScalarMap[str, str]
    retry_after_us: int
    def __init__(self, code: _Optional[int] = ..., reason: _Optional[_Union[Reason, str]] = ..., message: _Optional[str] = ..., details: _Optional[_Mapping[str, str]] = ..., retry_after_us: _Optional[int] = ...) -> None: ...
