"""Power levels are taken and given back, whoever else changes them meanwhile."""

import pytest

from outboard_synapse import power

BOB = "@bob:here"
LEVELS = {
    "events": {"m.room.power_levels": 100},
    "events_default": 0,
    "users": {"@ann:here": 100},
    "users_default": 0,
}


def test_a_mute_takes_the_power_to_speak_and_is_given_back_without_a_trace():
    muted, level, before = power.muted(LEVELS, BOB)
    assert (power.level_of(muted, BOB), level, before) == (-1, -1, None)
    assert power.restored(muted, BOB, level, before) == LEVELS


@pytest.mark.parametrize("had", [0, 25, 50])
def test_a_level_of_ones_own_comes_back(had):
    levels = {**LEVELS, "users": {**LEVELS["users"], BOB: had}}
    muted, level, before = power.muted(levels, BOB)
    assert (power.level_of(muted, BOB), before) == (-1, had)
    assert power.restored(muted, BOB, level, before) == levels


def test_what_somebody_else_decided_meanwhile_counts():
    muted, level, before = power.muted(LEVELS, BOB)
    promoted = {**muted, "users": {**muted["users"], BOB: 50}}
    assert power.restored(promoted, BOB, level, before) is None
    named_by_nobody = {**muted, "users": LEVELS["users"]}
    assert power.restored(named_by_nobody, BOB, level, before) is None


def test_nothing_at_all_can_be_said_by_whoever_is_muted():
    levels = {**LEVELS, "events_default": 10, "events": {"m.reaction": 5, "m.room.message": 20}}
    assert power.muted(levels, BOB)[1] == 0  # As much as they have: users_default.
    talkative = {**levels, "users_default": 10}
    assert power.muted(talkative, BOB)[1] == 4


def test_a_room_that_names_no_levels_has_matrix_own():
    muted, level, before = power.muted({}, BOB)
    assert (muted, level, before) == ({"users": {BOB: -1}}, -1, None)


def test_levels_that_are_no_numbers_count_as_none():
    levels = {"events_default": "0", "users": {BOB: "50"}, "events": []}
    assert power.level_of(levels, BOB) == 0
    assert power.muted(levels, BOB)[1] == -1


def test_the_levels_that_were_given_stay_as_they_were():
    power.muted(LEVELS, BOB)
    assert BOB not in LEVELS["users"]
