"""What a form gets wrong is said beside it, and what changed meanwhile is asked again."""

from html import unescape
from http import HTTPStatus

import pytest

from fulfiller.domain.campaign import Campaign, Publication
from fulfiller.service.amend import set_thresholds
from fulfiller.service.rates import By
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import everything
from tests.ops.flower.reader import act
from tests.ops.flower.steer.deeds import shown
from tests.ops.flower.steer.visitor import REASON, Visitor

EVIL = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("control", "filled", "says"),
    [
        ("pause", {"reason": " "}, "Reason must say something, in one line of at most 200"),
        ("pause", {"for": "soon"}, "For: 'soon' is no length of time, write 30s, 10m, 2h or 1d."),
        ("pause", {"for": "1h", "until": "+1h"}, "For and until say the same thing: give one"),
        ("hold", {"until": "-1h"}, "Until is past"),
        ("flow", {"for": ""}, "For is needed"),
        ("rate", {"rate": "fast"}, "RATE: 'fast' is no rate such as 500/s"),
        ("rate", {"rate": "1/s", "key": "k" * 129}, "Key must be a name of at most 128"),
        ("thresholds", {"backlog": "ten"}, "Backlog: 'ten' is neither claims nor 'unset'."),
        ("thresholds", {"resume": "10"}, "Resume_threshold: it must lie below backlog_threshold."),
        ("weights", {"p1": "0"}, "Tiers.p1.weight: it must be at least 1."),
        ("weights", {"p1": "-4"}, "P1: '-4' is no weight"),
        ("extend", {"until": "someday"}, "Until: 'someday' is no day"),
        ("extend", {"until": "2020-01-01"}, "Until is past"),
        ("patience", {"words": "[fr.opening]\npaused = 'Un instant.'"}, "Fr: there is no book"),
        ("patience", {"words": "[en"}, "Words can't be read as TOML"),
        ("patience", {"words": "en = 'Wait.'"}, "En: write tables such as [en.opening]"),
        ("patience", {"words": "#" * 20_001}, "Words: write at most 20,000 characters."),
    ],
)
def test_what_makes_no_sense_is_said_beside_the_form(
    operator: Visitor,
    store: SqlStore,
    festival: Campaign,
    control: str,
    filled: dict[str, str],
    says: str,
) -> None:
    """With the field and the remedy; what was filled in stays, and nothing is changed."""
    before = everything(store, festival.id)
    answer = operator.fill(f"/campaigns/steer/{festival.id}", control, **filled)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert says in shown(answer.text, f"flaw-{control}")
    kept = unescape(answer.text)
    assert all(text.strip() in kept for text in filled.values())
    assert everything(store, festival.id) == before


def test_an_end_needs_the_campaigns_name(
    operator: Visitor, store: SqlStore, festival: Campaign
) -> None:
    """Another name, or none: asked again, and the campaign goes on."""
    path = f"/campaigns/steer/{festival.id}"
    asked = operator.fill(path, "end")
    for name in ("", "festival", festival.id.upper()):
        again = operator.confirm(path, asked, typed=name)
        assert again.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert f"Type {festival.id} to confirm." in again.text
    assert store.campaign(festival.id) == festival
    assert "Done: End" in operator.confirm(path, again, typed=festival.id).text
    ended = store.campaign(festival.id)
    assert ended is not None
    assert ended.publication is Publication.ENDED
    assert f"Now: It is {Publication.ENDED}." in operator.get(path).text


def test_what_changed_meanwhile_is_asked_again(
    operator: Visitor, store: SqlStore, festival: Campaign
) -> None:
    """Whoever confirms has read what is so now: once more with the new numbers, then it is done."""
    path = f"/campaigns/steer/{festival.id}"
    asked = operator.fill(path, "thresholds", backlog="40")
    by = By(reason=REASON, actor="operator:li", now=store.now())
    set_thresholds(festival.id, {"backlog_threshold": 30}, by, store=store)
    again = operator.confirm(path, asked)
    assert again.status_code == HTTPStatus.CONFLICT
    assert "It has changed meanwhile" in again.text
    assert "pauses above 30 claims" in shown(again.text, "will-happen")
    assert "Done: " in operator.confirm(path, again).text
    # Whoever reloads the page sends the same form once more.
    assert operator.confirm(path, again).status_code == HTTPStatus.CONFLICT


def test_a_reason_is_no_markup(operator: Visitor, store: SqlStore, festival: Campaign) -> None:
    """It is shown, quoted for a shell, and never run."""
    path = f"/campaigns/steer/{festival.id}"
    asked = operator.fill(path, "pause", reason=f"{EVIL} it's $(full)")
    done = operator.confirm(path, asked)
    assert EVIL not in asked.text + done.text + operator.get(path).text
    assert """'"'"'s $(full)'""" in shown(asked.text, "command")
    forced = store.modes()[festival.id].state.forced
    assert forced is not None
    assert forced.reason == f"{EVIL} it's $(full)"
    assert forced.actor == "flower:alice"
    assert act(store).actor != forced.actor


def test_what_there_is_not_is_not_steered(operator: Visitor) -> None:
    """A campaign that nobody knows, and a control that there is not."""
    operator.get("/campaigns/steer")
    form = {"_xsrf": operator.cookies["_xsrf"], "control": "pause", "reason": REASON}
    assert operator.post("/campaigns/steer/nowhere", form).status_code == HTTPStatus.NOT_FOUND
    for control in ("end", "weights", "nonsense"):
        answer = operator.post("/campaigns/steer", form | {"control": control})
        assert answer.status_code == HTTPStatus.BAD_REQUEST
