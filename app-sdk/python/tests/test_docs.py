"""The examples in the documentation are whole programs, and they run."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from outboard_app import app, common

PAGE = Path(__file__).resolve().parents[3] / "docs" / "connecting-a-chat-server-python.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


async def run(example: str, socket: str, lines: str = "") -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        example.replace("/run/outboard/app.sock", socket),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"OUTBOARD_APP_SOCKET": socket, "PYTHONUNBUFFERED": "1"},
    )
    out, _ = await asyncio.wait_for(process.communicate(lines.encode()), 20)
    assert process.returncode == 0
    return out.decode()


async def test_the_tiny_chat_server_chats(socket, daemon):
    daemon.commands = [common.CommandInfo(name="roll", plugin="dice")]
    reply = common.InteractionReply(body=common.Body(plain="7"))
    daemon.on_command = lambda _: app.CommandResult(plugin="dice", reply=reply)
    printed = await run(EXAMPLES[0], socket, "hello\n/roll 2d6\n")
    assert printed == "Ann: hello\ndice: 7\n"
    assert len(daemon.heard("publish")) == 1


@pytest.mark.parametrize("example", EXAMPLES[1:])
async def test_the_other_examples_run(socket, daemon, example):
    await run(example, socket)
