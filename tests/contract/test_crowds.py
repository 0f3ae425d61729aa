"""Crowds at the door: money, keys and identities go once, whoever comes and however many."""

from collections import Counter
from collections.abc import Callable
from random import Random

from fulfiller.domain.claim import Request
from fulfiller.domain.outcome import Accepted, Answer, Refused, Repeated, Why
from fulfiller.domain.stripe import Purse, total
from fulfiller.wiring import Truth
from tests.contract.crowd import together
from tests.contract.world import VALUE, Open, ask, found, request

Flaws = Callable[[], list[str]]
Work = Callable[[Truth], tuple[Answer, ...]]


def asking(*requests: Request, start: int = 0) -> Work:
    """Return the work of asking for these as one group."""
    return lambda store: ask(store, *requests, start=start)


def claim_of(answer: Answer) -> str | None:
    """Return the id of the claim that an answer is about."""
    match answer:
        case Accepted(claim):
            return claim.id
        case Repeated(claim_id):
            return claim_id
        case Refused():
            return None


def test_the_last_five_coupons_go_to_five(open_one: Open, truth: Truth, flaws: Flaws) -> None:
    """Of sixty-four who want what lies on five of eight stripes, five get it, fifty-nine don't."""
    found(truth, budget=5 * VALUE, stripes=8)
    crowd = [asking(request(f"u{n}"), start=n) for n in range(64)]
    answers = [answer for (answer,) in together(open_one, crowd)]
    assert sum(isinstance(answer, Accepted) for answer in answers) == 5
    assert answers.count(Refused(Why.SOLD_OUT)) == 59
    stripes = truth.stripes("festival")
    assert total(stripes, Purse.RESERVED) == 5 * VALUE
    assert total(stripes, Purse.AVAILABLE) == 0
    assert truth.modes()["festival"].exhausted
    assert flaws() == []


def test_one_key_is_one_claim(open_one: Open, truth: Truth, flaws: Flaws) -> None:
    """A hundred parallel submissions of one key are one claim and a hundred answers with it."""
    found(truth)
    crowd = [asking(request("li"), start=n) for n in range(100)]
    answers = [answer for (answer,) in together(open_one, crowd)]
    assert sum(isinstance(answer, Accepted) for answer in answers) == 1
    assert len({claim_of(answer) for answer in answers}) == 1
    assert total(truth.stripes("festival"), Purse.RESERVED) == VALUE
    assert flaws() == []


def test_one_identity_is_one_claim(open_one: Open, truth: Truth, flaws: Flaws) -> None:
    """Fifty connections with fifty keys for one identity get one claim, and each its key."""
    found(truth)
    crowd = [asking(request("li", key=f"k{n}"), start=n) for n in range(50)]
    answers = [answer for (answer,) in together(open_one, crowd)]
    assert sum(isinstance(answer, Accepted) for answer in answers) == 1
    (mine,) = {claim_of(answer) for answer in answers}
    again = ask(truth, *(request("li", key=f"k{n}") for n in range(50)))
    assert {claim_of(answer) for answer in again} == {mine}
    assert total(truth.stripes("festival"), Purse.RESERVED) == VALUE
    assert flaws() == []


def test_an_identity_belongs_to_the_first_account(open_one: Open, truth: Truth) -> None:
    """Of many accounts that ask for the same person one gets a claim, the others an answer."""
    found(truth)
    crowd = [asking(request("li", account=f"shop-{n}")) for n in range(16)]
    answers = [answer for (answer,) in together(open_one, crowd)]
    assert sum(isinstance(answer, Accepted) for answer in answers) == 1
    assert answers.count(Refused(Why.IDENTITY_TAKEN)) == 15


def test_a_user_gets_no_more_than_the_limit(open_one: Open, truth: Truth, flaws: Flaws) -> None:
    """Many grants of one user at once: as many claims as the campaign allows."""
    found(truth, per_user_limit=2)
    crowd = [asking(request("li", key=f"k{n}", grant=f"friend-{n}")) for n in range(16)]
    answers = [answer for (answer,) in together(open_one, crowd)]
    assert sum(isinstance(answer, Accepted) for answer in answers) == 2
    assert answers.count(Refused(Why.USER_LIMIT)) == 14
    assert flaws() == []


def test_writers_that_overlap_all_get_through(open_one: Open, truth: Truth, flaws: Flaws) -> None:
    """Two writers with a hundred groups each over the same people are answered alike.

    A connection that has lost a race once must not stay spoilt.
    """
    found(truth, budget=2_000 * VALUE)
    people = [f"u{n}" for n in range(300)]

    def groups(seed: int) -> Callable[[Truth], dict[str, str | None]]:
        chance = Random(seed)

        def work(store: Truth) -> dict[str, str | None]:
            told: dict[str, str | None] = {}
            for _ in range(100):
                users = chance.sample(people, 12)
                requests = [_of(user, chance, seed) for user in users]
                answers = ask(store, *requests, start=seed)
                told |= {
                    asked.key: claim_of(answer)
                    for asked, answer in zip(requests, answers, strict=True)
                }
            return told

        return work

    one, two = together(open_one, [groups(1), groups(2)])
    assert None not in one.values()
    shared = one.keys() & two.keys()
    assert len(shared) > 50
    assert {key: one[key] for key in shared} == {key: two[key] for key in shared}
    claims = len(set(one.values()) | set(two.values()))
    assert total(truth.stripes("festival"), Purse.RESERVED) == VALUE * claims
    assert flaws() == []


def test_groups_in_any_order_get_through(open_one: Open, truth: Truth, flaws: Flaws) -> None:
    """Four writers with the same people in four orders: each person gets one claim."""
    found(truth, stripes=8)
    people = [request(f"u{n}") for n in range(120)]
    crowd = [asking(*Random(seed).sample(people, len(people)), start=seed) for seed in range(4)]
    answers = together(open_one, crowd)
    counted = Counter(claim_of(answer) for group in answers for answer in group)
    assert set(counted.values()) == {4}
    assert len(counted) == len(people)
    assert flaws() == []


def _of(user: str, chance: Random, writer: int) -> Request:
    """Return a request for somebody, four times out of five under the key both writers use."""
    return request(user, key=user if chance.random() < 0.8 else f"{user} by {writer}")
