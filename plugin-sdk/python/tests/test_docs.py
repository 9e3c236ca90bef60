"""The plugins of the README and of the guide are whole: they are tried as a reader would."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from outboard_plugin import Plugin
from outboard_plugin.test import Harness, Refused

PAGE = Path(__file__).resolve().parents[1] / "README.md"
DOCS = Path(__file__).resolve().parents[3] / "docs"
GUIDE = DOCS / "writing-a-plugin.md"
UI = DOCS / "ui.md"


def plugin_of(page: Path) -> Plugin:
    (code,) = re.findall(r"^```python\n(.*?)^```", page.read_text(), re.M | re.S)
    module: dict[str, Any] = {"__name__": "guide"}
    # As a file of its own: not with what this one has from the future.
    exec(compile(code, str(page), "exec", dont_inherit=True), module)
    return module["plugin"]


def test_the_readmes_plugin_passes_its_own_test(tmp_path):
    blocks = re.findall(r"^```(?:python|toml)\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    for name, text in zip(("parrot.py", "plugin.toml", "test_parrot.py"), blocks, strict=True):
        (tmp_path / name).write_text(text)
    ran = subprocess.run(
        [sys.executable, "-m", "unittest", "-q"], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert "Ran 1 test" in ran.stderr


async def test_the_guides_plugin_answers():
    async with Harness(plugin_of(GUIDE), settings={"greeting": "Welcome, {name}!"}) as daemon:
        assert (await daemon.command("vote", drink="tea", cups=2)).text == "2 for tea"
        assert (await daemon.command("vote", drink="mud")).is_refusal
        assert (await daemon.command("vote", drink="tea", cups=4)).text.startswith("Three cups")
        assert daemon.emitted == [("voted", {"who": "ada", "for": "tea"})]
        assert (await daemon.command("story")).text == "Once upon a time."
        assert (await daemon.command("bake")).is_deferred
        assert (await daemon.follow_ups(2))[1].text == "ada, your bread is done."
        await daemon.event("member.joined", sender="bob")
        assert daemon.sent[0].text == "Welcome, bob!"
        with pytest.raises(Refused, match="greets nobody"):
            await daemon.change_settings({"greeting": "Hello!"})
        assert (await daemon.press("ask", "ask")).opened.fields == ["question"]
        await daemon.submit("new-poll", question="Tea?")
        assert daemon.shown("poll").says("Tea?")


async def test_what_the_page_about_components_shows_is_shown():
    async with Harness(plugin_of(UI)) as daemon:
        assert (await daemon.press("new", "new")).opened.fields == ["question"]
        await daemon.submit("new-poll", question="Tea?")
        assert daemon.shown("votes").says("Tea?")
        assert (await daemon.press("votes", "vote", "yes")).text == "ada said yes"
