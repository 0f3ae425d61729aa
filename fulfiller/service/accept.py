"""Take claims in: read everything, decide, write everything; a 202 is a promise.

Once `accept` has returned Accepted for a request, its claim is committed with its money
reserved and can't be lost. Running it again with the same keys changes nothing.
"""

from collections.abc import Sequence
from dataclasses import replace

from fulfiller.domain.claim import Request
from fulfiller.domain.error import Raced
from fulfiller.domain.outcome import Answer
from fulfiller.service.consolidate import consolidate
from fulfiller.service.decide import Decision, Round, ask, decide
from fulfiller.service.port import Store

LOSSES_WHOLE = 2
"""Lost races after which a group is halved: whoever keeps losing goes on in smaller steps."""
LOSSES_MAX = 40
"""Lost races of a single request after which it is given up as Raced."""


def accept(
    requests: Sequence[Request], *, store: Store, circumstances: Round
) -> tuple[Answer, ...]:
    """Answer each request, in order; raise StoreUnavailable if the store does not answer."""
    answers: list[Answer | None] = [None] * len(requests)
    pending = list(range(len(requests)))
    while pending:
        group = [requests[index] for index in pending]
        decided, dry = _settle(group, store, circumstances)
        for index, answer in zip(pending, decided, strict=True):
            answers[index] = answer
        pending = [index for index in pending if answers[index] is None]
        for campaign in sorted(dry):
            consolidate(campaign, store=store, now=circumstances.now)
    return tuple(answer for answer in answers if answer is not None)


def _settle(
    group: Sequence[Request], store: Store, circumstances: Round
) -> tuple[tuple[Answer | None, ...], frozenset[str]]:
    """Decide and write a group once, through as many lost races as that takes."""
    for loss in range(LOSSES_MAX):
        decision = decide(group, store.look(ask(group)), _moved_on(circumstances, loss))
        if _written(decision, store):
            return decision.answers, decision.dry
        if loss + 1 >= LOSSES_WHOLE and len(group) > 1:
            return _halved(group, store, circumstances)
    message = f"a claim lost {LOSSES_MAX} races in a row"
    raise Raced(message)


def _written(decision: Decision, store: Store) -> bool:
    try:
        if decision.writes:
            store.write(decision.writes)
    except Raced:
        return False
    return True


def _halved(
    group: Sequence[Request], store: Store, circumstances: Round
) -> tuple[tuple[Answer | None, ...], frozenset[str]]:
    middle = len(group) // 2
    first, first_dry = _settle(group[:middle], store, circumstances)
    second, second_dry = _settle(group[middle:], store, circumstances)
    return first + second, first_dry | second_dry


def _moved_on(circumstances: Round, losses: int) -> Round:
    """Begin at another stripe after a loss, so that losers don't meet again."""
    return replace(circumstances, start=circumstances.start + losses)
