"""What `claims.submit` does with a message: whose it is, what is in it, and taking it in.

The message is the only copy of its claims until the store has them. So whatever may pass by
itself gives the message back, and only what will never be better is put down as an outcome.
"""

import json
import logging
import os
from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import count
from typing import Any

from fulfiller.broker.message import Flaw
from fulfiller.broker.quarantine import masked
from fulfiller.clock import monotonic, new_claim_id
from fulfiller.domain.claim import Request
from fulfiller.domain.error import FulfillerError, Raced, StoreUnavailable
from fulfiller.domain.key import Scope, split_key
from fulfiller.domain.outcome import Accepted, Answer, Refused
from fulfiller.intake.problem import Problem
from fulfiller.intake.submission import flaw, request_in
from fulfiller.ops.trail import Trail
from fulfiller.service.accept import accept
from fulfiller.service.decide import Round
from fulfiller.wiring import Parts

UNAUTHORIZED, FORBIDDEN = "unauthorized", "forbidden"
MALFORMED, FAILED = "malformed", "failed"
FAILED_MAX = 30
"""Times that a message may fail unexpectedly, a second or more apart."""
Outcomes = Counter[str]
"""Claims, by what became of them: accepted, waitlisted, repeated, or why they were refused."""
log = logging.getLogger(__name__)
_starts = count()


class Unsettled(FulfillerError):
    """A claim failed unexpectedly, and its message may have better luck another time."""


def submit(
    args: object,
    kwargs: dict[str, Any],
    parts: Parts,
    *,
    message_id: str,
    trail: Trail | None = None,
) -> str:
    """Take the claims of a message in, count what became of them, and tell it in a line.

    `trail` hears of those that are fresh.

    Raises when the message must come again: the store does not answer, or not sensibly.
    """
    wrong = flaw(args, kwargs)
    if wrong is not None:
        _set_aside(parts, [args, kwargs], Flaw.MALFORMED_SUBMISSION, wrong)
        return _told("", Outcomes({MALFORMED: 1}), parts)
    account, refusal = _caller(kwargs["api_key"], parts)
    claims = kwargs["claims"]
    if refusal is not None:
        return _told(account, Outcomes({refusal: len(claims)}), parts)
    return _told(account, _taken(claims, account, parts, message_id, trail), parts)


def _caller(api_key: str, parts: Parts) -> tuple[str, str | None]:
    """Return the key's account, and why it may not submit, if it may not."""
    parted = split_key(api_key)
    record = None if parted is None else parts.store.find_key(parted[0])
    if parted is None or record is None:
        return "", UNAUTHORIZED
    if not record.opens(parted[1], pepper=parts.pepper, now=parts.clock.now()):
        return "", UNAUTHORIZED
    return record.account, None if Scope.CLAIM_WRITE in record.scopes else FORBIDDEN


def _taken(
    claims: Sequence[object], account: str, parts: Parts, message_id: str, trail: Trail | None
) -> Outcomes:
    read = [request_in(claim, account, number=number) for number, claim in enumerate(claims)]
    requests = [each for each in read if isinstance(each, Request)]
    outcomes = _accepted(requests, parts, trail)
    if outcomes[FAILED]:
        _give_up_or_raise(parts, message_id)
    # Last, so that a message that comes again leaves nothing here the first time.
    for number, each in enumerate(read):
        if isinstance(each, Problem):
            outcomes[MALFORMED] += 1
            _set_aside(parts, claims[number], Flaw.MALFORMED_CLAIM, _remark(each, number))
    return outcomes


def _accepted(requests: Sequence[Request], parts: Parts, trail: Trail | None) -> Outcomes:
    """Commit requests; what fails unexpectedly is cornered by halves and fails alone."""
    if not requests:
        return Outcomes()
    began, now = monotonic(), parts.clock.now()
    start = os.getpid() + next(_starts)
    circumstances = Round(now=now, new_id=partial(new_claim_id, now), start=start)
    try:
        answers = accept(requests, store=parts.store, circumstances=circumstances)
    except (StoreUnavailable, Raced):
        raise
    except Exception as fault:  # noqa: BLE001 - whatever it is, the others go on
        if len(requests) > 1:
            middle = len(requests) // 2
            first = _accepted(requests[:middle], parts, trail)
            return first + _accepted(requests[middle:], parts, trail)
        log.error("submission.failed fault=%s", type(fault).__name__)  # noqa: TRY400 - names nobody
        return Outcomes({FAILED: 1})
    if trail is not None and trail.on:
        fresh = [answer for answer in answers if isinstance(answer, Accepted)]
        trail.submitted(fresh, began)
    return Outcomes(map(_outcome, answers))


def _give_up_or_raise(parts: Parts, message_id: str) -> None:
    """Raise Unsettled until a message has failed too often, then set it aside.

    It may be the claim, or a store that is just being upgraded; who can tell. Where nobody
    counts, the message goes round until somebody looks.
    """
    times = parts.queue.failed_again(message_id)
    if times is None or times < FAILED_MAX:
        raise Unsettled
    parts.queue.set_aside(b"", Flaw.FAILED, f"failed {times} times: see the worker's log")


def _outcome(answer: Answer) -> str:
    if isinstance(answer, Refused):
        return answer.why.value
    return answer.state.value if isinstance(answer, Accepted) else "repeated"


def _set_aside(parts: Parts, content: object, unfit: Flaw, remark: str) -> None:
    parts.queue.set_aside(json.dumps(content, default=repr).encode(), unfit, remark)


def _remark(problem: Problem, number: int) -> str:
    """Return what is wrong with a claim, in our own words alone."""
    flaws = [
        f"{masked(each.pointer or '').rpartition('/')[2]}: {each.detail}" for each in problem.flaws
    ]
    return f"claim {number}: {'; '.join(flaws) or problem.detail}"


def _told(account: str, outcomes: Outcomes, parts: Parts) -> str:
    """Count outcomes and return the line that logs and Flower show."""
    parts.queue.count_submitted(outcomes)
    shown = " ".join(f"{outcome}={number}" for outcome, number in sorted(outcomes.items()))
    return f"{account or 'nobody'}: {shown}"
