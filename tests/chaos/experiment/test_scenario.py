"""Scenarios: read from TOML, each flaw named with its place; all that ship are sound."""

from typing import get_args

import pytest

from fulfiller.chaos.experiment.caller import is_repeated, turns
from fulfiller.chaos.experiment.striking import kind_of
from fulfiller.chaos.fault.every import AnyFault
from fulfiller.chaos.fault.fault import Fault
from fulfiller.chaos.scenario import Load, read_scenario
from fulfiller.domain.error import SettingError
from fulfiller.ops.chaos.scenarios import USUAL, scenario_of, scenarios
from fulfiller.ops.exits import Misused

HEAD = 'title = "A title"\nhypothesis = "It holds."\n'
NAMED = {
    "worker-kill", "broker-wipe", "broker-freeze", "commit-unknown", "database-restart",
    "clock-jump", "duplicate-storm", "poison", "herd", "rolling-restart", "pace", "keeper-kill",
}  # fmt: skip
"""What engineers look for first."""


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("title = 3\nhypothesis = ''", "$.title"),
        (HEAD + "[load]\nspeed = 3", "speed"),
        (HEAD + "[[faults]]\nkind = 'kill'", "$.faults[0]"),
        (HEAD + "[[faults]]\nkind = 'spell'\non = 'worker1'", "$.faults[0]"),
        (HEAD + "store = 'oracle'", "$.store"),
        (HEAD + "[load", "Expected ']'"),
    ],
)
def test_a_flaw_is_named_with_its_place(text: str, place: str) -> None:
    """Whoever writes a scenario is told where it is wrong."""
    with pytest.raises(SettingError, match="scenario ours") as refused:
        read_scenario("ours", text)
    assert place in str(refused.value)


def test_every_scenario_that_ships_is_sound() -> None:
    """Each has a belief, a load and a fault, and those that engineers look for are there."""
    known = {each.name: each for each in scenarios()}
    assert known.keys() >= NAMED
    for scenario in known.values():
        assert scenario.hypothesis.strip()
        assert scenario.faults or scenario.load.burst or scenario.campaign.issuing_rate
        last_s = max((f.at_s + f.every_s * (f.times - 1) for f in scenario.faults), default=0.0)
        assert last_s < scenario.load.seconds, f"{scenario.name} strikes when nobody asks any more"


def test_many_kinds_of_faults_are_in_use() -> None:
    """Twenty kinds and more: a kind that no scenario has is a kind that nobody tries."""
    assert len({kind_of(fault) for each in scenarios() for fault in each.faults}) >= 20


def test_every_kind_says_what_it_does_and_does_it() -> None:
    """The nouns share a base that leaves both to them."""
    for kind in get_args(AnyFault):
        assert kind.begin is not Fault.begin
        assert kind.words is not Fault.words


@pytest.mark.parametrize("share", [0.0, 0.05, 0.2, 1.0])
def test_as_many_requests_are_sent_twice_as_was_asked(share: float) -> None:
    """Of a burst, too, whose requests are all due at once."""
    assert sum(is_repeated(number, share) for number in range(1_000)) == 1_000 * share


def test_a_name_that_is_nearly_right_is_named() -> None:
    """And the usual one is there."""
    assert scenario_of(USUAL).name == USUAL
    with pytest.raises(Misused, match="did you mean worker-kill"):
        scenario_of("worker-kil")


def test_a_load_is_sent_when_it_is_due() -> None:
    """Evenly, in requests of its size, and a burst at once in the midst of it."""
    even = list(turns(Load(rate=10, seconds=2)))
    assert [due for due, _ in even] == pytest.approx([n / 10 for n in range(20)])
    batched = list(turns(Load(rate=100, seconds=2, batch=50, burst=200, burst_at_s=1)))
    assert sum(size for _, size in batched) == 400
    assert [due for due, _ in batched] == sorted(due for due, _ in batched)
    assert sum(size for due, size in batched if due == 1.0) == 250
