from outboard_plugin._proto.outboard.common.v1 import common_pb2 as _common_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ModerationAct(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODERATION_ACT_UNSPECIFIED: _ClassVar[ModerationAct]
    MODERATION_ACT_WARN: _ClassVar[ModerationAct]
    MODERATION_ACT_MUTE: _ClassVar[ModerationAct]
    MODERATION_ACT_UNMUTE: _ClassVar[ModerationAct]
    MODERATION_ACT_KICK: _ClassVar[ModerationAct]
    MODERATION_ACT_BAN: _ClassVar[ModerationAct]
    MODERATION_ACT_UNBAN: _ClassVar[ModerationAct]
MODERATION_ACT_UNSPECIFIED: ModerationAct
MODERATION_ACT_WARN: ModerationAct
MODERATION_ACT_MUTE: ModerationAct
MODERATION_ACT_UNMUTE: ModerationAct
MODERATION_ACT_KICK: ModerationAct
MODERATION_ACT_BAN: ModerationAct
MODERATION_ACT_UNBAN: ModerationAct

class Done(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class EditMessage(_message.Message):
    __slots__ = ("workspace", "channel_id", "message_id", "body", "idempotency_key")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel_id: str
    message_id: str
    body: _common_pb2.Body
    idempotency_key: str
    def __init__(self, workspace: _Optional[str] = ..., channel_id: _Optional[str] = ..., message_id: _Optional[str] = ..., body: _Optional[_Union[_common_pb2.Body, _Mapping]] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class DeleteMessage(_message.Message):
    __slots__ = ("workspace", "channel_id", "message_id", "reason", "idempotency_key")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel_id: str
    message_id: str
    reason: str
    idempotency_key: str
    def __init__(self, workspace: _Optional[str] = ..., channel_id: _Optional[str] = ..., message_id: _Optional[str] = ..., reason: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class ReactToMessage(_message.Message):
    __slots__ = ("workspace", "channel_id", "message_id", "reaction", "idempotency_key")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    REACTION_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel_id: str
    message_id: str
    reaction: str
    idempotency_key: str
    def __init__(self, workspace: _Optional[str] = ..., channel_id: _Optional[str] = ..., message_id: _Optional[str] = ..., reaction: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class GetMessage(_message.Message):
    __slots__ = ("workspace", "channel_id", "message_id")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel_id: str
    message_id: str
    def __init__(self, workspace: _Optional[str] = ..., channel_id: _Optional[str] = ..., message_id: _Optional[str] = ...) -> None: ...

class ListMessages(_message.Message):
    __slots__ = ("workspace", "channel_id", "thread_root", "before", "most")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    THREAD_ROOT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel_id: str
    thread_root: str
    before: str
    most: int
    def __init__(self, workspace: _Optional[str] = ..., channel_id: _Optional[str] = ..., thread_root: _Optional[str] = ..., before: _Optional[str] = ..., most: _Optional[int] = ...) -> None: ...

class SearchMessages(_message.Message):
    __slots__ = ("workspace", "channel_id", "text", "before", "most")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel_id: str
    text: str
    before: str
    most: int
    def __init__(self, workspace: _Optional[str] = ..., channel_id: _Optional[str] = ..., text: _Optional[str] = ..., before: _Optional[str] = ..., most: _Optional[int] = ...) -> None: ...

class MessagePage(_message.Message):
    __slots__ = ("messages", "more")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedCompositeFieldContainer[_common_pb2.Message]
    more: bool
    def __init__(self, messages: _Optional[_Iterable[_Union[_common_pb2.Message, _Mapping]]] = ..., more: _Optional[bool] = ...) -> None: ...

class ShowTyping(_message.Message):
    __slots__ = ("workspace", "channel_id", "thread_root", "ttl_us", "only_to")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    THREAD_ROOT_FIELD_NUMBER: _ClassVar[int]
    TTL_US_FIELD_NUMBER: _ClassVar[int]
    ONLY_TO_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel_id: str
    thread_root: str
    ttl_us: int
    only_to: str
    def __init__(self, workspace: _Optional[str] = ..., channel_id: _Optional[str] = ..., thread_root: _Optional[str] = ..., ttl_us: _Optional[int] = ..., only_to: _Optional[str] = ...) -> None: ...

class SetStatus(_message.Message):
    __slots__ = ("workspace", "text", "ttl_us")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    TTL_US_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    text: str
    ttl_us: int
    def __init__(self, workspace: _Optional[str] = ..., text: _Optional[str] = ..., ttl_us: _Optional[int] = ...) -> None: ...

class FindUser(_message.Message):
    __slots__ = ("workspace", "id", "name")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    id: str
    name: str
    def __init__(self, workspace: _Optional[str] = ..., id: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class User(_message.Message):
    __slots__ = ("sender", "banned", "muted_until_us", "presence")
    SENDER_FIELD_NUMBER: _ClassVar[int]
    BANNED_FIELD_NUMBER: _ClassVar[int]
    MUTED_UNTIL_US_FIELD_NUMBER: _ClassVar[int]
    PRESENCE_FIELD_NUMBER: _ClassVar[int]
    sender: _common_pb2.Sender
    banned: bool
    muted_until_us: int
    presence: str
    def __init__(self, sender: _Optional[_Union[_common_pb2.Sender, _Mapping]] = ..., banned: _Optional[bool] = ..., muted_until_us: _Optional[int] = ..., presence: _Optional[str] = ...) -> None: ...

class ModerateUser(_message.Message):
    __slots__ = ("workspace", "user_id", "act", "reason", "duration_us", "channel_id", "idempotency_key")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ACT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DURATION_US_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    user_id: str
    act: ModerationAct
    reason: str
    duration_us: int
    channel_id: str
    idempotency_key: str
    def __init__(self, workspace: _Optional[str] = ..., user_id: _Optional[str] = ..., act: _Optional[_Union[ModerationAct, str]] = ..., reason: _Optional[str] = ..., duration_us: _Optional[int] = ..., channel_id: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class FindChannel(_message.Message):
    __slots__ = ("workspace", "id", "name")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    id: str
    name: str
    def __init__(self, workspace: _Optional[str] = ..., id: _Optional[str] = ..., name: _Optional[str] = ...) -> None: ...

class ListChannels(_message.Message):
    __slots__ = ("workspace", "after", "most")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    MOST_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    after: str
    most: int
    def __init__(self, workspace: _Optional[str] = ..., after: _Optional[str] = ..., most: _Optional[int] = ...) -> None: ...

class ChannelInfo(_message.Message):
    __slots__ = ("channel", "topic", "pinned", "members")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    PINNED_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    channel: _common_pb2.Channel
    topic: str
    pinned: _containers.RepeatedScalarFieldContainer[str]
    members: int
    def __init__(self, channel: _Optional[_Union[_common_pb2.Channel, _Mapping]] = ..., topic: _Optional[str] = ..., pinned: _Optional[_Iterable[str]] = ..., members: _Optional[int] = ...) -> None: ...

class ChannelPage(_message.Message):
    __slots__ = ("channels", "more")
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    channels: _containers.RepeatedCompositeFieldContainer[ChannelInfo]
    more: bool
    def __init__(self, channels: _Optional[_Iterable[_Union[ChannelInfo, _Mapping]]] = ..., more: _Optional[bool] = ...) -> None: ...

class CreateChannel(_message.Message):
    __slots__ = ("workspace", "name", "kind", "topic", "idempotency_key")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    name: str
    kind: _common_pb2.ChannelKind
    topic: str
    idempotency_key: str
    def __init__(self, workspace: _Optional[str] = ..., name: _Optional[str] = ..., kind: _Optional[_Union[_common_pb2.ChannelKind, str]] = ..., topic: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class InviteToChannel(_message.Message):
    __slots__ = ("workspace", "channel_id", "user_id", "idempotency_key")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel_id: str
    user_id: str
    idempotency_key: str
    def __init__(self, workspace: _Optional[str] = ..., channel_id: _Optional[str] = ..., user_id: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class SetTopic(_message.Message):
    __slots__ = ("workspace", "channel_id", "topic", "idempotency_key")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    TOPIC_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel_id: str
    topic: str
    idempotency_key: str
    def __init__(self, workspace: _Optional[str] = ..., channel_id: _Optional[str] = ..., topic: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class PinMessage(_message.Message):
    __slots__ = ("workspace", "channel_id", "message_id", "idempotency_key")
    WORKSPACE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    workspace: str
    channel_id: str
    message_id: str
    idempotency_key: str
    def __init__(self, workspace: _Optional[str] = ..., channel_id: _Optional[str] = ..., message_id: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...
