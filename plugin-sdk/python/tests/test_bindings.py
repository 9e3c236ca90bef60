"""The committed bindings are what the generator writes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent.parent


def test_the_bindings_are_fresh(tmp_path):
    pytest.importorskip("grpc_tools")
    spec = importlib.util.spec_from_file_location("generate", HERE / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    generate.generate(tmp_path)
    for fresh in generate.generated(tmp_path):
        committed = generate.TARGET / fresh.relative_to(tmp_path)
        assert committed.read_text() == fresh.read_text(), f"run generate.py: {committed} is stale"
