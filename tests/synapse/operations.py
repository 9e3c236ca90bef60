"""What plugins may ask of a homeserver besides sending: a check for each, through a real plugin.

A person tells the plugin `asker` in a room what to ask for, and reads there what came of it.
Refuses to know how anything is started.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

from checks import Checks, expect
from homeserver import PATIENCE, Homeserver, Person

BOT = "@outboard-asker:localhost"

#: Bytes of the file that is uploaded: several pieces.
_FILE = 100_000


class Refused(Exception):
    """What was asked for was not done; says the code and the words."""


class Operations:
    """Gina runs a room in which the plugin is told what to do; Hugo is who it is done to."""

    def __init__(self, check: Checks, server: Homeserver) -> None:
        self.check = check
        self.server = server
        self.gina = Person(server, "gina")
        self.hugo = Person(server, "hugo")
        self.tags = itertools.count()

    async def tell(self) -> None:
        await self.gina.register()
        await self.hugo.register()
        self.room = await self.gina.create_room("workshop")
        await self.hugo.join(self.room)
        try:
            await self.speech()
            await self.messages()
            await self.history()
            await self.rooms()
            await self.people()
            await self.files()
            await self.bad_input()
        finally:
            await self.gina.close()
            await self.hugo.close()

    async def ask(self, what: str, **request: Any) -> Any:
        """Has the plugin ask; what it was answered. Raises Refused."""
        tag = f"answer{next(self.tags)}"
        sent = await self.gina.send(self.room, f"!do {tag} {what} {json.dumps(request)}")
        expect(bool(sent.event_id), f"refused: {sent.refusal}")
        answer = (await self.gina.sees(f"{tag} ", by="outboard-asker")).body.removeprefix(f"{tag} ")
        if answer.startswith("!"):
            raise Refused(answer.removeprefix("!"))
        return json.loads(answer)

    async def refused(self, code: str, what: str, **request: Any) -> str:
        """As `ask`, and it must be refused with a code; the words."""
        try:
            answer = await self.ask(what, **request)
        except Refused as refused:
            expect(str(refused).startswith(f"{code} "), f"{what}: {refused}")
            return str(refused).removeprefix(f"{code} ")
        raise AssertionError(f"{what} was done: {answer}")

    def here(self, message_id: str, **more: Any) -> dict[str, Any]:
        return {"channelId": self.room, "messageId": message_id, **more}

    async def say(self, text: str, **more: Any) -> str:
        """The plugin says something in the room; its id."""
        request = {"channelId": self.room, "body": {"plain": text}, **more}
        return (await self.ask("Messages.Send", **request))["messageId"]

    async def state(self, kind: str, key: str = "", room: str = "") -> dict[str, Any]:
        path = f"/_matrix/client/v3/rooms/{room or self.room}/state/{kind}/{key}"
        return await self.gina.call("GET", path)

    # --- Speech ---------------------------------------------------------------------------------

    async def speech(self) -> None:
        async with self.check("a plugin answers a message, and in a thread"):
            root = (await self.hugo.send(self.room, "who starts?")).event_id
            answer = await self.gina.sees_event(await self.say("I do", replyTo=root))
            relates = answer.source["content"]["m.relates_to"]
            expect(relates == {"m.in_reply_to": {"event_id": root}}, f"{relates}")
            answer = await self.gina.sees_event(await self.say("here", threadRoot=root))
            relates = answer.source["content"]["m.relates_to"]
            expect((relates["rel_type"], relates["event_id"]) == ("m.thread", root), f"{relates}")
            expect(relates["is_falling_back"] is True, f"{relates}")
        async with self.check("a plugin speaks to one person, in one room for the two") as notes:
            await self.ask("Messages.Send", toUser=self.hugo.id, body={"plain": "psst, one"})
            room = await self.hugo.is_invited(by=BOT)
            await self.hugo.join(room)
            await self.hugo.sees("psst, one", by="outboard-asker")
            await self.ask("Messages.Send", toUser=self.hugo.id, body={"plain": "psst, two"})
            expect(
                await self.hugo.room_of("psst, two", by="outboard-asker") == room,
                "it made another room",
            )
            await self.hugo.leave(room)
            await self.ask("Messages.Send", toUser=self.hugo.id, body={"plain": "psst, three"})
            expect(await self.hugo.is_invited(by=BOT) == room, "it made another room")
            notes.append("whoever left it is invited again")
        async with self.check("everybody sees that a plugin types"):
            await self.ask("Messages.Typing", channelId=self.room, ttlUs=20_000_000)
            await self.gina.sees_typing(BOT)
            await self.ask("Messages.Typing", channelId=self.room, ttlUs=0)
            await self.gina.sees_typing(BOT, typing=False)
            await self.refused(
                "FAILED_PRECONDITION",
                "Messages.Typing",
                channelId=self.room,
                ttlUs=1_000_000,
                onlyTo=self.hugo.id,
            )
        async with self.check("a status stands beside the bot's name, and goes in time"):
            await self.ask("Messages.Status", text="thinking", ttlUs=4_000_000)
            await self.presence("online", "thinking")
            await self.presence("offline", None)

    async def presence(self, state: str, text: str | None) -> None:
        """Waits until the bot's presence is so."""

        async def is_so() -> bool:
            status = await self.gina.call("GET", f"/_matrix/client/v3/presence/{BOT}/status")
            return (status["presence"], status.get("status_msg")) == (state, text)

        await soon(f"the bot is {state}, {text}", is_so)

    # --- Messages -------------------------------------------------------------------------------

    async def messages(self) -> None:
        async with self.check("a plugin edits its own message, and no one else's"):
            mine = await self.say("frist")
            await self.ask("Messages.Edit", **self.here(mine, body={"html": "<b>first</b>"}))
            edited = (await self.gina.sees("* first", by="outboard-asker")).source["content"]
            expect(
                edited["m.relates_to"] == {"rel_type": "m.replace", "event_id": mine}, "relation"
            )
            expect(edited["m.new_content"]["formatted_body"] == "<b>first</b>", f"{edited}")
            theirs = (await self.hugo.send(self.room, "mine")).event_id
            request = self.here(theirs, body={"plain": "yours"})
            words = await self.refused("FAILED_PRECONDITION", "Messages.Edit", **request)
            expect(self.hugo.id in words, words)
        async with self.check("one message is got as it was last edited"):
            got = await self.ask("Messages.Get", **self.here(mine))
            expect(got["body"] == {"html": "<b>first</b>"}, f"{got['body']}")
            expect(got["sender"]["kind"] == "SENDER_KIND_PLUGIN", f"{got['sender']}")
            expect(got["origin"]["plugin"] == "asker" and got["editedAtUs"] != "0", f"{got}")
        async with self.check("a reaction is made once, and taken back"):
            for _ in range(2):
                await self.ask("Messages.React", **self.here(theirs, reaction="👍"))
            expect(await self.reactions(theirs) == [(BOT, "👍")], "after reacting")
            await self.ask("Messages.Unreact", **self.here(theirs, reaction="👎"))
            expect(await self.reactions(theirs) == [(BOT, "👍")], "after taking another back")
            await self.ask("Messages.Unreact", **self.here(theirs, reaction="👍"))
            expect(await self.reactions(theirs) == [], "after taking it back")
        async with self.check("a plugin deletes its own message; another's if the room lets it"):
            await self.ask("Messages.Delete", **self.here(mine, reason="a slip"))
            expect(await self.content(mine) == {}, "its own is still there")
            words = await self.refused(
                "FAILED_PRECONDITION", "Messages.Delete", **self.here(theirs, reason="rude")
            )
            expect("permission" in words, words)
            await self.gina.set_power(self.room, BOT, 50)
            await self.ask("Messages.Delete", **self.here(theirs, reason="rude"))
            expect(await self.content(theirs) == {}, "the other's is still there")

    async def reactions(self, message_id: str) -> list[tuple[str, str]]:
        path = f"/_matrix/client/v1/rooms/{self.room}/relations/{message_id}/m.annotation"
        chunk = (await self.gina.call("GET", path))["chunk"]
        return [(it["sender"], it["content"]["m.relates_to"]["key"]) for it in chunk]

    async def content(self, message_id: str) -> dict[str, Any]:
        path = f"/_matrix/client/v3/rooms/{self.room}/event/{message_id}"
        return (await self.gina.call("GET", path))["content"]

    # --- History --------------------------------------------------------------------------------

    async def history(self) -> None:
        room = await self.gina.create_room("archive")
        ids = [(await self.gina.send(room, f"page {n}")).event_id for n in range(7)]
        await self.gina.edit(room, ids[2], "page two")
        await self.gina.redact(room, ids[4])
        async with self.check("a room is read backwards, page by page") as notes:
            texts, before = [], ""
            for _ in range(10):
                page = await self.ask("Messages.List", channelId=room, before=before, most=3)
                texts.append([message["body"]["plain"] for message in page["messages"]])
                before = page["messages"][-1]["id"]
                if not page.get("more"):
                    break
            wanted = [["page 6", "page 5", "page 3"], ["page two", "page 1", "page 0"]]
            expect(texts == wanted, f"{texts}")
            notes.append("edited ones as they are now, deleted ones not")
        async with self.check("a thread is read backwards, down to what opened it"):
            thread = {"m.relates_to": {"rel_type": "m.thread", "event_id": ids[0]}}
            for number in range(3):
                await self.gina.send(room, f"in thread {number}", **thread)
            request = {"channelId": room, "threadRoot": ids[0], "most": 2}
            first = await self.ask("Messages.List", **request)
            expect(_plain(first) == ["in thread 2", "in thread 1"] and first["more"], f"{first}")
            second = await self.ask("Messages.List", before=first["messages"][-1]["id"], **request)
            expect(_plain(second) == ["in thread 0", "page 0"], f"{second}")
            expect(not second.get("more"), "and more")
        async with self.check("messages are searched for, page by page") as notes:
            first = await self.ask("Messages.Search", channelId=room, text="page", most=4)
            last = first["messages"][-1]["id"]
            second = await self.ask(
                "Messages.Search", channelId=room, text="page", most=4, before=last
            )
            found = _plain(first) + _plain(second)
            wanted = ["page 6", "page 5", "page 3", "page two", "page 1", "page 0"]
            expect(found == wanted and first["more"] and not second.get("more"), f"{found}")
            everywhere = await self.ask("Messages.Search", text="page", most=100)
            there = [it for it in everywhere["messages"] if it["channel"]["id"] == room]
            expect(_plain({"messages": there}) == wanted, f"{there}")
            notes.append("in one room and in all")

    # --- Rooms ----------------------------------------------------------------------------------

    async def rooms(self) -> None:
        async with self.check("a plugin makes a room, finds it, and lists it"):
            made = await self.ask(
                "Channels.Create", name="The Lagoon", kind="CHANNEL_KIND_PUBLIC", topic="calm"
            )
            channel = made["channel"]
            expect((channel["name"], made["topic"]) == ("the-lagoon", "calm"), f"{made}")
            for by in ({"id": channel["id"]}, {"name": "the-lagoon"}):
                found = await self.ask("Channels.Get", **by)
                expect(found == made, f"by {by}: {found}")
            listed = [it["channel"]["name"] for it in (await self.ask("Channels.List"))["channels"]]
            expect({"the-lagoon", "workshop", "archive"} <= set(listed), f"{listed}")
            first = await self.ask("Channels.List", most=1)
            after = first["channels"][0]["channel"]["id"]
            rest = await self.ask("Channels.List", after=after)
            expect(len(rest["channels"]) == len(listed) - 1 and first["more"], f"{rest}")
            again = {"name": "The Lagoon", "kind": "CHANNEL_KIND_PUBLIC"}
            await self.refused("FAILED_PRECONDITION", "Channels.Create", **again)
        async with self.check("a private room is made, and people are invited into it"):
            made = await self.ask("Channels.Create", name="Cabin", kind="CHANNEL_KIND_PRIVATE")
            cabin = made["channel"]["id"]
            expect(made["channel"]["kind"] == "CHANNEL_KIND_PRIVATE", f"{made}")
            for _ in range(2):
                await self.ask("Channels.Invite", channelId=cabin, userId=self.hugo.id)
            await self.hugo.join(cabin)
            found = await self.ask("Channels.Get", name="Cabin")
            expect(found["members"] == 2, f"{found}")
        async with self.check("a topic is set; messages are pinned and unpinned"):
            await self.ask("Channels.SetTopic", channelId=self.room, topic="work")
            expect((await self.state("m.room.topic"))["topic"] == "work", "topic")
            one, two = await self.say("one"), await self.say("two")
            for message_id in (one, two):
                await self.ask("Channels.Pin", **self.here(message_id))
            expect((await self.ask("Channels.Get", id=self.room))["pinned"] == [two, one], "pinned")
            await self.ask("Channels.Unpin", **self.here(one))
            expect((await self.state("m.room.pinned_events"))["pinned"] == [two], "unpinned")

    # --- People ---------------------------------------------------------------------------------

    async def people(self) -> None:
        async with self.check("a person is found by id and by name"):
            for by in ({"id": self.hugo.id}, {"name": "hugo"}):
                found = await self.ask("Users.Get", **by)
                expect(found["sender"]["id"] == self.hugo.id, f"{found}")
            await self.refused("NOT_FOUND", "Users.Get", name="nobody")
        async with self.check("a person is warned in private"):
            await self.moderate("WARN", channelId=self.room)
            room = await self.hugo.is_invited(by=BOT)
            await self.hugo.join(room)
            await self.hugo.sees("A warning about workshop: too loud", by="outboard-asker")
        # Who may change power levels: as much as people have who make rooms.
        await self.gina.set_power(self.room, BOT, 100)
        async with self.check("a person is muted, and speaks again when the time is over") as notes:
            await self.moderate("MUTE", channelId=self.room, durationUs=3_000_000)
            begun = time.monotonic()
            sent = await self.hugo.send(self.room, "am I muted?")
            expect(sent.refusal.startswith("M_FORBIDDEN"), f"could speak: {sent}")
            found = await self.ask("Users.Get", id=self.hugo.id)
            expect(found["mutedUntilUs"] != "0", f"{found}")
            await soon("hugo may speak", self.may_speak)
            notes.append(f"after {time.monotonic() - begun:.1f} s of 3")
            users = (await self.state("m.room.power_levels"))["users"]
            expect(self.hugo.id not in users, f"{users}")
        async with self.check("a mute is taken back"):
            await self.moderate("MUTE", channelId=self.room, durationUs=3_600_000_000)
            await self.moderate("UNMUTE", channelId=self.room)
            expect(bool((await self.hugo.send(self.room, "again")).event_id), "still muted")
        async with self.check("a person is sent out, banned, and let in again"):
            await self.moderate("KICK", channelId=self.room)
            member = await self.state("m.room.member", self.hugo.id)
            expect((member["membership"], member["reason"]) == ("leave", "too loud"), f"{member}")
            await self.hugo.join(self.room)
            await self.moderate("BAN", channelId=self.room)
            expect(not await self.hugo.can_join(self.room), "came in though banned")
            await self.moderate("UNBAN", channelId=self.room)
            await self.hugo.join(self.room)
        async with self.check("a ban for a time ends by itself"):
            await self.moderate("BAN", channelId=self.room, durationUs=1_500_000)
            await soon("hugo is in again", lambda: self.hugo.can_join(self.room))

    async def moderate(self, act: str, **more: Any) -> None:
        request = {"userId": self.hugo.id, "act": f"MODERATION_ACT_{act}", "reason": "too loud"}
        await self.ask("Users.Moderate", **request, **more)

    async def may_speak(self) -> bool:
        return bool((await self.hugo.send(self.room, "may I?")).event_id)

    # --- Files ----------------------------------------------------------------------------------

    async def files(self) -> None:
        async with self.check("a file is uploaded, looked at, downloaded and attached"):
            begin = {"name": "rows.bin", "mime": "application/x-rows", "sizeBytes": _FILE}
            kept = await self.ask("Files.Upload", begin=begin, size=_FILE)
            file = kept["file"]
            expect(file["id"].startswith("mxc://localhost/"), f"{kept}")
            expect(kept["uploadedBy"]["id"] == BOT, f"{kept}")
            looked = await self.ask("Files.Stat", fileId=file["id"])
            expect(looked == kept and int(file["sizeBytes"]) == _FILE, f"{looked}")
            got = await self.ask("Files.Download", fileId=file["id"])
            expect(got == {"size": _FILE, "head": "AAECAwQFBgc="}, f"{got}")
            said = await self.say("as promised", attachments=[{"id": file["id"]}])
            content = await self.content(said)
            expect(content["msgtype"] == "m.file" and content["url"] == file["id"], f"{content}")
            expect((content["body"], content["filename"]) == ("as promised", "rows.bin"), "names")
            expect(content["info"] == {"mimetype": "application/x-rows", "size": _FILE}, "info")
            await self.refused("NOT_FOUND", "Files.Stat", fileId="mxc://localhost/nothing")
            await self.refused("NOT_FOUND", "Files.Stat", fileId="mxc://localhost/../homeserver")

    # --- Bad input ------------------------------------------------------------------------------

    async def bad_input(self) -> None:
        # I105
        async with self.check("a room and a message that are not there are not found"):
            await self.refused("NOT_FOUND", "Channels.Get", id="!none:localhost")
            nowhere = {"channelId": "!none:localhost", "body": {"plain": "x"}}
            await self.refused("NOT_FOUND", "Messages.Send", **nowhere)
            await self.refused("NOT_FOUND", "Messages.List", channelId="!none:localhost")
            other = await self.gina.create_room("elsewhere")
            foreign = (await self.gina.send(other, "over there")).event_id
            await self.refused("NOT_FOUND", "Messages.Get", **self.here(foreign))
            await self.refused("NOT_FOUND", "Messages.React", **self.here(foreign, reaction="👍"))
            await self.refused("NOT_FOUND", "Messages.Delete", **self.here(foreign))
            request = {"channelId": self.room, "before": foreign}
            await self.refused("NOT_FOUND", "Messages.List", **request)
            answer = {"channelId": self.room, "body": {"plain": "x"}, "replyTo": foreign}
            await self.refused("NOT_FOUND", "Messages.Send", **answer)
        async with self.check("a deleted message is not found"):
            gone = (await self.gina.send(self.room, "gone in a moment")).event_id
            await self.gina.redact(self.room, gone)
            for what, more in (
                ("Messages.Get", {}),
                ("Messages.React", {"reaction": "👍"}),
                ("Messages.Delete", {}),
                ("Channels.Pin", {}),
            ):
                await self.refused("NOT_FOUND", what, **self.here(gone, **more))
        async with self.check("what the bot has not the power for is refused in words") as notes:
            act = {"userId": self.gina.id, "act": "MODERATION_ACT_KICK", "reason": "a coup"}
            request = {**act, "channelId": self.room}
            notes.append(await self.refused("FAILED_PRECONDITION", "Users.Moderate", **request))
            mute = {**act, "act": "MODERATION_ACT_MUTE", "durationUs": 60_000_000}
            await self.refused("FAILED_PRECONDITION", "Users.Moderate", **mute, channelId=self.room)
            await self.refused("FAILED_PRECONDITION", "Users.Moderate", **mute)
        async with self.check("who has left is neither sent out nor muted"):
            await self.hugo.leave(self.room)
            act = {"userId": self.hugo.id, "channelId": self.room, "reason": "gone"}
            for more in (
                {"act": "MODERATION_ACT_KICK"},
                {"act": "MODERATION_ACT_MUTE", "durationUs": 60_000_000},
                {"act": "MODERATION_ACT_UNBAN"},
            ):
                await self.refused("FAILED_PRECONDITION", "Users.Moderate", **act, **more)
        async with self.check("a topic too long is refused, and the old one stays"):
            topic = {"channelId": self.room, "topic": "x" * 1025}
            await self.refused("INVALID_ARGUMENT", "Channels.SetTopic", **topic)
            expect((await self.state("m.room.topic"))["topic"] == "work", "it changed")
        async with self.check("a private room without the bot is closed to the plugin") as notes:
            private = await self.gina.create_private_room()
            secret = (await self.gina.send(private, "a secret")).event_id
            code, where = "FAILED_PRECONDITION", {"channelId": private}
            notes.append(await self.refused(code, "Messages.List", **where))
            await self.refused(code, "Messages.Get", **where, messageId=secret)
            await self.refused(code, "Messages.Search", **where, text="secret")
            await self.refused("NOT_FOUND", "Channels.Get", id=private)
            found = (await self.ask("Messages.Search", text="secret")).get("messages", [])
            expect(all(it["channel"]["id"] == self.room for it in found), f"{found}")
        async with self.check("what is not in Matrix is said to be unsupported"):
            request = {"channelId": self.room, "onlyTo": self.gina.id, "body": {"plain": "psst"}}
            await self.refused("UNIMPLEMENTED", "Messages.Send", **request)


async def soon(what: str, is_so: Callable[[], Awaitable[bool]]) -> None:
    """Asks until it is so."""
    end = time.monotonic() + PATIENCE
    while not await is_so():
        expect(time.monotonic() < end, f"{what}: not within {PATIENCE} s")
        await asyncio.sleep(0.1)


def _plain(page: dict[str, Any]) -> list[str]:
    return [message["body"]["plain"] for message in page.get("messages", ())]
