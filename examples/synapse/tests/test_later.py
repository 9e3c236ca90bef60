"""What is to be taken back is, once and in time, whatever is restarted or fails meanwhile."""

import sqlite3

import pytest

from outboard_synapse.later import Due, Later

MINUTE = 60_000
DAY = 24 * 60 * MINUTE


class Api:
    """As much of Synapse's module API as is used here, with a clock that a test moves."""

    def __init__(self, database):
        self.database = database
        self.now = 1_000
        self.timers = []

    def get_current_time_msec(self):
        return self.now

    async def run_db_interaction(self, _what, work, *of):
        with self.database:
            return work(self.database.cursor(), *of)

    def delayed_background_call(self, msec, work, *of, desc):
        self.timers.append((self.now + msec, work, of))

    async def pass_time(self, msec):
        """Moves the clock, and runs what is due on the way."""
        end = self.now + msec
        while due := [timer for timer in self.timers if timer[0] <= end]:
            first = min(due, key=lambda timer: timer[0])
            self.timers.remove(first)
            self.now = max(self.now, first[0])
            await first[1](*first[2])
        self.now = end


class World:
    """One life of the module, and the next on the same database."""

    def __init__(self, database):
        self.taken_back = []
        self.fails = 0
        self.api = Api(database)
        self.later = Later(self.api)
        self.later.teach("mute", self.take_back)

    async def take_back(self, due):
        if self.fails:
            self.fails -= 1
            raise ValueError("the bot has lost its power")
        self.taken_back.append((self.api.now, due.user_id))

    def restart(self):
        again = World(self.api.database)
        again.api.now = self.api.now
        return again


@pytest.fixture
def world():
    return World(sqlite3.connect(":memory:"))


def mute(user="@bob:here", due=5_000, **data):
    return Due("mute", "!room:here", user, "@bot:here", due, data)


async def test_it_is_taken_back_when_it_is_due_and_once(world):
    await world.later.keep(mute(level=-1))
    await world.later.look(["mute"])
    await world.api.pass_time(3_999)
    assert world.taken_back == []
    await world.api.pass_time(1)
    assert world.taken_back == [(5_000, "@bob:here")]
    await world.api.pass_time(DAY)
    await world.later.look(["mute"])
    await world.api.pass_time(DAY)
    assert len(world.taken_back) == 1


# I104
@pytest.mark.parametrize("away", [0, 3_000, 60_000])
async def test_a_restart_forgets_nothing(world, away):
    await world.later.keep(mute())
    world.api.now += away
    world = world.restart()
    await world.later.look(["mute"])
    await world.api.pass_time(10_000)
    assert world.taken_back == [(max(5_000, 1_000 + away), "@bob:here")]


async def test_a_longer_one_takes_the_place_of_a_shorter(world):
    await world.later.keep(mute(due=5_000))
    await world.later.keep(mute(due=9_000))
    await world.api.pass_time(20_000)
    assert world.taken_back == [(9_000, "@bob:here")]


async def test_what_was_dropped_is_not_taken_back(world):
    await world.later.drop(mute())
    await world.later.keep(mute())
    await world.later.keep(mute("@ann:here"))
    await world.later.drop(mute())
    await world.api.pass_time(20_000)
    assert world.taken_back == [(5_000, "@ann:here")]


async def test_what_fails_is_tried_again_for_a_day_and_then_given_up(world):
    await world.later.keep(mute())
    world.fails = 2
    await world.api.pass_time(10 * MINUTE)
    assert world.taken_back == [(5_000 + 2 * MINUTE, "@bob:here")]
    await world.later.keep(mute(due=world.api.now))
    world.fails = 1_000_000
    await world.api.pass_time(2 * DAY)
    world.fails = 0
    await world.api.pass_time(DAY)
    assert len(world.taken_back) == 1
    assert await world.later.find("mute", "!room:here", "@bob:here") is None


async def test_what_takes_its_place_while_it_is_taken_back_stays(world):
    async def mute_again(due):
        world.later.teach("mute", world.take_back)
        await world.later.keep(mute(due=50_000))

    world.later.teach("mute", mute_again)
    await world.later.keep(mute())
    await world.api.pass_time(5_000)
    kept = await world.later.find("mute", "!room:here", "@bob:here")
    assert kept is not None
    assert kept.due_ms == 50_000


async def test_a_look_leaves_alone_what_others_look_after(world):
    await world.later.keep(mute())
    world = world.restart()
    await world.later.look(["status"])
    await world.api.pass_time(20_000)
    assert world.taken_back == []


async def test_it_is_found_by_person_and_by_kind(world):
    for user in ("@ann:here", "@bob:here"):
        await world.later.keep(mute(user, level=-1))
    assert [it.data for it in await world.later.of_person("mute", "@bob:here")] == [{"level": -1}]
    assert len(await world.later.of_kind("mute")) == 2
    assert await world.later.of_kind("ban") == []
