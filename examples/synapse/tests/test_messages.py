"""Messages become Matrix content and come back the same."""

import pytest
from outboard_app import NotFound, common

from outboard_synapse import messages

ORIGIN = common.Origin(plugin="dice", version="1.0.0", hops=1, chain=["dice"])
FILES = {
    "mxc://here/cat": common.Attachment(
        id="mxc://here/cat", name="cat.png", mime="image/png", size_bytes=7
    ),
    "mxc://here/log": common.Attachment(
        id="mxc://here/log", name="log", mime="text/plain", size_bytes=9
    ),
}


async def find(file_id):
    return FILES.get(file_id)


def said(**more):
    return common.Message(body=common.Body(plain="hello"), origin=ORIGIN, **more)


def test_an_answer_in_a_thread_is_an_answer_there_for_clients_that_know_none():
    content = messages.content_of(said(thread_root="$root"))
    relates = content["m.relates_to"]
    assert relates == {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$root"},
    }
    assert messages.thread_and_reply(content) == ("$root", "")


def test_an_answer_in_a_thread_to_one_message_answers_that_one():
    content = messages.content_of(said(thread_root="$root", reply_to="$one"))
    assert messages.thread_and_reply(content) == ("$root", "$one")


def test_who_made_it_comes_back():
    assert messages.origin(messages.content_of(said())) == ORIGIN


async def test_each_file_has_a_message_and_the_first_the_text():
    message = said(attachments=[common.Attachment(id=file_id) for file_id in FILES])
    first, second = await messages.contents_of(message, find)
    assert (first["msgtype"], first["body"], first["filename"]) == ("m.image", "hello", "cat.png")
    assert first["info"] == {"mimetype": "image/png", "size": 7}
    assert (second["msgtype"], second["body"], second["url"]) == ("m.file", "log", "mxc://here/log")
    assert messages.attachments(first)[0].id == "mxc://here/cat"


async def test_a_file_that_is_not_there_is_not_found():
    message = said(attachments=[common.Attachment(id="mxc://here/none")])
    with pytest.raises(NotFound, match="mxc://here/none"):
        await messages.contents_of(message, find)


def test_an_edit_says_the_new_text_in_all_renderings_and_keeps_no_old_relation():
    stored = messages.content_of(said(thread_root="$root"))
    edit = messages.edit_of(stored, "$it", common.Body(html="<b>bye</b>"))
    new = edit["m.new_content"]
    assert (new["body"], new["formatted_body"], edit["body"]) == ("bye", "<b>bye</b>", "* bye")
    assert "m.relates_to" not in new
    assert "formatted_body" not in edit
    assert edit["m.relates_to"] == {"rel_type": "m.replace", "event_id": "$it"}
    assert messages.edited(edit) == "$it"
    plain = messages.edit_of(new, "$it", common.Body(plain="or not"))["m.new_content"]
    assert "formatted_body" not in plain


def test_relations_of_another_shape_are_none():
    for relates in (None, "x", [], {"m.in_reply_to": "x"}, {"rel_type": "m.thread"}):
        assert messages.thread_and_reply({"m.relates_to": relates}) == ("", "")


def test_whom_a_message_means_is_what_its_client_says_and_nothing_else():
    def named(said):
        return [it.user_id for it in messages.mentions({"m.mentions": said})]

    assert named({"user_ids": ["@ada:here", 7, "@bob:here"]}) == ["@ada:here", "@bob:here"]
    assert len(named({"user_ids": ["@ada:here"] * 100})) == 64
    assert named({"user_ids": "@ada:here"}) == named({}) == named(None) == []
