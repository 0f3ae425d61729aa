"""A crowd that is in nobody's test: it comes first, and takes all that is left."""

from collections.abc import Iterator
from functools import partial
from itertools import count, islice

from fulfiller.clock import new_claim_id
from fulfiller.domain.claim import ClaimId, Request
from fulfiller.domain.outcome import Accepted, Refused, Why
from fulfiller.service.accept import accept
from fulfiller.service.decide import Round
from fulfiller.store.memory import MemoryStore

ACCOUNT = "everybody-else"
GROUP = 500
_numbers = count(1)


def take_all(campaign: str, store: MemoryStore) -> list[ClaimId]:
    """Claim until the campaign is sold out, as any upstream might; return the claims."""
    people = _people(campaign)
    taken: list[ClaimId] = []
    while True:
        now = store.now()
        circumstances = Round(now=now, new_id=partial(new_claim_id, now))
        group = tuple(islice(people, GROUP))
        answers = accept(group, store=store, circumstances=circumstances)
        taken += [answer.claim.id for answer in answers if isinstance(answer, Accepted)]
        whys = {answer.why for answer in answers if isinstance(answer, Refused)}
        if Why.SOLD_OUT in whys:
            return taken
        if whys:
            raise ValueError(f"{campaign} can't be sold out now: {', '.join(sorted(whys))}")


def _people(campaign: str) -> Iterator[Request]:
    """Yield claims of users that no test has, each their own."""
    for number in _numbers:
        name = f"{ACCOUNT}-{number}"
        yield Request(
            account=ACCOUNT, campaign=campaign, user=name, key=name, fingerprint=name.encode()
        )
