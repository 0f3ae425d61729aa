"""What the report tells beside the course of claims: what was marked, and who was refused."""

import re
from collections.abc import Callable
from contextlib import closing
from html import unescape
from pathlib import Path

from click.testing import Result

from fulfiller.domain.mode import SERVICE
from fulfiller.service.mark import mark
from fulfiller.store.opening import open_store
from tests.contract.world import START, found, taken_in

SECOND = 1_000_000


def test_marks_are_incidents_and_refusals_are_told(
    run: Callable[..., Result], sqlite_url: str, tmp_path: Path
) -> None:
    """Of the campaign, and of the service while the campaign ran; refusals by reason."""
    with closing(open_store(sqlite_url, application="test")) as store:
        found(store)
        taken_in(store, "li")
        mark(SERVICE, "deploy 1.4.2", actor="operator:li", at=START + SECOND, store=store)
        mark("festival", "lanterns", actor="flower:wang", at=START + 2 * SECOND, store=store)
        store.tell_refusals("a", {("festival", "sold_out"): 1_234, ("festival", "user_limit"): 5})
    file = tmp_path / "report.html"
    assert run("campaign", "report", "festival", "--out", str(file)).exit_code == 0
    words = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", file.read_text("utf-8"))))
    assert "the service: mark set operator:li deploy 1.4.2" in words
    assert "mark set flower:wang lanterns" in words
    assert "Refused claims, by reason Why Claims sold out 1,234 user limit 5 Refusals" in words
