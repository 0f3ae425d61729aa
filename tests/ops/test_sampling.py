"""Of a flood of claims a few are spoken of, and the same ones by everybody."""

from itertools import pairwise
from random import Random

import pytest

from fulfiller.clock import ClaimIds
from fulfiller.domain.claim import ClaimId
from fulfiller.ops.sampling import Sampler, below, cut_at

LINES = 20
AT = 1_770_000_000_000_000


class Process:
    """One process that samples what it sees, second by second."""

    def __init__(self) -> None:
        """Begin at some moment."""
        self.now_s = 1_000.0
        self.told: list[tuple[int, int]] = []
        self.picked: list[ClaimId] = []
        self.sampler = Sampler(LINES, lambda: self.now_s, lambda *said: self.told.append(said))

    def second(self, ids: list[ClaimId], *, group: int) -> list[ClaimId]:
        """See these claims spread over a second, so many at a time; return those picked."""
        self.now_s += 1.0
        known = len(self.picked)
        for start in range(0, len(ids), group):
            self.see(ids[start : start + group])
        return self.picked[known:]

    def see(self, ids: list[ClaimId]) -> None:
        """See these claims as a trail does."""
        if len(ids) > 1 or not self.sampler.skips(ids[0]):
            self.picked += self.sampler.pick(ids)


def flood(many: int) -> list[ClaimId]:
    """Return the ids of many claims."""
    make = ClaimIds()
    return [make(AT + number * 100) for number in range(many)]


@pytest.mark.parametrize("group", [1, 3])
def test_at_rest_every_claim_is_spoken_of(group: int) -> None:
    """As many claims as there may be lines are all picked, second after second."""
    process = Process()
    for _ in range(5):
        ids = flood(LINES)
        assert process.second(ids, group=group) == ids
    assert process.told == []


@pytest.mark.parametrize("group", [1, 30, 500])
def test_no_second_has_more_lines_and_what_is_left_out_is_counted(group: int) -> None:
    """Whether claims come one by one or in full groups; the count is told once a second."""
    process = Process()
    rates = [5, 6_000, 6_000, 300, 40_000, 15, 15]
    picked = [len(process.second(flood(rate), group=group)) for rate in rates]
    assert max(picked) <= LINES
    assert (picked[0], picked[-1]) == (5, 15), "a second of calm, and all again"
    assert 0 not in (picked[1], picked[2], picked[4])
    process.sampler.close()
    assert [seen for _, seen in process.told][:4] == [6_000, 6_000, 300, 40_000]
    assert sum(left for left, _ in process.told) == sum(rates) - sum(picked)


def test_processes_of_unlike_load_pick_the_same_claims() -> None:
    """What the busiest of three picks from a steady flood is picked by the two that share it.

    Their seconds begin at different moments.
    """
    whole, halves = Process(), (Process(), Process())
    for process, begins_s in zip((whole, *halves), (0.0, 0.4, 0.7), strict=True):
        process.now_s += begins_s
        process.sampler.pick(())
    deal = Random(7)
    ids = flood(8 * 6_000)
    for number, claim_id in enumerate(ids):
        for process in (whole, deal.choice(halves)):
            process.now_s = 1_001.0 + number / 6_000
            process.see([claim_id])
    steady = set(ids[3 * 6_000 :])
    seen, other = steady & {*whole.picked}, {each for half in halves for each in half.picked}
    assert len(seen) >= LINES
    assert len(seen - other) <= len(seen) / 5, "a second that is full ends early"


def test_no_flood_is_too_much_for_one_line_a_second() -> None:
    """The smallest share there is picks about one in 65,536, and never more than there may be."""
    now, told = [0.0], list[tuple[int, int]]()
    sampler = Sampler(1, lambda: now[0], lambda *said: told.append(said))
    ids = flood(1_000) * 300
    for _ in range(3):
        assert len(sampler.pick(ids)) <= 1
        now[0] += 1.0
    assert [seen for _, seen in told] == [300_000] * 2


def test_a_smaller_sample_is_part_of_a_larger_one() -> None:
    """And each is about as large as it says, for lines and spans alike."""
    ids = flood(40_000)
    samples = [below(cut_at(one_in), ids) for one_in in (1, 4, 100, 1_000)]
    assert samples[0] == ids
    assert all(set(small) < set(large) for large, small in pairwise(samples))
    assert 300 < len(samples[2]) < 500
    assert cut_at(65_536) == "0001"
