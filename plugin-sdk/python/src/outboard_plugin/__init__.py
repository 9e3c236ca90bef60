"""Plugins for chat servers under Outboard.

The public names, and nothing else. `common` and `wire` hold the wire's messages; `test` has a
daemon for unit tests.
"""

from outboard_plugin.asked import Action, Command, Event, Hook, PluginCall, Typing
from outboard_plugin.bodies import BrokenOff
from outboard_plugin.body import html, markdown
from outboard_plugin.context import Context
from outboard_plugin.error import Fatal, HostError, NotStarted, Refusal, SessionLost
from outboard_plugin.host import Host
from outboard_plugin.http import Request, Response, is_signed, sign
from outboard_plugin.interaction import Later, Stream
from outboard_plugin.plugin import Plugin
from outboard_plugin.process import Environment, Start
from outboard_plugin.reply import Reply, deferred, refuse, whisper
from outboard_plugin.storage import Change, Entry, News, Storage, Written
from outboard_plugin.verdict import Verdict, handled, hold, proceed, reject, replace
from outboard_plugin.wire import common, operations, stored, wire

__all__ = [
    "Action",
    "BrokenOff",
    "Change",
    "Command",
    "Context",
    "Entry",
    "Environment",
    "Event",
    "Fatal",
    "Hook",
    "Host",
    "HostError",
    "Later",
    "News",
    "NotStarted",
    "Plugin",
    "PluginCall",
    "Refusal",
    "Reply",
    "Request",
    "Response",
    "SessionLost",
    "Start",
    "Storage",
    "Stream",
    "Typing",
    "Verdict",
    "Written",
    "common",
    "deferred",
    "handled",
    "hold",
    "html",
    "is_signed",
    "markdown",
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
