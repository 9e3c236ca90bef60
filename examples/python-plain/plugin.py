"""An Outboard plugin on plain grpcio: what it does with messages.

Knows text, refuses to know the protocol; that is session.py's.
"""

from __future__ import annotations

import asyncio
import sys

from outboard.common.v1 import common_pb2 as common
from outboard.common.v1 import operations_pb2 as operations
from outboard.common.v1 import ui_pb2 as common_ui
from outboard.plugin.v1 import plugin_pb2 as wire
from outboard.plugin.v1 import ui_pb2 as wire_ui
from session import Plugin, Session

SHRUG = r"¯\_(ツ)_/¯"


async def shrug(call: wire.Call, session: Session) -> wire.Reply:
    """message.before_post: draws the shrug that the sender spelled."""
    message = call.intercept.payload.before_post
    branch = message.body.WhichOneof("content")
    text = getattr(message.body, branch) if branch in ("plain", "markdown", "html") else ""
    if ":shrug:" not in text or not message.mutable:
        return wire.Reply(hook=common.HookAnswer(continued=common.Continue()))
    # Only the body may differ, so the rest goes back as it came.
    changed = common.HookPayload(before_post=message)
    setattr(changed.before_post.body, branch, text.replace(":shrug:", SHRUG))
    return wire.Reply(hook=common.HookAnswer(replace=changed))


async def greet(delivery: wire.Delivery, session: Session) -> None:
    """message.posted: greets back, in the channel and thread of the greeting."""
    message = delivery.event.message
    if message.body.plain.lower().startswith("hello python"):
        body = common.Body(plain=f"Hello {message.sender.name or message.sender.id}")
        await session.reply(wire.ReplyRequest(body=body), handling=f"e{delivery.delivery}")


async def reverse(call: wire.Call, session: Session) -> wire.Reply:
    """/reverse TEXT, as loud as the channel wants it"""
    command = call.command
    settings = await session.settings_at(call.workspace, command.channel.id, command.sender.id)
    text = command.args["text"].string[::-1]
    if settings["loud"]:
        text = text.upper() + "!"
    reply = common.InteractionReply(body=common.Body(plain=text), visibility=common.VISIBILITY_ALL)
    return wire.Reply(interaction=reply)


async def tally(call: wire.Call, session: Session) -> wire.Reply:
    """/tally WORD: how often it was asked for, whichever process of the plugin was asked."""
    word = call.command.args["word"].string
    increment = wire.StorageIncrement(key=f"tally/{word}", by=1)
    written = await session.storage.Increment(
        wire.StorageIncrementRequest(increment=increment), **session.handling(str(call.id))
    )
    session.track("tallied", word=word)
    reply = common.InteractionReply(
        body=common.Body(plain=f"{word}: {written.counter}"), visibility=common.VISIBILITY_ALL
    )
    return wire.Reply(interaction=reply)


async def last(call: wire.Call, session: Session) -> wire.Reply:
    """/last COUNT: what was said here last, for whoever asks; the newest is marked as seen."""
    channel, count = call.command.channel.id, call.command.args["count"].integer
    listed = operations.ListMessages(channel_id=channel, most=count)
    page = await session.messages.List(listed, **session.handling(str(call.id)))
    for newest in page.messages[:1]:
        seen = operations.ReactToMessage(channel_id=channel, message_id=newest.id, reaction="👀")
        await session.messages.React(seen, **session.handling(str(call.id)))
    lines = (f"{it.sender.name}: {it.body.plain}" for it in reversed(page.messages))
    reply = common.InteractionReply(
        body=common.Body(plain="\n".join(lines)), visibility=common.VISIBILITY_ONE
    )
    return wire.Reply(interaction=reply)


async def about(call: wire.Call, session: Session) -> wire.Reply:
    """/about WORDS: the channel's topic from now on."""
    topic = operations.SetTopic(
        channel_id=call.command.channel.id, topic=call.command.args["words"].string
    )
    await session.channels.SetTopic(topic, **session.handling(str(call.id)))
    reply = common.InteractionReply(
        body=common.Body(plain="It is the topic now."), visibility=common.VISIBILITY_ONE
    )
    return wire.Reply(interaction=reply)


async def on_settings(before: dict[str, object], after: dict[str, object]) -> None:
    """Somebody has saved settings. Raising would refuse them."""
    print(f"loud: {before['loud']} -> {after['loud']}", flush=True)


async def milestone(told: wire.Lifecycle, session: Session) -> None:
    """Once per version: here one would make tables, or move old ones on."""
    kind = wire.LifecycleKind.Name(told.kind).removeprefix("LIFECYCLE_KIND_").lower()
    # `from` is a word of the language's.
    before = getattr(told, "from")
    print(f"milestone: {kind} {told.to} {before}".rstrip(), flush=True)


async def granted(scoped: list[str]) -> None:
    """The operator has granted, withdrawn or narrowed something: it counts already."""
    print("grants:", *scoped, flush=True)


async def press(call: wire.Call, session: Session) -> wire.Reply:
    """The button of the component `presses`: shows how often it was pressed, to everyone."""
    increment = wire.StorageIncrement(key="presses", by=1)
    handling = session.handling(str(call.id))
    written = await session.storage.Increment(
        wire.StorageIncrementRequest(increment=increment), **handling
    )
    await session.ui.Update(
        wire_ui.UiUpdateRequest(id="presses", blocks=presses(written.counter)), **handling
    )
    # What happened shows itself.
    return wire.Reply(interaction=common.InteractionReply())


def presses(count: int) -> common_ui.UiBlocks:
    """What the component says."""
    text = common_ui.UiText(text=f"Pressed {count} times")
    button = common_ui.UiButton(label="Press", action="press")
    return common_ui.UiBlocks(
        blocks=[common_ui.UiBlock(text=text), common_ui.UiBlock(button=button)]
    )


PLUGIN = Plugin(
    name="python-plain",
    version="0.1.0",
    hooks={"message.before_post": shrug},
    events={"message.posted": greet},
    commands={"reverse": reverse, "tally": tally, "last": last, "about": about},
    on_settings=on_settings,
    milestone=milestone,
    on_grants=granted,
    actions={"presses": press},
)

if __name__ == "__main__":
    sys.exit(asyncio.run(PLUGIN.run()))
