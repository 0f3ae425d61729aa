"""Every route and every role: nobody, a viewer, an operator; only the last one changes anything."""

import re
from http import HTTPStatus
from pathlib import Path

import pytest
from flower.urls import handlers  # type: ignore[import-untyped]

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.mode import SERVICE
from fulfiller.ops.flower import seam
from fulfiller.ops.flower.roles import Roles
from fulfiller.ops.flower.steer.hand import Hand
from fulfiller.ops.flower.steer.pages import OF_CAMPAIGN, OF_SERVICE, steering
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import everything, new_id
from tests.ops.flower.steer.visitor import OPERATOR, REASON, VIEWER, Steered, Visitor

OPEN = ("/healthcheck", "/static/", "/login", "/logout", ".*")
"""What needs no password: a bare OK, scripts and styles, ways in and out, nothing at all."""
READS = ("/tasks/datatable", "/campaigns/search")
"""What is posted only to look."""
CHANGING = ("POST", "PUT", "PATCH", "DELETE")
TURNED_AWAY = {HTTPStatus.UNAUTHORIZED, HTTPStatus.METHOD_NOT_ALLOWED}
FORBIDDEN = {HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED}


def _paths() -> list[str]:
    """Return an address of each route that asks who is there."""
    ours = [*seam.routes(_none), *steering(Hand(_none), Roles(Path()))]
    paths = [_path(each) for each in (*ours, *handlers)]
    return sorted({path for path in paths if not path.startswith(OPEN)})


def _none() -> SqlStore:
    return open_store("sqlite:////nowhere")


def _path(handler: object) -> str:
    pattern = handler[0] if isinstance(handler, tuple) else handler.regex.pattern  # type: ignore[attr-defined]
    some_claim = pattern.replace(seam.CLAIM, f"clm_{new_id()}")
    return re.sub(r"\([^)]*\)", "x", some_claim).removesuffix("$")


@pytest.fixture
def viewer(steered: Steered) -> Visitor:
    """Somebody who has logged in and is named in no role."""
    return steered.as_(VIEWER)


def test_nobody_comes_in_anywhere(steered: Steered, store: SqlStore) -> None:
    """Looking or changing: 401, whatever the route, and nothing else is told or done."""
    stranger, before = steered.as_(None), everything(store)
    assert {"/campaigns/steer", "/campaigns/steer/x", "/metrics"} <= set(_paths())
    for path in _paths():
        told = {stranger.ask(method, path).status_code for method in ("GET", *CHANGING)}
        assert told <= TURNED_AWAY, (path, told)
        assert HTTPStatus.UNAUTHORIZED in told, path
    assert everything(store) == before


def test_a_viewer_changes_nothing_anywhere(viewer: Visitor, store: SqlStore) -> None:
    """Flower itself was started to let whoever logs in steer: the role forbids it."""
    before = everything(store)
    told = {
        (method, path): viewer.ask(method, path).status_code
        for path in _paths()
        for method in CHANGING
        if path not in READS
    }
    assert {asked: code for asked, code in told.items() if code not in FORBIDDEN} == {}
    for path in ("/campaigns/steer", "/api/worker/shutdown/x", "/api/task/rate-limit/x"):
        assert told["POST", path] == HTTPStatus.FORBIDDEN
    assert everything(store) == before


def test_a_viewer_sees_all_there_is(viewer: Visitor, festival: Campaign) -> None:
    """What is so now, and no form to change it with."""
    for path in (
        "/",
        "/tasks",
        "/campaigns",
        "/campaigns/steer",
        f"/campaigns/steer/{festival.id}",
    ):
        answer = viewer.get(path)
        assert answer.status_code == HTTPStatus.OK, path
        assert "<form" not in answer.text or not path.startswith("/campaigns")
    text = viewer.get(f"/campaigns/steer/{festival.id}").text
    assert "pauses above 10 claims, and is clear again at 5 claims" in text
    assert "You look on" in text


@pytest.mark.parametrize("user", [None, VIEWER])
def test_no_control_works_for_who_may_not(
    steered: Steered, store: SqlStore, festival: Campaign, user: str | None
) -> None:
    """Even with the token of a form and a confirmation: each control, and nothing has changed."""
    before = everything(store, festival.id)
    visitor = steered.as_(user)
    visitor.cookies.set("_xsrf", "t")
    wanted = HTTPStatus.UNAUTHORIZED if user is None else HTTPStatus.FORBIDDEN
    scopes = {"": OF_SERVICE, f"/{festival.id}": OF_CAMPAIGN}
    form = {"_xsrf": "t", "step": "do", "basis": "0", "reason": REASON, "typed": festival.id}
    for scope, controls in scopes.items():
        for control in controls:
            filled = form | {"control": control, "rate": "1/s", "for": "5m", "until": "+90d"}
            answer = visitor.post(f"/campaigns/steer{scope}", filled)
            assert answer.status_code == wanted, (scope, control)
    assert everything(store, festival.id) == before
    assert store.rates(SERVICE) == store.rates(festival.id) == []
    assert store.campaign(festival.id) == festival


def test_an_operator_uses_flowers_own_controls_too(operator: Visitor) -> None:
    """The same request is judged: this worker is unknown."""
    answer = operator.post("/api/worker/shutdown/x", {})
    assert answer.status_code == HTTPStatus.NOT_FOUND


def test_roles_are_read_anew_at_each_request(
    steered: Steered, operator: Visitor, viewer: Visitor
) -> None:
    """Who is taken out of the file steers no more; if it makes no sense, nobody does."""
    file = steered.home / "flower-roles"
    before = file.read_text()
    try:
        for text, allowed in (
            (f"{VIEWER} = operator\n", viewer),
            (f"{OPERATOR} = operator\n", operator),
            ("everybody!\n", None),
        ):
            file.write_text(text)
            for visitor in (operator, viewer):
                forms = "<form" in visitor.get("/campaigns/steer").text
                assert forms is (visitor is allowed), text
        assert f"{file}:1: write a line as" in operator.get("/campaigns/steer").text
        file.unlink()
        # Without a file Flower's own switch counts, and this one was started with --control.
        assert "<form" in viewer.get("/campaigns/steer").text
    finally:
        file.write_text(before)


def test_a_form_of_another_page_is_refused(
    steered: Steered, operator: Visitor, store: SqlStore
) -> None:
    """A browser that sends the password by itself does not send the token of our form."""
    before = everything(store)
    other = steered.as_(OPERATOR)
    for visitor in (operator, other):
        visitor.get("/campaigns/steer")
    form = {"control": "pause", "step": "do", "reason": REASON, "basis": "0"}
    for token in ({}, {"_xsrf": ""}, {"_xsrf": "2|forged"}, {"_xsrf": other.cookies["_xsrf"]}):
        answer = operator.post("/campaigns/steer", form | token)
        assert answer.status_code == HTTPStatus.FORBIDDEN
        assert "this form is of another page" in answer.text
    assert everything(store) == before


def test_a_form_from_another_site_is_refused(operator: Visitor, store: SqlStore) -> None:
    """Even with the right token."""
    before = everything(store)
    operator.get("/campaigns/steer")
    token = operator.cookies["_xsrf"]
    form = {"control": "pause", "step": "do", "reason": REASON, "basis": "0", "_xsrf": token}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        answer = operator.post("/campaigns/steer", form, **headers)
        assert answer.status_code == HTTPStatus.FORBIDDEN
    assert everything(store) == before


def test_the_page_loads_nothing_from_elsewhere(operator: Visitor) -> None:
    """A strict policy, also on a page that says no; no inline script or style."""
    for path in ("/campaigns/steer", "/campaigns/steer/nowhere"):
        answer = operator.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script>", answer.text)
    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert "no campaign" in answer.text
