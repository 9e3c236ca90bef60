"""What the greeter says, tried on a daemon in the test's own process."""

import unittest

from outboard_plugin.test import Failed, Harness

from greeter import plugin


class Greeter(unittest.IsolatedAsyncioTestCase):
    async def test_whoever_joins_is_welcomed(self):
        async with Harness(plugin) as daemon:
            await daemon.event("member.joined", sender="bob")
            self.assertEqual(daemon.sent[0].text, "Welcome, bob!")

    async def test_whoever_comes_back_is_told_so(self):
        async with Harness(plugin) as daemon:
            daemon.storage["seen/bob"] = (2, "another event")
            await daemon.event("member.joined", sender="bob")
            self.assertEqual(daemon.sent[0].text, "Welcome, bob! (no. 3)")

    async def test_an_event_that_comes_twice_counts_once(self):
        async with Harness(plugin) as daemon:
            for attempt in (1, 2):
                await daemon.event("member.joined", sender="bob", attempt=attempt)
            self.assertEqual(daemon.storage["seen/bob"][0], 1)

    async def test_the_words_can_be_set(self):
        async with Harness(plugin) as daemon:
            said = await daemon.command("greeting", words="Hi {name}", sender="ann")
            self.assertEqual(said.text, "From now on: Hi ann")
            await daemon.event("member.joined", sender="bob")
            self.assertEqual(daemon.sent[0].text, "Hi bob")
            self.assertEqual((await daemon.command("greeting")).text, "Hi {name}")

    async def test_words_with_other_braces_are_refused(self):
        async with Harness(plugin) as daemon:
            said = await daemon.command("greeting", words="Hi {nobody}")
            self.assertTrue(said.is_refusal)
            self.assertNotIn("words", daemon.storage)

    async def test_when_nothing_can_be_sent_the_event_comes_again(self):
        async with Harness(plugin) as daemon:
            daemon.refuse("NO_APP", "no chat server is connected")
            with self.assertRaisesRegex(Failed, "NO_APP"):
                await daemon.event("member.joined", sender="bob")
