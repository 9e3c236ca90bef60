"""Plugins' commands: found in what people write, run, and answered by the plugin's account.

Refuses to know how plugins are reached.
"""

from __future__ import annotations

import logging

from outboard_app import CommandOutcome, Refusal, ThreadedApp, app, common

from outboard_synapse import messages
from outboard_synapse.bots import Bots
from outboard_synapse.waiting import outcome_of

log = logging.getLogger(__name__)


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
        return (name, rest.strip()) if name in self._app.commands else None

    async def run(self, run: app.RunCommand) -> None:
        """Runs it and says the answer, or why there is none, as the plugin that owns it."""
        plugin = self._app.commands[run.name].plugin
        outcome = await outcome_of(self._app.run_command(run))
        try:
            await self._answer(run, outcome, outcome.plugin or plugin)
        except Refusal as refusal:
            log.warning("the answer to %s%s is not said: %s", self._prefix, run.name, refusal)

    async def _answer(self, run: app.RunCommand, outcome: CommandOutcome, plugin: str) -> None:
        if not outcome.text:
            return
        bot = await self._bots.account(plugin)
        person = run.sender.id
        if outcome.reply is not None and outcome.reply.visibility == common.VISIBILITY_ONE:
            # Matrix has no message that one person sees among many: it needs a room of its own.
            room = await self._bots.direct_room(bot, person)
            answer = _answer(outcome, plugin, thread_root="")
        else:
            room = run.channel.id
            answer = _answer(outcome, plugin, run.thread_root)
        await self._bots.say(bot, room, messages.content_of(answer), inviter=person)


def _answer(outcome: CommandOutcome, plugin: str, thread_root: str) -> common.Message:
    origin = common.Origin(plugin=plugin, hops=1, chain=[plugin])
    body = common.Body(plain=outcome.text)
    if outcome.reply is not None and not outcome.reply.HasField("error"):
        body = outcome.reply.body
    return common.Message(body=body, thread_root=thread_root, origin=origin)
