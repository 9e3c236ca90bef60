"""Plugins' commands: found in what people write, run, and answered by the plugin's account.

Refuses to know how plugins are reached.
"""

from __future__ import annotations

import logging

from outboard_app import CommandOutcome, FollowUp, Refusal, ThreadedApp, app, common

from outboard_synapse import messages
from outboard_synapse.bots import Bots
from outboard_synapse.waiting import outcome_of

log = logging.getLogger(__name__)

#: Matrix clients have no menus for these.
_OF_MENUS = (common.COMMAND_KIND_MESSAGE, common.COMMAND_KIND_USER)


class Commands:
    """The catalogue, as people meet it in a room."""

    def __init__(self, outboard: ThreadedApp, bots: Bots, prefix: str) -> None:
        self._app = outboard
        self._bots = bots
        self._prefix = prefix

    def find(self, written: str) -> tuple[str, str] | None:
        """The command's name and the rest, if what a person wrote begins with a known one."""
        if not written.startswith(self._prefix):
            return None
        name, _, rest = written.removeprefix(self._prefix).partition(" ")
        return (name, rest.strip()) if self._owner(name) is not None else None

    def _owner(self, name: str) -> str | None:
        """The plugin that owns the command with this name or alias, if people type it."""
        for command in self._app.commands.values():
            if command.kind not in _OF_MENUS and name in (command.name, *command.aliases):
                return command.plugin
        return None

    async def run(self, run: app.RunCommand) -> None:
        """Runs it and says the answer, or why there is none, as the plugin that owns it."""
        plugin = self._owner(run.name) or ""
        outcome = await outcome_of(self._app.run_command(run))
        try:
            await self._answer(run, outcome, outcome.plugin or plugin)
        except Refusal as refusal:
            log.warning("the answer to %s%s is not said: %s", self._prefix, run.name, refusal)

    async def _answer(self, run: app.RunCommand, outcome: CommandOutcome, plugin: str) -> None:
        # What is deferred says nothing yet: the plugin follows up.
        if not outcome.text:
            return
        reply = outcome.reply or common.InteractionReply(body=common.Body(plain=outcome.text))
        where = (run.channel.id, run.thread_root)
        await self._say(plugin, reply, where, run.sender.id, f"answer/{run.interaction_id}")

    async def follow_up(self, said: FollowUp) -> str:
        """Says what a plugin has to say to a command that it deferred; the event's id."""
        where = (said.channel.id, said.thread_root)
        return await self._say(said.plugin, said.reply, where, said.user.id, said.key)

    async def _say(
        self,
        plugin: str,
        reply: common.InteractionReply,
        where: tuple[str, str],
        person: str,
        key: str,
    ) -> str:
        bot, (room, thread) = await self._bots.account(plugin), where
        if reply.visibility == common.VISIBILITY_ONE:
            # Matrix has no message that one person sees among many: it needs a room of its own.
            room, thread = await self._bots.direct_room(bot, person), ""
        content = messages.content_of(_answer(reply, plugin, thread))
        return await self._bots.say(bot, room, [content], key, inviter=person)


def _answer(reply: common.InteractionReply, plugin: str, thread_root: str) -> common.Message:
    origin = common.Origin(plugin=plugin, hops=1, chain=[plugin])
    body = reply.body
    if reply.HasField("error"):
        body = common.Body(plain=reply.error.text or reply.error.code)
    return common.Message(body=body, thread_root=thread_root, origin=origin)
