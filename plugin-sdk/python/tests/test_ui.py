"""What a plugin shows, what people do to it, and forms."""

from __future__ import annotations

import pytest

from outboard_plugin import Blocks, Component, Field, Modal, Plugin, Refusal, Reply, When
from outboard_plugin.test import Failed, Harness
from outboard_plugin.wire import shown


def poll() -> Plugin:
    plugin = Plugin()

    @plugin.action("new")
    async def new(ctx):
        question = Field("question", "Question", required=True, min=1, max=120)
        drinks = {"tea": "Tea", "coffee": "Coffee"}
        first = Field("first", "First", "select", options=drinks, initial="tea")
        cups = Field("cups", "Cups", "integer", min=1, initial=2, placeholder="how many")
        hot = Field("hot", "Hot", "boolean", initial=True, description="or not")
        return Modal("new-poll", "New poll", [question, first, cups, hot], submit="Ask", state="s")

    @plugin.modal("new-poll")
    async def ask(ctx, question: str, cups: int = 1):
        if question == "?":
            raise Refusal("That is no question.")
        blocks = Blocks().heading(question).button("Yes", "vote", value="yes", note="0", percent=7)
        assert await ctx.ui.update("votes", blocks) > 0
        await ctx.storage.set("asked", [question, cups, ctx.state, ctx.modal, dict(ctx.values)])

    @plugin.action("votes")
    def vote(ctx, choice: str = ""):
        return f"{ctx.sender.name} {ctx.name} {ctx.pressed} {choice} at {ctx.message_id}".rstrip()

    return plugin


async def test_a_press_opens_a_form_and_the_form_changes_what_is_shown():
    async with Harness(poll()) as daemon:
        form = (await daemon.press("new", "new")).opened
        assert (form.id, form.fields) == ("new-poll", ["question", "first", "cups", "hot"])
        reply = await daemon.submit("new-poll", state="s", question="Tea?", cups=3)
        assert (reply.text, reply.opened) == ("", None)
        assert daemon.shown("votes").says("Tea?")
        assert not daemon.shown("votes").says("Coffee?")
        values = {"question": "Tea?", "cups": 3}
        assert daemon.storage["asked"] == ["Tea?", 3, "s", "new-poll", values]
        assert (await daemon.press("votes", "vote", "yes", choice="tea", message_id="m")).text == (
            "ada vote yes tea at m"
        )


async def test_a_form_is_said_to_the_app_as_it_was_made():
    async with Harness(poll()) as daemon:
        form = (await daemon.press("new", "new")).opened.wire
    question, first, cups, hot = form.fields
    assert (question.kind, question.required, question.max) == (
        shown.MODAL_FIELD_KIND_STRING,
        True,
        120,
    )
    assert [(it.value, it.label) for it in first.options] == [("tea", "Tea"), ("coffee", "Coffee")]
    assert (cups.kind, cups.initial, cups.HasField("max")) == (
        shown.MODAL_FIELD_KIND_INTEGER,
        "2",
        False,
    )
    assert (hot.initial, hot.description, form.submit, form.state) == ("true", "or not", "Ask", "s")


async def test_what_is_wrong_with_a_form_is_told_to_who_sent_it():
    async with Harness(poll()) as daemon:
        reply = await daemon.submit("new-poll", question="?")
        assert (reply.is_refusal, reply.text) == (True, "That is no question.")
        assert daemon.shown("votes") is None
        with pytest.raises(Failed, match="NOT_SUPPORTED: the plugin has no handler for form other"):
            await daemon.submit("other")
        with pytest.raises(Failed, match="no handler for ui action other"):
            await daemon.press("other", "press")


async def test_a_reply_may_say_something_and_open_a_form():
    plugin = Plugin()

    @plugin.command("new")
    async def new(ctx):
        return Reply("A form would be better.", modal=Modal("form", "Form", text="Say it here."))

    @plugin.command("silent")
    async def silent(ctx):
        pass

    async with Harness(plugin) as daemon:
        reply = await daemon.command("new")
        assert (reply.text, reply.opened.wire.text) == ("A form would be better.", "Say it here.")
        # A command that says nothing has forgotten to.
        with pytest.raises(Failed, match=r"or what ctx.defer\(…\) returns, not NoneType"):
            await daemon.command("silent")


async def test_more_is_shown_told_and_taken_away():
    plugin = Plugin()

    @plugin.on_start
    async def start(it):
        seen = Blocks().text("nobody yet", "note")
        when = When(roles=["member"], channels=["town-*"])
        await it.ui.show(Component("seen", "sidebar", "Seen", seen, icon="👀", when=when))
        await it.ui.show(Component.page("chart", "composer", "Chart", "web/c.html", {"n": 0}))
        await it.ui.show(Component.entry("go", "channel_header", "Go", "go"))

    @plugin.event("message.posted")
    async def heard(ctx):
        await ctx.ui.tell_page("chart", {"n": 1})
        await ctx.ui.remove("seen")

    async with Harness(plugin) as daemon:
        assert daemon.shown("seen").says("nobody")
        assert daemon.page("chart") == {"n": 0}
        await daemon.event("message.posted", "hi")
        assert (daemon.shown("seen"), daemon.page("chart")) == (None, {"n": 1})
        daemon.refuse("BAD_CONTRIBUTION", "too deep")
        with pytest.raises(Failed, match="BAD_CONTRIBUTION: too deep"):
            await daemon.event("message.posted", "hi")


def test_blocks_are_what_the_wire_has_and_never_change():
    one = Blocks().text("one")
    two = (
        one.note("two")
        .row(Blocks().link("out", "https://example.com").image("asset:a.png", "an a"))
        .section("more", Blocks().input("name", "Name", most=10, multiline=True))
        .select("drink", "Drink", ["tea"], initial="tea", action="drink")
        .table(["who", "n"], [["ada", 1]])
        .button("Drop", "drop", style="danger")
    )
    assert len(one.wire.blocks) == 1
    kinds = [block.WhichOneof("of") for block in two.wire.blocks]
    assert kinds == ["text", "text", "section", "section", "select", "table", "button"]
    assert two.wire.blocks[1].text.style == shown.UI_STYLE_NOTE
    assert two.wire.blocks[2].section.row
    assert two.wire.blocks[6].button.style == shown.UI_STYLE_DANGER
    for said in ("one", "out", "more", "ada", "1", "Drop"):
        assert two.says(said), said
