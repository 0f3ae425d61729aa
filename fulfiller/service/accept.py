"""Take claims in: read everything, decide, write everything; a 202 is a promise.

Once `accept` has returned Accepted for a request, its claim is committed with its money
reserved and can't be lost. Running it again with the same keys changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from fulfiller.domain.claim import Request
from fulfiller.domain.error import Raced
from fulfiller.domain.outcome import Answer
from fulfiller.service.consolidate import consolidate
from fulfiller.service.decide import Decision, Round, ask, decide
from fulfiller.service.govern import trip
from fulfiller.service.port import Store

LOSSES_WHOLE = 2
"""Lost races after which a group is halved: whoever keeps losing goes on in smaller steps."""
LOSSES_MAX = 40
"""Lost races of a single request after which it is given up as Raced."""
ROUNDS_MAX = 16
"""Times money is gathered for one group, and gone when it is to be taken, before giving up."""


def accept(
    requests: Sequence[Request], *, store: Store, circumstances: Round
) -> tuple[Answer, ...]:
    """Answer each request, in order; raise StoreUnavailable if the store does not answer.

    Raises Raced when others were faster again and again. What was answered by then is kept:
    it is a repeat when the group is run again.
    """
    answers: dict[int, Answer] = {}
    pending = list(range(len(requests)))
    for _ in range(ROUNDS_MAX):
        if not pending:
            break
        done = _settle([requests[index] for index in pending], store, circumstances)
        known = zip(pending, done.answers, strict=True)
        answers |= {index: answer for index, answer in known if answer is not None}
        pending = [index for index in pending if index not in answers]
        _gather(done.dry, store, circumstances)
        _trip(done.over, store, circumstances)
    if pending:
        message = f"the money or the mode of a campaign moved on {ROUNDS_MAX} times"
        raise Raced(message)
    return tuple(answers[index] for index in range(len(requests)))


def _gather(dry: Iterable[str], store: Store, circumstances: Round) -> None:
    """Gather what is left of these campaigns; whoever loses a race there looks again."""
    for campaign in sorted(dry):
        with suppress(Raced):
            consolidate(campaign, store=store, now=circumstances.now)


def _trip(over: Mapping[str, int], store: Store, circumstances: Round) -> None:
    """Pause campaigns whose backlog has reached the threshold; whoever is late looks again."""
    if not over:
        return
    modes = store.modes()
    for name, backlog in sorted(over.items()):
        campaign = store.campaign(name)
        if campaign is not None:
            trip(campaign, modes[name], backlog, store=store, now=circumstances.now)


def _settle(group: Sequence[Request], store: Store, circumstances: Round) -> Decision:
    """Decide and write a group once, through as many lost races as that takes."""
    for loss in range(LOSSES_MAX):
        decision = decide(group, store.look(ask(group)), _moved_on(circumstances, loss))
        if _written(decision, store):
            return decision
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


def _halved(group: Sequence[Request], store: Store, circumstances: Round) -> Decision:
    middle = len(group) // 2
    first = _settle(group[:middle], store, circumstances)
    if first.dry or first.over:
        # Nobody may overtake those who could not be decided yet.
        return replace(first, answers=first.answers + (None,) * (len(group) - middle))
    second = _settle(group[middle:], store, circumstances)
    return replace(second, answers=first.answers + second.answers)


def _moved_on(circumstances: Round, losses: int) -> Round:
    """Begin at another stripe after a loss, so that losers don't meet again."""
    return replace(circumstances, start=circumstances.start + losses)
