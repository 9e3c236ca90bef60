"""A daemon for unit tests of plugins: in the test's own process, over a real socket.

    async with Harness(plugin) as daemon:
        verdict = await daemon.hook("message.before_post", text="oh darn")
        assert verdict.replaced == "oh d**n"

Refuses to know permissions and filters: what is called here is handled.
"""

from outboard_plugin.test.daemon import FakeDaemon
from outboard_plugin.test.harness import Harness
from outboard_plugin.test.host import Decided, Emitted, FollowUp, Sent, Tracked
from outboard_plugin.test.life import Refused
from outboard_plugin.test.outcome import Failed, HttpAnswer, Outcome
from outboard_plugin.test.things import What, message, payload_of, person, place

__all__ = [
    "Decided",
    "Emitted",
    "Failed",
    "FakeDaemon",
    "FollowUp",
    "Harness",
    "HttpAnswer",
    "Outcome",
    "Refused",
    "Sent",
    "Tracked",
    "What",
    "message",
    "payload_of",
    "person",
    "place",
]
