"""What plugins ask besides sending: declared by its handler, answered in its kind."""

from __future__ import annotations

import asyncio

from conftest import new_app
from outboard_app import Carries, NotFound, NotItsOwn, app, common, files, operations, transfer
from outboard_app.testing import FakeDaemon


def ask(number: int, key: str = "", **of: object) -> app.DaemonFrame:
    asker = app.Asker(plugin="alpha", manages_messages=False)
    person = common.Sender(id="u-ann")
    request = app.Request(id=number, idempotency_key=key, asker=asker, on_behalf_of=person, **of)
    return app.DaemonFrame(request=request)


async def answers(daemon, count: int) -> list[app.Answer]:
    await daemon.wait_heard("answer", count=count)
    return [frame.answer for frame in daemon.heard("answer")]


async def test_only_what_has_a_handler_is_declared_and_carried_out(socket, daemon):
    edited = []

    async def edit(asked):
        edited.append((asked.plugin, asked.what.message_id, asked.on_behalf_of.id))

    async with new_app(socket, carries=Carries(edit=edit)) as outboard:
        assert await outboard.wait_connected(5)
        hello = daemon.heard("hello")[0].hello
        assert list(hello.operations) == ["messages.edit"]
        change = operations.EditMessage(channel_id="c1", message_id="m1")
        daemon.say(ask(1, "k1", edit=change))
        daemon.say(ask(2, "k1", edit=change))
        daemon.say(ask(3, "k2", delete=operations.DeleteMessage(channel_id="c1")))
        by_id = {answer.id: answer for answer in await answers(daemon, 3)}
    assert edited == [("alpha", "m1", "u-ann")]
    assert by_id[1].HasField("done")
    assert by_id[2].HasField("done")
    assert by_id[3].failure.reason == common.REASON_APP_UNSUPPORTED


async def test_what_the_app_calls_a_bot_goes_with_the_answer_and_the_next_hello(socket, daemon):
    async def edit(asked):
        return None

    def account(plugin, username):
        return f"@{plugin}-{username}:here"

    async with new_app(socket, carries=Carries(edit=edit), bot_account=account) as outboard:
        assert await outboard.wait_connected(5)
        assert not daemon.heard("hello")[0].hello.bots
        asker = app.Asker(plugin="alpha", bot_username="alfie")
        change = operations.EditMessage(channel_id="c1", message_id="m1")
        request = app.Request(id=1, idempotency_key="k1", asker=asker, edit=change)
        daemon.say(app.DaemonFrame(request=request))
        (answer,) = await answers(daemon, 1)
        assert (answer.bot_user_id, answer.HasField("done")) == ("@alpha-alfie:here", True)
        await daemon.stop()
        again = FakeDaemon(socket)
        await again.start()
        hello = (await again.wait_heard("hello")).hello
        await again.stop()
    assert dict(hello.bots) == {"alfie": "@alpha-alfie:here"}


async def test_what_was_growing_when_the_daemon_went_away_is_ended(socket, daemon):
    steps: list[tuple[str, str, int]] = []
    late, ended, go_on, over = (asyncio.Event() for _ in range(4))

    async def upload(asked):
        step, end = asked.what.WhichOneof("step"), asked.what.end
        if step == "begin" and asked.what.begin.file.name == "late":
            late.set()
            await go_on.wait()
        steps.append((step, end.upload_id, end.abort.reason))
        if end.upload_id:
            (ended if end.upload_id == "one" else over).set()
        return transfer.Uploaded(upload_id=asked.what.begin.file.name)

    def beginning(name):
        file = common.Attachment(name=name)
        return transfer.UploadFile(begin=transfer.UploadFileBegin(file=file))

    async with new_app(socket, carries=Carries(upload_file=upload)) as outboard:
        assert await outboard.wait_connected(5)
        daemon.say(ask(1, upload_file=beginning("one")))
        await answers(daemon, 1)
        daemon.say(ask(2, upload_file=beginning("late")))
        await late.wait()
        await daemon.stop()
        await asyncio.wait_for(ended.wait(), 10)
        go_on.set()
        await asyncio.wait_for(over.wait(), 10)
    gone = common.REASON_BODY_ABANDONED
    assert steps[1:] == [("end", "one", gone), ("begin", "", 0), ("end", "late", gone)]


async def test_a_page_is_cut_to_what_fits_a_frame(socket, daemon):
    async def history(asked):
        body = common.Body(plain="x" * 9_000)
        all_of_it = [common.Message(id=f"m{n}", body=body) for n in range(asked.what.most)]
        return operations.MessagePage(messages=all_of_it)

    async with new_app(socket, carries=Carries(list_messages=history)) as outboard:
        assert await outboard.wait_connected(5)
        daemon.say(ask(1, list_messages=operations.ListMessages(channel_id="c1", most=100)))
        (answer,) = await answers(daemon, 1)
    assert (len(answer.messages.messages), answer.messages.more) == (7, True)


async def test_acts_of_moderation_have_a_handler_each_and_refusals_their_reasons(socket, daemon):
    async def ban(asked):
        raise NotFound("there is no " + asked.what.user_id)

    async def edit(asked):
        raise NotItsOwn("ann wrote it")

    carries = Carries(ban=ban, edit=edit)
    async with new_app(socket, carries=carries) as outboard:
        assert await outboard.wait_connected(5)
        act = operations.MODERATION_ACT_BAN
        daemon.say(ask(1, "k1", moderate=operations.ModerateUser(user_id="u9", act=act)))
        act = operations.MODERATION_ACT_KICK
        daemon.say(ask(2, "k2", moderate=operations.ModerateUser(user_id="u9", act=act)))
        daemon.say(ask(3, "k3", edit=operations.EditMessage()))
        reasons = {answer.id: answer.failure.reason for answer in await answers(daemon, 3)}
    assert reasons == {
        1: common.REASON_NOT_FOUND,
        2: common.REASON_APP_UNSUPPORTED,
        3: common.REASON_NOT_ITS_OWN,
    }


async def test_files_are_given_and_taken_piece_by_piece(socket, daemon):
    content, taken = b"abcdef", []

    async def stat(asked):
        if asked.what.file_id != "f1":
            raise NotFound("there is no " + asked.what.file_id)
        return files.FileInfo(file=common.Attachment(id="f1", size_bytes=len(content)))

    async def read(asked):
        at, most = asked.what.offset, asked.what.most
        return transfer.FilePiece(data=content[at : at + most], last=at + most >= len(content))

    async def upload(asked):
        taken.append(asked.what.WhichOneof("step"))
        return transfer.Uploaded(upload_id="u1")

    carries = Carries(stat_file=stat, read_file=read, upload_file=upload)
    async with new_app(socket, carries=carries) as outboard:
        assert await outboard.wait_connected(5)
        hello = daemon.heard("hello")[0].hello
        assert list(hello.operations) == ["files.stat", "files.download", "files.upload"]
        daemon.say(ask(1, stat_file=files.StatFile(file_id="f1")))
        daemon.say(ask(2, stat_file=files.StatFile(file_id="f2")))
        daemon.say(ask(3, read_file=transfer.ReadFile(file_id="f1", offset=4, most=4)))
        begin = transfer.UploadFile(begin=transfer.UploadFileBegin())
        daemon.say(ask(4, upload_file=begin))
        by_id = {answer.id: answer for answer in await answers(daemon, 4)}
        assert by_id[1].file.file.size_bytes == 6
        assert by_id[2].failure.reason == common.REASON_NOT_FOUND
        assert (by_id[3].file_piece.data, by_id[3].file_piece.last) == (b"ef", True)
        assert (by_id[4].uploaded.upload_id, taken) == ("u1", ["begin"])


async def test_one_transfer_waits_for_no_other(socket, daemon):
    gate = asyncio.Event()

    async def upload(asked):
        upload_id = asked.what.more.upload_id
        if upload_id == "slow":
            await gate.wait()
        return transfer.Uploaded(upload_id=upload_id)

    async with new_app(socket, carries=Carries(upload_file=upload)) as outboard:
        assert await outboard.wait_connected(5)
        for number, upload_id in enumerate(("slow", "quick"), start=1):
            more = transfer.UploadFileMore(upload_id=upload_id)
            daemon.say(ask(number, upload_file=transfer.UploadFile(more=more)))
        assert (await answers(daemon, 1))[0].uploaded.upload_id == "quick"
        gate.set()
        await answers(daemon, 2)
