"""Who is let through, and who the claims are from, without a list of them."""

import json
from collections import Counter
from itertools import pairwise
from threading import Thread

import pytest

from fulfiller.ops.bench.people import body, key, user
from fulfiller.ops.bench.turnstile import Turnstile

MANY = 20_000


def _through(turnstile: Turnstile) -> list[int]:
    numbers: list[int] = []
    while group := turnstile.next():
        numbers += group
    return numbers


@pytest.mark.parametrize("claims", [1, 499, 500, 501, 12_345])
def test_every_claim_goes_through_once(claims: int) -> None:
    """Whole groups and the odd rest: none is left out and none comes twice."""
    turnstile = Turnstile(claims, 500)
    turnstile.raise_to(10 * claims)
    assert _through(turnstile) == list(range(claims))
    assert turnstile.repeated == 0


def test_impatient_people_send_again_what_was_sent_before() -> None:
    """Three in a hundred come again, in groups no larger than the door takes."""
    turnstile = Turnstile(MANY, 500, repeats=0.03)
    turnstile.raise_to(MANY)
    seen: Counter[int] = Counter()
    while group := turnstile.next():
        fresh = [number for number in group if not seen[number]]
        assert fresh == list(range(fresh[0], fresh[-1] + 1))
        assert len(group) <= 550
        seen.update(group)
    assert len(seen) == MANY
    assert seen.total() - MANY == turnstile.repeated
    assert turnstile.repeated / MANY == pytest.approx(0.03, rel=0.3)


def test_who_finds_less_than_a_group_waits_until_there_is_one() -> None:
    """With 700 let through, the second group is not the 200 that are left of them."""
    turnstile = Turnstile(1_000, 500)
    turnstile.raise_to(700)
    assert list(turnstile.next()) == list(range(500))
    second: list[int] = []
    thread = Thread(target=lambda: second.extend(turnstile.next()))
    thread.start()
    turnstile.raise_to(1_000)
    thread.join(5)
    assert second == list(range(500, 1_000))


def test_what_was_let_through_stays_so() -> None:
    """A pace that looks back by a moment takes nothing away."""
    turnstile = Turnstile(1_000, 500)
    turnstile.raise_to(500)
    turnstile.raise_to(10)
    assert list(turnstile.next()) == list(range(500))


def test_a_closed_turnstile_lets_those_go_who_wait_at_it() -> None:
    """When one line has failed, the others end, and nobody waits for ever."""
    turnstile = Turnstile(1_000, 500)
    threads = [Thread(target=turnstile.next) for _ in range(3)]
    for thread in threads:
        thread.start()
    turnstile.close()
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)
    assert turnstile.next() == ()


def test_people_and_keys_are_different_for_every_number_and_in_no_order() -> None:
    """Two of the same would be one claim, and an order would be kind to the indexes."""
    users = [user(number) for number in range(MANY)]
    assert len(set(users) | {key(number) for number in range(MANY)}) == 2 * MANY
    assert users != sorted(users)
    ascending = sum(one < other for one, other in pairwise(users))
    assert ascending / MANY == pytest.approx(0.5, abs=0.02)


def test_a_person_is_the_same_each_time() -> None:
    """A repeat follows from its number alone: same person, same key, same body."""
    assert body("day", (7, 8)) == body("day", (7, 8))
    first, second = json.loads(body("day", (7, 8)))["claims"]
    assert first == {"campaign": "day", "user": user(7), "idempotency_key": key(7)}
    assert second["user"] != first["user"]
