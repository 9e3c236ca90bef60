"""The plugin of the README is whole: it is tested by its own test, as a reader would."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "README.md"


def test_the_readmes_plugin_passes_its_own_test(tmp_path):
    blocks = re.findall(r"^```(?:python|toml)\n(.*?)^```", PAGE.read_text(), re.M | re.S)
    for name, text in zip(("parrot.py", "plugin.toml", "test_parrot.py"), blocks, strict=True):
        (tmp_path / name).write_text(text)
    ran = subprocess.run(
        [sys.executable, "-m", "unittest", "-q"], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert "Ran 1 test" in ran.stderr
