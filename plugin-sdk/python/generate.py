"""Regenerates the committed Python bindings.

Knows where the descriptors are and where the bindings go; refuses to know what is in them. It
reads the committed descriptor set, so that every language is generated from one reading of the
protos. Run it as `python generate.py` with the `dev` extra installed; a test runs it into a
temporary folder and compares.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from grpc_tools import protoc

HERE = Path(__file__).resolve().parent
DESCRIPTORS = HERE.parent.parent / "proto" / "gen" / "descriptors.bin"
PACKAGE = "outboard_plugin._proto"
TARGET = HERE / "src" / "outboard_plugin" / "_proto"
PROTOS = HERE.parent.parent / "proto"
SOURCES = tuple(
    source.relative_to(PROTOS).as_posix()
    for part in ("common", "plugin")
    for source in sorted((PROTOS / "outboard" / part / "v1").glob("*.proto"))
)


def generate(target: Path) -> None:
    """Writes the bindings of every source below `target`."""
    target.mkdir(parents=True, exist_ok=True)
    outputs = [f"--python_out={target}", f"--pyi_out={target}"]
    if protoc.main(["protoc", f"--descriptor_set_in={DESCRIPTORS}", *outputs, *SOURCES]) != 0:
        raise SystemExit(f"protoc refused {DESCRIPTORS}")
    for file in generated(target):
        file.write_text(_into_package(file.read_text()))


def generated(target: Path) -> Iterator[Path]:
    """Every file that `generate` writes."""
    for source in SOURCES:
        stem = target / source.removesuffix(".proto")
        yield stem.with_name(stem.name + "_pb2.py")
        yield stem.with_name(stem.name + "_pb2.pyi")


def _into_package(text: str) -> str:
    """Protoc imports by proto path; inside a package that path needs a prefix."""
    return re.sub(r"^from outboard\.", f"from {PACKAGE}.outboard.", text, flags=re.MULTILINE)


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
