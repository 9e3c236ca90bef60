"""What Matrix looks like from Outboard's side: a daemon without plugins listens and answers.

Refuses to know real plugins; the story has those.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from outboard_app import app, common, operations
from outboard_app.testing import FakeDaemon

from checks import Checks, expect
from homeserver import PATIENCE, Homeserver, Person

HOOKS = ("message.before_post", "message.before_edit", "message.before_delete")


class Mapping:
    """A fake daemon on the real module."""

    def __init__(self, check: Checks, server: Homeserver, socket: Path) -> None:
        self.check = check
        self.server = server
        self.daemon = FakeDaemon(str(socket))
        self.daemon.policies = [
            app.HookPolicy(hook=hook, intercepted=True, budget_us=1_000_000) for hook in HOOKS
        ]
        self.daemon.commands = [common.CommandInfo(name="whisper", plugin="whisperer")]
        self.daemon.on_intercept = _judge
        self.daemon.on_command = _whisper

    async def tell(self) -> None:
        """Runs the checks, with people of their own."""
        self.dora = Person(self.server, "dora")
        await self.dora.register()
        await self.daemon.start()
        try:
            await self.daemon.wait_heard("hello", timeout=PATIENCE)
            await self.messages()
            await self.people()
            await self.plugins_speak()
            await self.held()
            await self.synapse_restarts()
        finally:
            await self.dora.close()
            await self.daemon.stop()

    async def messages(self) -> None:
        self.room = await self.dora.create_room("mapping")
        async with self.check("an edit is asked about as it would be and as it is") as notes:
            first = await self.dora.send(self.room, "first")
            edited = await self.dora.edit(self.room, first.event_id, "second darn")
            edit = (await self._asked("before_edit")).before_edit
            expect(edit.message.body.plain == "second darn", f"would be {edit.message}")
            expect(edit.stored.body.plain == "first", f"is {edit.stored}")
            expect(edit.message.id == edit.stored.id == first.event_id, "another message's id")
            event = await self._published("message.edited")
            expect(event.message.body.plain == "second d*rn", f"published {event.message}")
            seen = (await self.dora.sees_event(edited.event_id)).source["content"]
            expect(seen["m.new_content"]["body"] == "second d*rn", str(seen))
            expect(seen["body"] == "* second d*rn", str(seen))
            notes.append("and rewritten in all its renderings")
        async with self.check("a deletion is asked about, and may be refused"):
            kept = await self.dora.send(self.room, "keep me")
            refusal = await self.dora.redact(self.room, kept.event_id)
            expect(refusal == "M_FORBIDDEN not this one", f"got {refusal!r}")
            expect(await self.dora.redact(self.room, first.event_id) == "", "refused the other")
            event = await self._published("message.deleted")
            expect(event.message.id == first.event_id, f"published {event.message}")
        async with self.check("a posted message says who, where, and which draft it was"):
            sent = await self.dora.send(self.room, "hello", **_in_thread(kept.event_id))
            draft = (await self._asked("before_post")).before_post
            posted = (await self._published("message.posted")).message
            expect((draft.id, posted.id) == ("", sent.event_id), f"{draft.id!r}, {posted.id!r}")
            expect(draft.draft_id == posted.draft_id != "", f"{draft.draft_id}")
            expect(posted.thread_root == kept.event_id, f"thread {posted.thread_root!r}")
            expect(posted.channel.name == "mapping", f"in {posted.channel}")
            expect(posted.channel.kind == common.CHANNEL_KIND_PUBLIC, f"in {posted.channel}")
            expect(posted.sender.name == "dora", f"by {posted.sender}")
            expect("admin" in posted.sender.roles, f"by {posted.sender}")
        async with self.check("an encrypted message is opaque, and passes"):
            content = {
                "algorithm": "m.megolm.v1.aes-sha2",
                "ciphertext": "forbidden",
                "device_id": "D",
                "sender_key": "K",
                "session_id": "S",
            }
            sent = await self.dora.send_event(self.room, "m.room.encrypted", content)
            expect(bool(sent.event_id), sent.refusal)
            asked = (await self._asked("before_post")).before_post
            expect(asked.body.opaque.kind == content["algorithm"] and not asked.mutable, f"{asked}")

    async def people(self) -> None:
        async with self.check("joining and leaving are published, a new name is not"):
            emil = Person(self.server, "emil")
            await emil.register()
            await emil.join(self.room)
            await emil.rename(self.room, "Emil the Great")
            await emil.leave(self.room)
            await emil.close()
            left = await self._published("member.left")
            expect(left.member.user.id == "@emil:localhost", f"{left.member}")
            events = [frame.publish.event for frame in self.daemon.heard("publish")]
            joined = [event.member.user.id for event in events if event.type == "member.joined"]
            expect(joined.count("@emil:localhost") == 1, f"joined: {joined}")
        async with self.check("an event has one id, whoever publishes it"):
            ids = [frame.publish.event.id for frame in self.daemon.heard("publish")]
            expect(len(set(ids)) == len(ids) > 5, "ids are not unique")

    async def plugins_speak(self) -> None:
        async with self.check("a plugin's message is sent once, as its own account"):
            for number in (1, 2):
                self.daemon.say(_send(number, "key-1", self.room, "said once"))
            answer = (await self.daemon.wait_heard("answer", 2, timeout=PATIENCE)).answer
            seen = await self.dora.sees_event(answer.sent.message_id)
            expect(seen.sender == "@outboard-speaker:localhost", seen.sender)
            ids = {frame.answer.sent.message_id for frame in self.daemon.heard("answer")}
            expect(len(ids) == 1, f"sent as {ids}")
            posted = (await self._published("message.posted")).message
            expect(posted.origin.plugin == "speaker" and posted.origin.hops == 2, f"{posted}")
            expect(posted.sender.kind == common.SENDER_KIND_PLUGIN, f"{posted.sender}")
        async with self.check("nobody passes for a plugin by what a message says"):
            mine = {"dev.outboard.origin": {"plugin": "speaker", "hops": 1, "chain": []}}
            await self.dora.send(self.room, "I am speaker", **mine)
            asked = (await self._asked("before_post")).before_post
            expect(not asked.HasField("origin"), f"{asked.origin}")
        async with self.check("a private room is entered by invitation only") as notes:
            private = await self.dora.create_private_room()
            self.daemon.say(_send(3, "key-3", private, "let me in"))
            failure = (await self.daemon.wait_heard("answer", 3, timeout=PATIENCE)).answer.failure
            expect(failure.reason == common.REASON_APP_REFUSED, f"{failure}")
            notes.append(failure.message)
        async with self.check("an answer for one person comes in a room of their own"):
            await self.dora.send(self.room, "!whisper secret")
            invitation = await self.dora.is_invited(by="@outboard-whisperer:localhost")
            await self.dora.join(invitation)
            await self.dora.sees("psst: secret", by="outboard-whisperer")

    async def held(self) -> None:
        async with self.check("what a plugin holds is posted as its writer's, once released") as it:
            sent = await self.dora.send(self.room, "hold me")
            expect(sent.refusal == "M_FORBIDDEN wait for Ann", f"got {sent}")
            draft = (await self._asked("before_post")).before_post
            asked = len(self.daemon.heard("intercept"))
            released = app.HeldDecided(id="held-1", plugin="speaker", released=app.Released())
            released.payload.before_post.CopyFrom(draft)
            answer = await self._ask(20, "key-20", app.Request(decided=released))
            seen = await self.dora.sees_event(answer.sent.message_id)
            expect((seen.sender, seen.body) == (self.dora.id, "hold me"), f"{seen}")
            expect(len(self.daemon.heard("intercept")) == asked, "the hook was asked again")
            again = app.Request(decided=released)
            again = await self._ask(21, "another key", again, attempt=2)
            expect(again.sent.message_id == answer.sent.message_id, "posted twice")
            it.append("and once, however often it is told")
        async with self.check("what is dropped is told to its writer in private"):
            await self.dora.send(self.room, "hold me")
            dropped = app.HeldDecided(id="held-2", plugin="speaker", dropped=app.Dropped())
            dropped.dropped.reason.text = "off topic"
            dropped.payload.before_post.CopyFrom((await self._asked("before_post")).before_post)
            answer = await self._ask(22, "key-22", app.Request(decided=dropped))
            expect(answer.sent.message_id == "", f"it became {answer}")
            await self.dora.join(await self.dora.is_invited(by="@outboard-speaker:localhost"))
            await self.dora.sees("not posted: off topic", by="outboard-speaker")

    async def synapse_restarts(self) -> None:
        """What a plugin did must hold, and end, as if nothing had happened."""
        # I104
        fred = Person(self.server, "fred")
        await fred.register()
        await fred.join(self.room)
        await self.dora.set_power(self.room, "@outboard-speaker:localhost", 100)
        direct = (await self._ask(4, "key-4", _direct(fred.id, "before"))).sent.message_id
        room = await fred.is_invited(by="@outboard-speaker:localhost")
        await fred.join(room)
        await self._ask(5, "key-5", _mute(fred.id, self.room, 6_000_000))
        expect(not (await fred.send(self.room, "muted?")).event_id, "fred is not muted")
        await asyncio.to_thread(self.server.stop)
        connected = len(self.daemon.heard("hello"))
        await asyncio.to_thread(self.server.start)
        await self.daemon.wait_heard("hello", connected + 1, timeout=PATIENCE)
        async with self.check("after a restart of Synapse a mute ends in time") as notes:
            waited = await self._until_spoken(fred)
            notes.append(f"{waited:.1f} s after it was up")
        async with self.check("after a restart a key still stands for what was sent under it"):
            again = await self._ask(6, "key-4", _direct(fred.id, "before"), attempt=2)
            expect(again.sent.message_id == direct, f"said again as {again}")
        async with self.check("after a restart the room for two is the one there was"):
            await self._ask(7, "key-7", _direct(fred.id, "after"))
            expect(
                await fred.room_of("after", by="outboard-speaker") == room, "it made another room"
            )
        await fred.close()

    async def _ask(self, number: int, key: str, ask: app.Request, attempt: int = 1) -> app.Answer:
        """Has the plugin `speaker` ask; the answer, which must not be a failure."""
        ask.id, ask.idempotency_key, ask.attempt = number, key, attempt
        ask.asker.CopyFrom(app.Asker(plugin="speaker", bot_display_name="The Speaker"))
        self.daemon.say(app.DaemonFrame(request=ask))
        async with asyncio.timeout(PATIENCE):
            while True:
                heard = [frame.answer for frame in self.daemon.heard("answer")]
                if (answer := next((it for it in heard if it.id == number), None)) is not None:
                    expect(not answer.HasField("failure"), f"{answer.failure}")
                    return answer
                await self.daemon.wait_heard("answer", len(heard) + 1, timeout=PATIENCE)

    async def _until_spoken(self, person: Person) -> float:
        begun = time.monotonic()
        while not (await person.send(self.room, "may I?")).event_id:
            expect(time.monotonic() - begun < PATIENCE, f"muted for {PATIENCE} s")
            await asyncio.sleep(0.2)
        return time.monotonic() - begun

    async def _asked(self, branch: str) -> common.HookPayload:
        """The last thing asked of a hook."""
        asked = [frame.intercept.payload for frame in self.daemon.heard("intercept")]
        return next(payload for payload in reversed(asked) if payload.WhichOneof("of") == branch)

    async def _published(self, kind: str) -> common.Event:
        """The last event of a kind, once everything sent so far has been published."""
        marker = await self.dora.send(self.room, "that was all")
        async with asyncio.timeout(PATIENCE):
            while not any(
                frame.publish.event.message.id == marker.event_id
                for frame in self.daemon.heard("publish")
            ):
                await self.daemon.wait_heard("publish", len(self.daemon.heard("publish")) + 1)
        events = [frame.publish.event for frame in self.daemon.heard("publish")]
        of_kind = (event for event in reversed(events) if event.type == kind)
        return next(event for event in of_kind if event.message.id != marker.event_id)


def _judge(ask: app.Intercept) -> common.Verdict:
    payload = common.HookPayload()
    payload.CopyFrom(ask.payload)
    if payload.before_delete.stored.body.plain == "keep me":
        return common.Verdict(rejected=common.Rejected(reason=common.Text(text="not this one")))
    if payload.before_post.body.plain == "hold me":
        hold = common.Hold(id="held", plugin="speaker", reason=common.Text(text="wait for Ann"))
        return common.Verdict(held=hold)
    body = payload.before_edit.message.body
    if payload.WhichOneof("of") == "before_edit" and "darn" in body.plain:
        body.plain = body.plain.replace("darn", "d*rn")
        return common.Verdict(replaced=payload)
    return common.Verdict(continued=common.Continue())


def _whisper(run: app.RunCommand) -> app.CommandResult:
    body = common.Body(plain=f"psst: {run.text}")
    reply = common.InteractionReply(body=body, visibility=common.VISIBILITY_ONE)
    return app.CommandResult(plugin="whisperer", reply=reply)


def _direct(user_id: str, text: str) -> app.Request:
    message = common.Message(
        body=common.Body(plain=text), origin=common.Origin(plugin="speaker", hops=1)
    )
    return app.Request(direct=app.DirectMessage(message=message, to_user=user_id))


def _mute(user_id: str, room: str, microseconds: int) -> app.Request:
    act = operations.ModerateUser(
        user_id=user_id,
        act=operations.MODERATION_ACT_MUTE,
        reason="loud",
        duration_us=microseconds,
        channel_id=room,
    )
    return app.Request(moderate=act)


def _send(number: int, key: str, room: str, text: str) -> app.DaemonFrame:
    origin = common.Origin(plugin="speaker", version="1.0.0", hops=2, chain=["other", "speaker"])
    message = common.Message(
        channel=common.Channel(id=room), body=common.Body(plain=text), origin=origin
    )
    asker = app.Asker(plugin="speaker", bot_display_name="The Speaker")
    request = app.Request(id=number, idempotency_key=key, attempt=1, asker=asker)
    request.send.message.CopyFrom(message)
    return app.DaemonFrame(request=request)


def _in_thread(root: str) -> dict:
    return {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}
