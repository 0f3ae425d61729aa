"""Campaigns to be shown in Flower, and what a reader or a program finds there about them."""

import re
from html import unescape
from itertools import count
from typing import Any

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.claim import ClaimId
from fulfiller.domain.validity import DAY, SECOND
from fulfiller.service.steer import Act
from fulfiller.store.sqlstore import SqlStore
from tests.contract.world import found, taken_in
from tests.ops.flower.door import Door
from tests.waiting import until

PEOPLE = "canary"
"""Part of the name, the key and the phone of everybody here."""
REASON = "the shops are full"
BOARD = "/campaigns/board"
CAMPAIGN_PATHS = (
    "/campaigns/view/festival", "/campaigns/live", "/api/campaigns/festival/series",
)  # fmt: skip
"""The pages of one campaign; `live` takes it as a query."""
_numbers = count(1)


def opened(store: SqlStore, **changes: Any) -> Campaign:
    """Create a campaign of a name that no other test uses."""
    usual = {"id": f"festival-{next(_numbers)}", "closes_at": store.now() + DAY}
    return found(store, **usual, backlog_threshold=10, resume_threshold=5, **changes)


def crowd(store: SqlStore, campaign: Campaign, number: int, **changes: Any) -> list[ClaimId]:
    """Let people claim, in the name of canaries."""
    users = [f"{PEOPLE}-{campaign.id}-{next(_numbers)}@example.com" for _ in range(number)]
    return taken_in(store, *users, campaign=campaign.id, limit_key=f"{PEOPLE}-phone", **changes)


def act(store: SqlStore, lasts_s: int | None = None) -> Act:
    """Return what an operator does now."""
    now = store.now()
    until_at = None if lasts_s is None else now + lasts_s * SECOND
    return Act(reason=REASON, actor="operator:li", now=now, until=until_at)


def page(door: Door, path: str = BOARD) -> str:
    """Return what people read, in one line."""
    return _read(door.ask("GET", path, login=True).text)


def part(door: Door, campaign: Campaign) -> str:
    """Return what people read about one campaign."""
    articles = door.ask("GET", BOARD, login=True).text.split("<article")
    own = next((each for each in articles if f'"campaign-{campaign.id}"' in each), "")
    return _read(f"<{own}")


def told(door: Door, campaign: Campaign) -> dict[str, Any]:
    """Return what programs hear about one campaign."""
    answer = door.ask("GET", "/api/campaigns", login=True).json()
    return next((each for each in answer["campaigns"] if each["campaign"] == campaign.id), {})


def reads(door: Door, campaign: Campaign, words: str) -> str:
    """Wait until the page says these words, a pattern, about a campaign; return all it says."""

    def said() -> str:
        text = part(door, campaign)
        return text if re.search(words, text) else ""

    return until(said, what=f"{words!r} about {campaign.id}")


def _read(markup: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", markup)))
