"""Refusals on every kind of store: each intake tells its sums, and all are added up."""

from concurrent.futures import ThreadPoolExecutor

from fulfiller.domain.validity import SECOND
from fulfiller.wiring import Truth
from tests.contract.world import Open, closing, found

SOLD_OUT, LIMIT = ("festival", "sold_out"), ("festival", "user_limit")
FOLDERS = 4


def test_an_intake_tells_its_sums_over_and_over(truth: Truth) -> None:
    """The last word of each counts, those of several are added, and hearing it twice adds none."""
    found(truth)
    assert truth.refusals() == {}
    truth.tell_refusals("a", {SOLD_OUT: 3, LIMIT: 1})
    truth.tell_refusals("b", {SOLD_OUT: 10})
    for _ in range(2):
        truth.tell_refusals("a", {SOLD_OUT: 5})
    truth.tell_refusals("a", {})
    assert truth.refusals() == {"festival": {"sold_out": 15, "user_limit": 1}}


def test_campaigns_that_there_are_not_have_none(truth: Truth) -> None:
    """A name that a caller made up takes no room."""
    found(truth)
    found(truth, id="other")
    truth.tell_refusals("a", {("made-up", "rate_limited"): 7, ("other", "ended"): 2, SOLD_OUT: 1})
    assert truth.refusals() == {"festival": {"sold_out": 1}, "other": {"ended": 2}}


def test_what_gone_intakes_told_is_put_together(truth: Truth) -> None:
    """The sums stay what they are, however often it is done, and newer rows stay apart."""
    found(truth)
    for intake in "abc":
        truth.tell_refusals(intake, {SOLD_OUT: 2, LIMIT: 1})
    truth.fold_refusals(before=truth.now() - 3_600 * SECOND)
    truth.tell_refusals("a", {SOLD_OUT: 3})
    for _ in range(2):
        truth.fold_refusals(before=truth.now() + SECOND)
    assert truth.refusals() == {"festival": {"sold_out": 7, "user_limit": 3}}
    truth.tell_refusals("d", {SOLD_OUT: 1})
    truth.fold_refusals(before=truth.now() + SECOND)
    assert truth.refusals() == {"festival": {"sold_out": 8, "user_limit": 3}}


def test_several_may_fold_at_once(truth: Truth, open_one: Open) -> None:
    """Whoever comes second finds nothing left, and nothing is counted twice."""
    found(truth)
    for intake in range(20):
        truth.tell_refusals(f"intake-{intake}", {SOLD_OUT: 1, LIMIT: 1})
    before = truth.now() + SECOND

    def fold(_: int) -> None:
        with closing(open_one) as store:
            store.fold_refusals(before=before)

    with ThreadPoolExecutor(FOLDERS) as pool:
        list(pool.map(fold, range(FOLDERS)))
    assert truth.refusals() == {"festival": {"sold_out": 20, "user_limit": 20}}
