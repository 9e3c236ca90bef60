"""Connects a Python chat server to Outboard.

The public names, and nothing else. `App` is for asyncio, `ThreadedApp` for everything else;
`common` and `app` hold the wire's messages.
"""

from outboard_app.app import App
from outboard_app.operations import Asked, Carries
from outboard_app.outcome import (
    CommandOutcome,
    DecidedBy,
    Decision,
    Held,
    HttpAnswer,
    Outcome,
    Published,
    text_of,
)
from outboard_app.requests import Decided, FollowUp, NotFound, NotItsOwn, Refusal, SendRequest
from outboard_app.settings import Saved, SettingsError, for_channel, for_user, for_workspace
from outboard_app.shown import Asset, NoAsset, Shown
from outboard_app.signs import Piece
from outboard_app.threaded import ThreadedApp
from outboard_app.wire import app, common, common_ui, files, operations, transfer

__all__ = [
    "App",
    "Asked",
    "Asset",
    "Carries",
    "CommandOutcome",
    "Decided",
    "DecidedBy",
    "Decision",
    "Held",
    "HttpAnswer",
    "FollowUp",
    "NoAsset",
    "NotFound",
    "NotItsOwn",
    "Outcome",
    "Piece",
    "Published",
    "Refusal",
    "Saved",
    "SendRequest",
    "SettingsError",
    "Shown",
    "ThreadedApp",
    "app",
    "common",
    "common_ui",
    "files",
    "for_channel",
    "for_user",
    "for_workspace",
    "operations",
    "text_of",
    "transfer",
]
