"""A campaign's own words are heard by those who wait already, while the intake runs."""

import httpx

from fulfiller.service.steer import Act, pause
from fulfiller.service.wording import Wording, Words, word
from tests.intake.door import Door, body, submit
from tests.waiting import until

NAME = "lanterns"
OWN = "Lanterns first, then coupons."
PUBLIC = "We light the lanterns."
WORDS: Words = {
    "en": {"opening": {"waitlisted": OWN, "paused": PUBLIC}},
    "zh-Hans": {"opening": {"waitlisted": "先点灯再发券。"}},
}


def _worded(door: Door, words: Words) -> None:
    done = word(NAME, words, store=door.store, now=door.store.now(), actor="operator:li")
    assert done.how is Wording.WORDED


def _public(door: Door) -> str:
    return str(httpx.get(f"{door.url}/v1/campaigns/{NAME}").json()["message"])


def test_whoever_waits_already_hears_new_words_within_a_second(door: Door) -> None:
    """And the shipped ones again once they are taken back; who reads Arabic hears no change."""
    door.campaign(NAME)
    act = Act(reason="a check", actor="operator:li", now=door.store.now())
    assert pause(NAME, act, store=door.store).changed
    with door.caller() as caller:
        claim = submit(caller, "one", body("li", campaign=NAME)).json()

        def told(language: str) -> str:
            headers = {"accept-language": language}
            path = f"/v1/claims/{claim['claim_id']}"
            return str(caller.get(path, headers=headers).json()["message"])

        shipped = {language: told(language) for language in ("en", "zh-CN", "ar")}
        assert "Your place is kept." in shipped["en"]
        _worded(door, WORDS)
        until(lambda: told("en").startswith(OWN), within_s=3)
        assert told("zh-CN").startswith("先点灯再发券。")
        assert "Your place is kept." not in told("en")
        assert told("ar")[:20] == shipped["ar"][:20]
        until(lambda: _public(door).startswith(PUBLIC), within_s=3)
        _worded(door, {})
        until(lambda: told("en")[:19] == shipped["en"][:19], within_s=3)


def test_words_that_fit_no_book_are_passed_over(sqlite_door: Door) -> None:
    """Should the books have changed since: people are told what is shipped, never nothing."""
    sqlite_door.campaign(NAME, patience={"en": {"opening": {"paused": "No {hole} is filled."}}})
    act = Act(reason="a check", actor="operator:li", now=sqlite_door.store.now())
    assert pause(NAME, act, store=sqlite_door.store).changed
    until(lambda: "{hole}" not in _public(sqlite_door) and "paused" in _public(sqlite_door))
