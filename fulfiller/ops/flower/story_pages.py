"""The search for a claim, and its story: behind Flower's login, and they change nothing.

What is searched for comes in a body, never in an address: addresses stand in logs, in histories
and in what a browser tells the next site, and there may be people and codes in it.
"""

from http import HTTPStatus

from flower.views import BaseHandler  # type: ignore[import-untyped]
from tornado.web import authenticated

from fulfiller.domain.claim import ClaimId, public_id
from fulfiller.ops.flower.clerk import Clerk, Tale
from fulfiller.ops.flower.policy import HEADERS
from fulfiller.ops.flower.trouble import Trouble
from fulfiller.ops.modes import clock
from fulfiller.ops.moments import stamp
from fulfiller.ops.search import Found

EVERYWHERE = ""


class Searching(BaseHandler):  # type: ignore[misc]
    """What both pages have in common."""

    def initialize(self, clerk: Clerk) -> None:
        """Take the clerk that both pages share."""
        self.clerk = clerk

    def set_default_headers(self) -> None:
        """Let browsers load only what Flower serves, and keep nothing of it."""
        super().set_default_headers()
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """Read what is no UTF-8 as well as it goes: a complaint in the log would quote it."""
        del name
        return value.decode(errors="replace")


class SearchPage(Searching):
    """The form, and what was found where that is not one claim."""

    @authenticated
    async def get(self) -> None:
        """Show the form; a question in the address is not looked at."""
        await self._show(None)

    @authenticated
    async def post(self) -> None:
        """Go to the claim that is meant, or show which there are."""
        question = self.get_body_argument("q", "")
        campaign = self.get_body_argument("campaign", EVERYWHERE) or None
        found = await self.clerk.find(question, campaign)
        if isinstance(found, list) and len(found) == 1:
            claim_id = found[0].view.claim.id
            story = self.reverse_url("campaigns-story", claim_id)
            self.redirect(story, status=HTTPStatus.SEE_OTHER)
            return
        await self._show(found, question=question, campaign=campaign)

    async def _show(
        self, found: list[Found] | Trouble | None, question: str = "", campaign: str | None = None
    ) -> None:
        campaigns = await self.clerk.campaigns()
        trouble = next((each for each in (found, campaigns) if isinstance(each, Trouble)), None)
        if trouble is not None:
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
        self.render(
            "campaigns-search.html",
            found=found if isinstance(found, list) else None,
            question=question,
            chosen=campaign,
            campaigns=campaigns if isinstance(campaigns, list) else [],
            trouble=trouble,
            public_id=public_id,
            stamp=stamp,
        )


class StoryPage(Searching):
    """A claim's whole story, and why it stands where it stands."""

    @authenticated
    async def get(self, claim_id: str) -> None:
        """Tell it."""
        tale = await self.clerk.tell(ClaimId(claim_id))
        trouble = tale if isinstance(tale, Trouble) else None
        if trouble is not None:
            self.set_status(HTTPStatus.SERVICE_UNAVAILABLE)
        elif tale is None:
            self.set_status(HTTPStatus.NOT_FOUND)
        self.render(
            "campaigns-story.html",
            name=public_id(ClaimId(claim_id)),
            tale=tale if isinstance(tale, Tale) else None,
            trouble=trouble,
            clock=clock,
            stamp=stamp,
        )
