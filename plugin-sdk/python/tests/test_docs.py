"""The plugins of the README and of the guide are whole: they are tried as a reader would."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from outboard_plugin.test import Harness

PAGE = Path(__file__).resolve().parents[1] / "README.md"
GUIDE = Path(__file__).resolve().parents[3] / "docs" / "writing-a-plugin.md"


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
    (code,) = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.M | re.S)
    module: dict[str, object] = {"__name__": "guide"}
    exec(code, module)
    async with Harness(module["plugin"]) as daemon:
        assert (await daemon.command("vote", drink="tea", cups=2)).text == "2 for tea"
        assert (await daemon.command("vote", drink="mud")).is_refusal
        assert (await daemon.command("vote", drink="tea", cups=4)).text.startswith("Three cups")
        assert daemon.emitted == [("voted", {"who": "ada", "for": "tea"})]
        assert (await daemon.command("story")).text == "Once upon a time."
        assert (await daemon.command("bake")).is_deferred
        assert (await daemon.follow_ups(2))[1].text == "ada, your bread is done."
        await daemon.event("member.joined", sender="bob")
        assert daemon.sent[0].text == "Welcome, bob!"
