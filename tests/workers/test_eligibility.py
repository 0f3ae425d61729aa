"""The eligibility hook in real workers, and its guard: it may say anything, and do anything."""

import logging
from functools import partial
from pathlib import Path

import pytest

from fulfiller.broker.queue import CeleryQueue
from fulfiller.clock import new_claim_id
from fulfiller.domain.claim import State
from fulfiller.domain.eligibility import Applicant, Eligibility, Eligible
from fulfiller.domain.error import SettingError
from fulfiller.domain.event import Kind
from fulfiller.domain.tier import Tier
from fulfiller.service.eligible import ACTOR
from fulfiller.store.proof import prove
from tests.example import blocklist, moody
from tests.processes import Process, start, worker_argv
from tests.waiting import until
from tests.workers.conftest import StartWorker
from tests.workers.festival import Festival
from workers.eligibility import Guard, configured

REASON = "the shop has blocked this user"
BLOCKLIST, MOODY = "tests.example.blocklist:check", "tests.example.moody:check"
APPLICANT = Applicant(
    claim_id=new_claim_id(1),
    campaign="festival",
    account="shop",
    user="li@example.com",
    grant="default",
    tier=Tier.P2,
    amount=2_500,
    limit_key=None,
    locale=None,
    accepted_at=1,
)


@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
def test_blocked_users_get_no_coupon(
    start_worker: StartWorker,
    store_url: str,
    festival: Festival,
    queue: CeleryQueue,
    tmp_path: Path,
) -> None:
    """The example: unsure while there is no list, then no for those on it, yes for the others."""
    file = tmp_path / "blocked.txt"
    worker = start_worker(store_url, FULFILLER_ELIGIBILITY=BLOCKLIST, BLOCKLIST=str(file))
    ids = festival.accept(20)
    queue.publish([festival.hint(ids)])
    worker.says("issued=0 left=20 parked=0 declined=0")
    assert set(festival.states(ids)) == {State.ACCEPTED}
    file.write_text("person-3@example.com\nperson-7@example.com\n")
    queue.publish([festival.hint(ids)])
    worker.says("issued=18 left=0 parked=0 declined=2")
    blocked = (ids[3], ids[7])
    views = festival.store.view(blocked)
    assert {view.state for view in views.values()} == {State.DECLINED}
    ends = [view.outcome for view in views.values() if view.outcome is not None]
    assert {(end.reason, end.actor) for end in ends} == {(REASON, ACTOR)}
    log = [entry.event for entry in festival.store.unsealed(after=(0, 0), limit=1_000)]
    declined = [event for event in log if event.kind is Kind.CLAIM_DECLINED]
    assert [(set(event.ids), event.detail) for event in declined] == [(set(blocked), REASON)]
    assert festival.issued_coupons() == 18
    assert [finding for finding in prove(store_url) if not finding.ok] == []


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_hook_in_any_mood_costs_no_claim_and_no_child(
    start_worker: StartWorker,
    store_url: str,
    festival: Festival,
    queue: CeleryQueue,
    tmp_path: Path,
) -> None:
    """It hangs, raises and raves: claims wait, it is said once, and the same child goes on."""
    mood = tmp_path / "mood"
    mood.write_text("hang")
    worker = start_worker(
        store_url,
        FULFILLER_ELIGIBILITY=MOODY,
        FULFILLER_ELIGIBILITY_DEADLINE_S="1",
        MOOD=str(mood),
    )
    children = worker.children()
    ids = festival.accept(3)
    for number, word in enumerate(("hang", "raise", "rave"), start=1):
        mood.write_text(word)
        queue.publish([festival.hint(ids)])
        until(partial(_told, worker, "left=3", number), within_s=10)
    assert set(festival.states(ids)) == {State.ACCEPTED}
    assert [festival.attempts(claim_id) for claim_id in ids] == [0, 0, 0]
    mood.write_text("good")
    queue.publish([festival.hint(ids)])
    worker.says("issued=3 left=0")
    assert worker.text().count("eligibility.silent fault=TimeoutError") == 1
    assert worker.text().count("eligibility.silent") == 1
    assert "eligibility.answers" in worker.text()
    assert worker.children() == children


def _told(worker: Process, words: str, times: int) -> bool:
    return worker.text().count(words) == times


def test_a_worker_does_not_begin_without_the_hook_it_was_told_of(tmp_path: Path) -> None:
    """Issuing to those who should have been checked would be worse than not issuing."""
    process = start(
        worker_argv("hookless"),
        env={"FULFILLER_HOME": str(tmp_path), "FULFILLER_ELIGIBILITY": "tests.example.none:check"},
        log=tmp_path / "worker.log",
    )
    try:
        until(lambda: not process.alive, within_s=60)
        assert process.popen.returncode == 1
        assert "eligibility hook tests.example.none:check: ModuleNotFoundError" in process.text()
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("mood", "told"),
    [
        ("hang", "fault=TimeoutError at "),
        ("raise", "fault=LookupError at "),
        ("rave", "fault=Nonsense: str is no verdict"),
    ],
)
def test_no_answer_is_logged_once_and_names_nobody(
    mood: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Until it answers again, which is logged, too."""
    file = tmp_path / "mood"
    monkeypatch.setenv("MOOD", str(file))
    guard = Guard(moody.check, 0.1)
    with caplog.at_level(logging.WARNING):
        for word in (mood, mood, "good", "good", mood):
            file.write_text(word)
            answered = guard([APPLICANT])
            assert answered == ((Eligible(),) if word == "good" else None)
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split()[0] for line in lines] == [
        "eligibility.silent",
        "eligibility.answers",
        "eligibility.silent",
    ]
    assert told in lines[0]
    assert APPLICANT.user not in caplog.text


def test_a_hook_that_wants_to_leave_takes_nobody_along() -> None:
    """A hook's `sys.exit` is one more way of giving no answer."""

    def leave(_applicants: object) -> list[Eligible]:
        raise SystemExit(3)

    assert Guard(leave, 1)([APPLICANT]) is None


def test_a_hook_is_found_by_its_name() -> None:
    """`package.module:function`; nothing is nothing."""
    assert configured(BLOCKLIST) is blocklist.check
    assert configured("") is None


@pytest.mark.parametrize(
    "name", ["tests.example.none:check", "tests.example.blocklist:none", "tests.waiting:FIRST_S"]
)
def test_a_hook_that_is_none_is_a_setting_that_won_t_do(name: str) -> None:
    """The message names the hook."""
    with pytest.raises(SettingError, match=name):
        configured(name)


def test_an_installed_package_may_bring_the_hook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One entry point is taken; of two, somebody must say which."""
    monkeypatch.syspath_prepend(tmp_path)
    _install(tmp_path, "one", BLOCKLIST)
    hook: Eligibility | None = configured("")
    assert hook is blocklist.check
    _install(tmp_path, "two", MOODY)
    with pytest.raises(SettingError, match=f"{BLOCKLIST} or {MOODY}"):
        configured("")
    assert configured(MOODY) is moody.check


def _install(folder: Path, name: str, hook: str) -> None:
    """Let a package be found that names a hook."""
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[fulfiller.eligibility]\n{name} = {hook}\n")
