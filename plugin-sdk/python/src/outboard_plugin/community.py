"""Messages, people and channels: what a plugin has the chat server do beside sending.

Refuses to judge who may do what; the daemon and the app do. Each raises HostError, such as
`NOT_FOUND`, `PERMISSION_DENIED` or `APP_UNSUPPORTED`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from outboard_plugin.body import Said, body_of
from outboard_plugin.cause import Cause
from outboard_plugin.link import Link, Message
from outboard_plugin.wire import common, operations

_US = 1_000_000


class _Of:
    """What all of them share: who asks, and where."""

    def __init__(self, link: Link, cause: Cause, workspace: str) -> None:
        self._link = link
        self._cause = cause
        self._workspace = workspace

    async def _do(self, method: str, request: Message) -> None:
        await self._link.ask(method, request, operations.Done, self._cause)


class Messages(_Of):
    """Changing needs `messages:send`, reading `messages:history`; others' messages `:manage`."""

    async def edit(self, channel: str, message: str, said: Said) -> None:
        """Says something else in a message."""
        request = operations.EditMessage(
            workspace=self._workspace,
            channel_id=channel,
            message_id=message,
            body=body_of(said),
        )
        await self._do("Messages/Edit", request)

    async def delete(self, channel: str, message: str, reason: str = "") -> None:
        request = operations.DeleteMessage(
            workspace=self._workspace, channel_id=channel, message_id=message, reason=reason
        )
        await self._do("Messages/Delete", request)

    async def react(self, channel: str, message: str, reaction: str) -> None:
        await self._do("Messages/React", self._reaction(channel, message, reaction))

    async def unreact(self, channel: str, message: str, reaction: str) -> None:
        await self._do("Messages/Unreact", self._reaction(channel, message, reaction))

    async def typing(self, channel: str, seconds: float = 5, *, only_to: str = "") -> None:
        """Shows that the bot is typing; 60 s at most."""
        request = operations.ShowTyping(
            workspace=self._workspace,
            channel_id=channel,
            ttl_us=int(seconds * _US),
            only_to=only_to,
        )
        await self._do("Messages/Typing", request)

    async def status(self, text: str, seconds: float = 0) -> None:
        """Shows a text beside the bot's name; a day if not said."""
        request = operations.SetStatus(
            workspace=self._workspace, text=text, ttl_us=int(seconds * _US)
        )
        await self._do("Messages/Status", request)

    async def get(self, channel: str, message: str) -> common.Message:
        request = operations.GetMessage(
            workspace=self._workspace, channel_id=channel, message_id=message
        )
        return await self._link.ask("Messages/Get", request, common.Message, self._cause)

    async def history(self, channel: str, *, thread: str = "") -> AsyncIterator[common.Message]:
        """The messages of a channel, or of a thread in it, the newest first."""
        request = operations.ListMessages(
            workspace=self._workspace, channel_id=channel, thread_root=thread
        )
        while True:
            page = await self._link.ask(
                "Messages/List", request, operations.MessagePage, self._cause
            )
            for message in page.messages:
                yield message
            if not page.more or not page.messages:
                return
            request.before = page.messages[-1].id

    async def search(self, text: str, *, channel: str = "") -> list[common.Message]:
        """Messages that say something, the newest first; as many as one answer has."""
        request = operations.SearchMessages(
            workspace=self._workspace, channel_id=channel, text=text
        )
        page = await self._link.ask("Messages/Search", request, operations.MessagePage, self._cause)
        return list(page.messages)

    def _reaction(self, channel: str, message: str, reaction: str) -> operations.ReactToMessage:
        return operations.ReactToMessage(
            workspace=self._workspace, channel_id=channel, message_id=message, reaction=reaction
        )


class Users(_Of):
    """Looking up needs `users:read`, the rest `users:moderate`, and a reason: it is on record."""

    async def get(self, id: str = "", *, name: str = "") -> operations.User:
        """A person, by id or by name."""
        by = {"name": name} if name else {"id": id}
        request = operations.FindUser(workspace=self._workspace, **by)
        return await self._link.ask("Users/Get", request, operations.User, self._cause)

    async def warn(self, user: str, reason: str) -> None:
        await self._moderate(operations.MODERATION_ACT_WARN, user, reason)

    async def mute(self, user: str, reason: str, seconds: float, *, channel: str = "") -> None:
        """Lets a person say nothing for a while."""
        await self._moderate(operations.MODERATION_ACT_MUTE, user, reason, seconds, channel)

    async def unmute(self, user: str, reason: str, *, channel: str = "") -> None:
        await self._moderate(operations.MODERATION_ACT_UNMUTE, user, reason, 0, channel)

    async def kick(self, user: str, reason: str, channel: str) -> None:
        """Takes a person out of a channel."""
        await self._moderate(operations.MODERATION_ACT_KICK, user, reason, 0, channel)

    async def ban(self, user: str, reason: str, seconds: float = 0, *, channel: str = "") -> None:
        """Keeps a person out, for a time or for good."""
        await self._moderate(operations.MODERATION_ACT_BAN, user, reason, seconds, channel)

    async def unban(self, user: str, reason: str, *, channel: str = "") -> None:
        await self._moderate(operations.MODERATION_ACT_UNBAN, user, reason, 0, channel)

    async def _moderate(
        self,
        act: operations.ModerationAct,
        user: str,
        reason: str,
        seconds: float = 0,
        channel: str = "",
    ) -> None:
        request = operations.ModerateUser(
            workspace=self._workspace,
            user_id=user,
            act=act,
            reason=reason,
            duration_us=int(seconds * _US),
            channel_id=channel,
        )
        await self._do("Users/Moderate", request)


class Channels(_Of):
    """Looking up needs `channels:read`, the rest `channels:manage`."""

    async def get(self, id: str = "", *, name: str = "") -> operations.ChannelInfo:
        """A channel, by id or by name."""
        by = {"name": name} if name else {"id": id}
        request = operations.FindChannel(workspace=self._workspace, **by)
        return await self._link.ask("Channels/Get", request, operations.ChannelInfo, self._cause)

    async def list(self) -> AsyncIterator[operations.ChannelInfo]:
        """All channels that the plugin may see."""
        request = operations.ListChannels(workspace=self._workspace)
        while True:
            page = await self._link.ask(
                "Channels/List", request, operations.ChannelPage, self._cause
            )
            for channel in page.channels:
                yield channel
            if not page.more or not page.channels:
                return
            request.after = page.channels[-1].channel.id

    async def create(
        self,
        name: str,
        *,
        topic: str = "",
        kind: common.ChannelKind = common.CHANNEL_KIND_PUBLIC,
    ) -> operations.ChannelInfo:
        request = operations.CreateChannel(
            workspace=self._workspace, name=name, topic=topic, kind=kind
        )
        return await self._link.ask("Channels/Create", request, operations.ChannelInfo, self._cause)

    async def invite(self, channel: str, user: str) -> None:
        request = operations.InviteToChannel(
            workspace=self._workspace, channel_id=channel, user_id=user
        )
        await self._do("Channels/Invite", request)

    async def set_topic(self, channel: str, topic: str) -> None:
        request = operations.SetTopic(workspace=self._workspace, channel_id=channel, topic=topic)
        await self._do("Channels/SetTopic", request)

    async def pin(self, channel: str, message: str) -> None:
        await self._do("Channels/Pin", self._pinning(channel, message))

    async def unpin(self, channel: str, message: str) -> None:
        await self._do("Channels/Unpin", self._pinning(channel, message))

    def _pinning(self, channel: str, message: str) -> operations.PinMessage:
        return operations.PinMessage(
            workspace=self._workspace, channel_id=channel, message_id=message
        )
