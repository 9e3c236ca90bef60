"""Plugins for chat servers under Outboard.

The public names, and nothing else. `common` and `wire` hold the wire's messages; `test` has a
daemon for unit tests.
"""

from outboard_plugin.asked import Action, Command, Event, Hook, PluginCall, Typing
from outboard_plugin.bodies import BrokenOff
from outboard_plugin.body import html, markdown
from outboard_plugin.context import Context
from outboard_plugin.error import Fatal, HostError, NotStarted, Refusal, SessionLost
from outboard_plugin.forms import Field, Modal
from outboard_plugin.grants import GrantsChange
from outboard_plugin.host import Host
from outboard_plugin.http import Request, Response, is_signed, sign
from outboard_plugin.interaction import Later, Stream
from outboard_plugin.lifecycle import Milestone, Start
from outboard_plugin.places import SettingsRegistered
from outboard_plugin.plugin import Plugin
from outboard_plugin.process import Environment
from outboard_plugin.reply import Reply, deferred, nothing, refuse, whisper
from outboard_plugin.settings import SettingsChange
from outboard_plugin.storage import Change, Entry, News, Storage, Written
from outboard_plugin.ui import Blocks, Component, Ui, When
from outboard_plugin.verdict import Verdict, handled, hold, proceed, reject, replace
from outboard_plugin.wire import common, operations, stored, wire

__all__ = [
    "Action",
    "Blocks",
    "BrokenOff",
    "Change",
    "Command",
    "Component",
    "Context",
    "Entry",
    "Environment",
    "Event",
    "Fatal",
    "Field",
    "GrantsChange",
    "Hook",
    "Host",
    "HostError",
    "Later",
    "Milestone",
    "Modal",
    "News",
    "NotStarted",
    "Plugin",
    "PluginCall",
    "Refusal",
    "Reply",
    "Request",
    "Response",
    "SessionLost",
    "SettingsChange",
    "SettingsRegistered",
    "Start",
    "Storage",
    "Stream",
    "Typing",
    "Ui",
    "Verdict",
    "When",
    "Written",
    "common",
    "deferred",
    "handled",
    "hold",
    "html",
    "is_signed",
    "markdown",
    "nothing",
    "operations",
    "proceed",
    "refuse",
    "reject",
    "replace",
    "sign",
    "stored",
    "whisper",
    "wire",
]
