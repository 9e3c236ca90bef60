"""The daemon, its configuration and its plugins, as an operator would run them.

Refuses to know Matrix.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from processes import Process, wait_until

PLUGINS = ("moderator", "welcome", "dice", "oracle", "python-plain", "asker")


class Outboard:
    """One daemon in folders of its own. It may be killed and started again."""

    def __init__(self, binaries: Path, root: Path, work: Path) -> None:
        self._binaries = binaries
        self._root = root
        self._work = work
        self._daemon: Process | None = None
        self.runtime = work / "run"
        self.app_socket = self.runtime / "app.sock"
        # Plugins may have users of their own, who must find the way to their folders.
        work.chmod(0o711)
        for folder in ("conf", "run", "plugins"):
            (work / folder).mkdir(mode=0o755)
        self.configure()

    def configure(self, closed: bool = False) -> None:
        """Writes outboard.toml; `closed` makes the moderator's hook closed."""
        lines = ["[runtimes]", f'python3 = "{sys.executable}"']
        if os.geteuid() == 0:
            lines += ["[daemon]", "allow_root_plugins = true"]
        if closed:
            lines += ['[plugins."moderator"]', 'closed = ["message.before_post"]']
        (self._work / "conf" / "outboard.toml").write_text("\n".join(lines) + "\n")

    @property
    def daemon(self) -> Process:
        assert self._daemon is not None, "start() comes first"
        return self._daemon

    def start(self) -> None:
        """Starts the daemon; returns when it answers."""
        folders = [f"--{key}={self._work / name}" for key, name in _FOLDERS.items()]
        program = self._binaries / "outboardd"
        command = [*_as_whom(), program, *folders]
        self._daemon = Process("outboardd", command, self._work / "outboardd.log")
        wait_until("the daemon answers", self._answers)

    def stop(self) -> None:
        """Stops the daemon, and with it the plugins."""
        if self._daemon is not None:
            self._daemon.stop()

    def load_plugins(self) -> None:
        """Puts each plugin's folder together and loads it."""
        for name in PLUGINS:
            self.cli("load", str(self._folder(name)), "--grant", "asked")

    def wait_running(self, name: str, timeout: float = 40) -> None:
        """Waits until a plugin is ready."""
        wait_until(f"{name} runs", lambda: self.status(name)["state"] == "running", timeout)

    def status(self, name: str) -> dict:
        """What the daemon says of a plugin."""
        return json.loads(self.cli("--output", "json", "status", name))

    def pid(self, name: str) -> int:
        """The plugin's process."""
        return int(self.status(name)["pid"])

    def cli(self, *arguments: str) -> str:
        """Runs `outboard`; its output. Raises RuntimeError with its words."""
        command = [self._binaries / "outboard", "--socket", self.runtime / "admin.sock", *arguments]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if ran.returncode != 0:
            words = (ran.stderr or ran.stdout).strip()
            raise RuntimeError(f"outboard {' '.join(arguments)}: {words}")
        return ran.stdout

    def _answers(self) -> bool:
        if not self.daemon.running:
            raise RuntimeError(f"the daemon ended:\n{self.daemon.tail()}")
        try:
            self.cli("--output", "json", "list")
        except RuntimeError:
            return False
        return True

    def _folder(self, name: str) -> Path:
        folder = self._work / "plugins" / name
        example = self._root / "examples" / name
        plain = self._root / "examples" / "python-plain"
        if name in ("python-plain", "asker"):
            shutil.copytree(plain, folder, ignore=shutil.ignore_patterns("tests", "__pycache__"))
        if name == "asker":
            # On the same bindings and session.
            shutil.copytree(Path(__file__).parent / name, folder, dirs_exist_ok=True)
        if folder.exists():
            return folder
        folder.mkdir()
        shutil.copy(example / "plugin.toml", folder)
        shutil.copy(self._binaries / name, folder / name)
        return folder


def _as_whom() -> list[str]:
    """Root gives each plugin a user of its own, unless those could not read the interpreter: one
    below somebody's home, say. Then it must do without the right to change users."""
    if os.geteuid() != 0:
        return []
    as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if (
        subprocess.run([*as_nobody, sys.executable, "-c", "import grpc"], check=False).returncode
        == 0
    ):
        return []
    print("plugins run as root: others cannot read", sys.executable, file=sys.stderr)
    return ["setpriv", "--bounding-set=-setuid,-setgid", "--inh-caps=-setuid,-setgid"]


_FOLDERS = {"config": "conf", "state": "state", "runtime": "run"}
