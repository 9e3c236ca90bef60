"""What the tests share: a fake daemon, and plugin processes started as the real one would."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from pathlib import Path

import pytest

from outboard_plugin.test import FakeDaemon

HERE = Path(__file__).resolve().parent
PLAIN = HERE.parents[2] / "examples" / "python-plain" / "plugin.toml"
DEADLINE = 10


class Started:
    """A plugin's process, and the daemon that it dialled."""

    def __init__(self, daemon: FakeDaemon, folder: Path) -> None:
        self.daemon = daemon
        self.folder = folder

    async def start(self, program: str, *arguments: str, **environment: str) -> None:
        # Nothing but what docs/protocol.md promises.
        promised = {
            "OUTBOARD_SOCKET": self.daemon.socket,
            "OUTBOARD_TOKEN": self.daemon.token,
            "OUTBOARD_PLUGIN": "python-plain",
            "OUTBOARD_DATA_DIR": str(self.folder),
            "OUTBOARD_PROTOCOL": "1",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
        }
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            program,
            *arguments,
            cwd=self.folder,
            env=promised | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def ended(self) -> tuple[int, str]:
        """Its exit code and what it printed."""
        out, _ = await asyncio.wait_for(self.process.communicate(), DEADLINE)
        assert self.process.returncode is not None
        return self.process.returncode, out.decode()

    async def printed(self, line: str) -> None:
        """Waits for a line of its output."""
        while (
            await asyncio.wait_for(self.process.stdout.readline(), DEADLINE) != f"{line}\n".encode()
        ):
            pass


@pytest.fixture
async def started(tmp_path):
    # A socket's path has 107 bytes at most.
    folder = Path(f"/tmp/ob{os.getpid()}-{abs(hash(tmp_path)) % 100_000}")
    shutil.copytree(HERE / "twin", folder)
    shutil.copy(PLAIN, folder)
    daemon = FakeDaemon(str(folder / "s"))
    await daemon.start()
    started = Started(daemon, folder)
    yield started
    if started.process.returncode is None:
        started.process.kill()
        await started.process.wait()
    await daemon.stop()
    shutil.rmtree(folder)


@pytest.fixture
async def twin(started):
    await started.start("plugin.py")
    await started.daemon.hear("ready")
    return started
