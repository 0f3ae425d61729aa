"""Parked claims from end to end: a real worker parks them, an operator's commands end it."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from fulfiller.broker.queue import CeleryQueue
from fulfiller.domain.claim import ClaimId, State, public_id
from fulfiller.domain.event import Event, Kind
from fulfiller.domain.outcome import Ending
from fulfiller.domain.stripe import Count, Purse, counted, total
from fulfiller.ops.cli import cli
from fulfiller.ops.person import operator
from fulfiller.service.issue import ATTEMPTS_MAX
from fulfiller.store.proof import prove
from tests.processes import Process
from tests.waiting import until
from tests.workers.conftest import SECRET
from tests.workers.festival import NAME, VALUE, Festival

AWAY = "gone"
NO_TERMS = "has claims but no terms"
Run = Callable[..., Result]


@pytest.fixture
def run(store_url: str, tmp_path: Path) -> Run:
    """Run an operator's command on the test's store."""
    env = {
        "FULFILLER_STORE_URL": store_url,
        "FULFILLER_HOME": str(tmp_path),
        "FULFILLER_SECRET": SECRET,
    }

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(cli, words, env=env, prog_name="fulfiller")

    return invoke


def rename(festival: Festival, old: str, new: str) -> None:
    """Let the campaign's terms be found under another name."""
    statement = text("update campaign set id = :new where id = :old")
    link = festival.store.link
    with link.writing(), link.engine.begin() as connection:
        connection.execute(statement, {"old": old, "new": new})


def park(festival: Festival, queue: CeleryQueue, ids: tuple[ClaimId, ...]) -> None:
    """Offer claims whose terms can't be read until the worker has parked each of them."""
    rename(festival, NAME, AWAY)
    for attempt in range(ATTEMPTS_MAX):
        for claim_id in ids:
            until(partial(festival.was_tried, claim_id, attempt), within_s=20)
            queue.publish([festival.hint([claim_id])])
    until(lambda: set(festival.states(ids)) == {State.PARKED}, within_s=20)
    rename(festival, AWAY, NAME)


def listed(run: Run, *words: str) -> list[dict[str, Any]]:
    """Return what the list says."""
    shown: list[dict[str, Any]] = json.loads(run("parked", "list", *words, "--json").stdout)
    return shown


def events(festival: Festival, kind: Kind) -> list[Event]:
    """Return what was logged of this kind."""
    log = festival.store.unsealed(after=(0, 0), limit=1_000)
    return [entry.event for entry in log if entry.event.kind is kind]


@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
def test_parked_claims_are_replayed_or_abandoned(
    worker: Process, festival: Festival, queue: CeleryQueue, run: Run, store_url: str
) -> None:
    """What is cured is issued, what is not is declined; money, books and log agree to the end."""
    assert worker.alive
    cured, lost = ids = festival.accept(2)
    park(festival, queue, ids)
    shown = listed(run, "--campaign", NAME, "--reason", NO_TERMS.upper())
    assert [row["claim_id"] for row in shown] == [public_id(i) for i in ids]
    assert {(row["attempts"], row["parked_by"], row["amount"]) for row in shown} == {
        (ATTEMPTS_MAX, "worker", VALUE.amount)
    }
    assert shown[0]["user"] == "person-0@example.com"

    assert run("parked", "replay", public_id(cured)).stdout.strip() == public_id(cured)
    queue.publish([festival.hint([cured])])
    until(lambda: festival.issued([cured]), within_s=20)

    before = festival.store.modes()[NAME].money_generation
    exhaust(festival)
    assert run("parked", "abandon", public_id(lost), "--reason", "it is a robot").exit_code == 0
    view = festival.store.view([lost])[lost]
    assert view.state is State.DECLINED
    assert view.outcome is not None
    assert (view.outcome.ending, view.outcome.reason) == (Ending.DECLINED, "it is a robot")
    assert view.outcome.actor == operator()
    row = festival.store.modes()[NAME]
    assert (row.exhausted, row.money_generation) == (False, before + 1)

    assert [(e.ids, e.actor) for e in events(festival, Kind.CLAIM_REPLAYED)] == [
        ((cured,), operator())
    ]
    assert [
        (e.ids, e.actor, e.detail, e.amount) for e in events(festival, Kind.CLAIM_DECLINED)
    ] == [((lost,), operator(), "it is a robot", VALUE.amount)]
    past = json.loads(run("parked", "show", public_id(cured), "--json").stdout)
    assert past["state"] == "issued"
    assert [each["what"] for each in past["history"]] == [
        "accepted",
        "parked",
        "replayed",
        "issued",
    ]
    stripes = festival.store.stripes(NAME)
    assert total(stripes, Purse.RESERVED) == counted(stripes, Count.PARKED) == 0
    assert total(stripes, Purse.ISSUED) == VALUE.amount
    assert [finding for finding in prove(store_url) if not finding.ok] == []


def exhaust(festival: Festival) -> None:
    """Let the campaign be known as sold out, as consolidating would."""
    link = festival.store.link
    with link.writing(), link.engine.begin() as connection:
        connection.execute(
            text("update mode set exhausted = true where scope = :name"), {"name": NAME}
        )
