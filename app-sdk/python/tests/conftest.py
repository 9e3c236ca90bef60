"""What the tests share: a short socket path, a fake daemon, a connected app."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from outboard_app import App, app, common
from outboard_app.testing import FakeDaemon

HOOK = "message.before_post"


@pytest.fixture
def socket() -> Iterator[str]:
    # Not tmp_path: a socket's path has 107 bytes at most.
    with tempfile.TemporaryDirectory(prefix="ob") as folder:
        yield str(Path(folder) / "app.sock")


@pytest.fixture
async def daemon(socket: str) -> AsyncIterator[FakeDaemon]:
    daemon = FakeDaemon(socket)
    await daemon.start()
    yield daemon
    await daemon.stop()


def new_app(socket: str, **more: object) -> App:
    return App(socket, app="test", node="n1", hooks=[HOOK], **more)  # type: ignore[arg-type]


def policy(*, closed: bool = False, intercepted: bool = True, budget: float = 0.5):
    kind = common.FAILURE_POLICY_CLOSED if closed else common.FAILURE_POLICY_OPEN
    return app.HookPolicy(
        hook=HOOK, intercepted=intercepted, policy=kind, budget_us=int(budget * 1e6)
    )


def message(text: str = "hello") -> common.Message:
    return common.Message(
        draft_id="d1", channel=common.Channel(id="c1"), body=common.Body(plain=text)
    )
