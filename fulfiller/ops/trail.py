"""The trail of claims: lines in the log for some of them, and spans if somebody wants spans.

The claim's id is what ties its lines together, in every process, without being carried there:
it stands in the answer, in the hint and with the coupon. Nothing is looked up or parsed for a
claim that is not spoken of, and what is said names no person.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from fulfiller.clock import monotonic
from fulfiller.domain.claim import CLAIM_PREFIX, ClaimId
from fulfiller.domain.outcome import Accepted, Issued
from fulfiller.intake.exchange import Asked
from fulfiller.ops.sampling import Sampler
from fulfiller.service.dispatch import Hint
from fulfiller.service.view import PublicClaim
from fulfiller.settings import Settings

if TYPE_CHECKING:
    from fulfiller.ops.spans import Caller, Spans

MISSING = "an extra is missing: pip install 'fulfiller[otel]'"
log = logging.getLogger("fulfiller.claims")
_is_traceparent = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?"
).fullmatch


class Trail:
    """Where claims of one process go. Close it in the end, or what was said last is lost."""

    def __init__(self, lines_per_s: int, spans: "Spans | None" = None) -> None:
        """Write at most so many lines a second for each kind of step."""
        self._spans = spans
        self._lines = bool(lines_per_s) and log.isEnabledFor(logging.INFO)
        self.on = self._lines or spans is not None
        self.traced = spans is not None
        self._entered, self._offered, self._done = (
            Sampler(lines_per_s, monotonic, partial(_left_out, step))
            for step in ("entered", "offered", "done")
        )

    def close(self) -> None:
        """Say what is left to say."""
        for sampler in (self._entered, self._offered, self._done):
            sampler.close()
        if self._spans is not None:
            self._spans.close()

    def entered(
        self, claims: Sequence[PublicClaim], asked: Asked, began: float, *, repeated: bool
    ) -> None:
        """Claims were taken in by a request, or it repeated them."""
        if len(claims) == 1 and self._skips(claims[0].claim_id):
            return
        ids = [claim.claim_id for claim in claims]
        if spoken := self._spoken(self._entered, ids):
            caller = caller_of(asked.headers.get(b"traceparent"))
            for claim in (claim for claim in claims if claim.claim_id in spoken):
                self._say(
                    f"claim.{'repeated' if repeated else claim.state}",
                    claim.claim_id,
                    campaign=claim.campaign,
                    tier=claim.tier,
                    request_id=asked.request_id,
                    caller_trace_id=caller[0] if caller else "",
                )
        if self._spans is not None and (traced := self._spans.pick(ids)):
            caller = caller_of(asked.headers.get(b"traceparent"))
            self._spans.request(asked, traced, caller, monotonic() - began, fresh=not repeated)

    def submitted(self, claims: Sequence[Accepted], began: float) -> None:
        """Claims were taken in that came through the broker."""
        ids = [each.claim.id for each in claims]
        spoken = self._spoken(self._entered, ids)
        for each in claims if spoken else ():
            if each.claim.id in spoken:
                where = {"campaign": each.claim.campaign, "tier": str(each.claim.tier)}
                self._say(f"claim.{each.state}", each.claim.id, **where)
        if self._spans is not None and (traced := self._spans.pick(ids)):
            self._spans.submission(traced, len(ids), monotonic() - began)

    def committed(self, ids: Sequence[ClaimId], began: float) -> None:
        """Claims were committed together."""
        if self._spans is not None and (traced := self._spans.pick(ids)):
            self._spans.committed(traced, len(ids), monotonic() - began)

    def offered(self, hints: Sequence[Hint], began: float) -> None:
        """Claims were offered to the workers."""
        for hint in hints:
            campaign, tier, many = hint.lane.campaign, hint.lane.tier, len(hint.ids)
            for claim_id in self._spoken(self._offered, hint.ids):
                where = {"campaign": campaign, "tier": str(tier), "of": str(many)}
                self._say("claim.offered", claim_id, **where)
            if self._spans is not None and (traced := self._spans.pick(hint.ids)):
                self._spans.sent(hint, traced, monotonic() - began)

    def done(self, ids: Sequence[ClaimId], done: Issued, task_id: str, began: float) -> None:
        """A task for these claims has ended."""
        for outcome, mine in _outcomes(done):
            for claim_id in self._spoken(self._done, mine):
                self._say(f"claim.{outcome}", claim_id, task_id=task_id, of=str(len(ids)))
        if self._spans is not None and (traced := self._spans.pick(ids)):
            outcomes = {each: outcome for outcome, mine in _outcomes(done) for each in mine}
            self._spans.worked(traced, len(ids), outcomes, task_id, monotonic() - began)

    def _skips(self, claim_id: str) -> bool:
        """Return whether there is nothing to say of a claim: 6,000 of these come in a second."""
        if self._spans is not None and self._spans.pick((claim_id,)):
            return False
        return not self._lines or self._entered.skips(claim_id)

    def _spoken(self, sampler: Sampler, ids: Sequence[ClaimId] | Sequence[str]) -> list[str]:
        return sampler.pick(ids) if self._lines and ids else []

    def _say(self, event: str, claim_id: str, **fields: str) -> None:
        """Write a line, with the trace of the claim if it has one."""
        public = claim_id if claim_id.startswith(CLAIM_PREFIX) else CLAIM_PREFIX + claim_id
        said = {"claim_id": public, **{name: text for name, text in fields.items() if text}}
        if self._spans is not None and self._spans.pick((claim_id,)):
            said["trace_id"] = claim_id.removeprefix(CLAIM_PREFIX).replace("-", "")
        template = " ".join([event, *(f"{name}=%s" for name in said)])
        log.info(template, *said.values())


def open_trail(settings: Settings, process: str) -> Trail:
    """Return the trail of this process; spans take the extra `otel` and an endpoint."""
    return Trail(settings.log_claims_per_s, _spans(settings, process))


def caller_of(traceparent: bytes | None) -> "Caller | None":
    """Return trace, span and flags of a W3C trace context, None if there is none or it is unfit."""
    known = _is_traceparent(traceparent) if traceparent else None
    if known is None:
        return None
    trace, span, flags = known.groups()
    return trace.decode(), span.decode(), int(flags, 16)


def prepare(settings: Settings) -> None:
    """Import what spans take, if they are wanted: before a fork, and nothing is run yet."""
    if settings.trace_endpoint:
        with suppress(ImportError):
            import fulfiller.ops.spans  # noqa: F401 - its being imported is all


def _spans(settings: Settings, process: str) -> "Spans | None":
    if not settings.trace_endpoint:
        return None
    try:
        from fulfiller.ops.spans import open_spans
    except ImportError:
        # Platforms set the usual variable for whatever they run, and that must stop nobody.
        log.warning("trace.off %s", MISSING)
        return None
    return open_spans(settings.trace_endpoint, process, one_in=settings.trace_one_in)


def _outcomes(done: Issued) -> Iterator[tuple[str, tuple[ClaimId, ...]]]:
    for outcome in ("issued", "left", "parked", "declined"):
        yield outcome, getattr(done, outcome)


def _left_out(step: str, left_out: int, seen: int) -> None:
    log.info("lines.left_out step=%s n=%d of=%d", step, left_out, seen)
