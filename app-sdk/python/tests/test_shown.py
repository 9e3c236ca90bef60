"""What plugins show: put together from pieces, and done with as with commands."""

from __future__ import annotations

import asyncio

import pytest

from outboard_app import App, NoAsset, app, common, common_ui
from outboard_app.shown import Board


def listed(revision: int, *ids: str, more: bool = False) -> app.Catalogue:
    shown = [common_ui.UiContribution(plugin="poll", id=id) for id in ids]
    return app.Catalogue(revision=revision, ui=shown, more=more)


def said(id: str, revision: int) -> common_ui.UiContent:
    return common_ui.UiContent(plugin="poll", id=id, revision=revision)


def test_a_list_in_pieces_is_shown_when_it_is_whole():
    seen = []
    board = Board(seen.append)
    assert board.list(listed(1, "a", more=True)) is None
    whole = board.list(listed(1, "b"))
    assert [it.id for it in whole.ui] == ["a", "b"]
    assert [it.id for it in seen[-1].contributions] == ["a", "b"]
    assert len(seen) == 1


def test_the_newest_word_counts_and_goes_with_its_component():
    board = Board(None)
    board.list(listed(1, "a"))
    board.say(said("a", 5))
    board.say(said("a", 4))
    assert board.shown.content("poll", "a").revision == 5
    board.list(listed(2, "b"))
    assert board.shown.content("poll", "a") is None


async def test_a_form_comes_back_with_a_reply_and_its_values_go_with_an_action(socket, daemon):
    def act(action: app.UiAction) -> app.CommandResult:
        if action.modal == "t1":
            text = action.values["question"].string
            return app.CommandResult(reply=common.InteractionReply(body=common.Body(plain=text)))
        modal = common_ui.Modal(title="New poll", token="t1")
        return app.CommandResult(reply=common.InteractionReply(modal=modal))

    daemon.on_action = act
    async with App(socket, app="chat", node="n1", ui=["menu", "modal"]) as outboard:
        assert await outboard.wait_connected(5)
        opened = await outboard.act(app.UiAction(plugin="poll", component="new", action="new"))
        assert opened.modal.title == "New poll"
        values = {"question": common.Value(string="Tea?")}
        filled = app.UiAction(plugin="poll", modal=opened.modal.token, values=values)
        sent = await outboard.act(filled)
        assert sent.text == "Tea?"
        assert sent.modal is None
    assert daemon.heard("hello")[0].hello.ui == ["menu", "modal"]


async def test_contents_arrive_and_a_file_that_nobody_has_is_told(socket, daemon):
    told = asyncio.Event()
    shown = []

    def note(now) -> None:
        shown.append(now)
        if now.content("poll", "w") is not None:
            told.set()

    async with App(socket, app="chat", node="n1", ui=["blocks"], on_shown=note) as outboard:
        assert await outboard.wait_connected(5)
        daemon.say(app.DaemonFrame(catalogue=listed(2, "w")))
        daemon.say(app.DaemonFrame(ui=said("w", 1)))
        await asyncio.wait_for(told.wait(), 5)
        assert outboard.shown.contributions[0].id == "w"
        with pytest.raises(NoAsset):
            await outboard.asset("poll", "0" * 64, timeout=1)
