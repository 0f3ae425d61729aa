"""The testimony: a history heard once from its beginning to its end, kept by what it is about.

Instants of different callers are compared by `mono`, so they must share one monotonic clock:
callers on one machine do, and those of a simulation do.
"""

from collections.abc import Iterable

from fulfiller.chaos.history import Ask, Line, Phase
from fulfiller.chaos.index import Index
from fulfiller.chaos.report import Docket, Limits
from fulfiller.chaos.shown import Shown
from fulfiller.domain.claim import CLAIM_PREFIX, DEFAULT_GRANT, ClaimId

Terms = tuple[str, str, str, int | None, str | None, str]
"""What a claim asks for: campaign, user, grant, tier, limit key, and its body's digest."""


class Asked:
    """What was asked for under one key of an account, and which claim it was told to be."""

    __slots__ = ("call", "claim_id", "others", "terms", "told_body", "told_by")

    def __init__(self, call: int, terms: Terms) -> None:
        """Remember who asked first, and for what."""
        self.call = call
        self.terms = terms
        self.others: tuple[Terms, ...] = ()
        self.claim_id: str | None = None
        self.told_by = 0
        self.told_body = ""

    def every(self) -> tuple[Terms, ...]:
        """Return all that was asked for under this key."""
        return (self.terms, *self.others)

    def add(self, terms: Terms) -> None:
        """Remember what was asked for under the same key again, if it is anything else."""
        if terms != self.terms and terms not in self.others:
            self.others = (*self.others, terms)


class Testimony:
    """Everything that clients asked for and were told."""

    def __init__(self, index: Index, docket: Docket, limits: Limits) -> None:
        """Charge calls that are wrong in themselves, and answers that the books contradict."""
        self.keys: dict[tuple[str, str], Asked] = {}
        self.shown: dict[ClaimId, Shown] = {}
        self.orders: dict[tuple[str, str, str], list[Line]] = {}
        self.handled: list[tuple[Line, Line]] = []
        self.cancels: set[ClaimId] = set()
        self.refusals: list[tuple[Line, Line]] = []
        self.snapshots: list[Line] = []
        self._claims = index.claims
        self._docket = docket
        self._promises = 0
        self._late_s = limits.late_s
        self._pending: dict[int, Line] = {}
        self._busy: dict[str, int] = {}
        self._known: set[int] = set()

    def hear(self, history: Iterable[Line]) -> None:
        """Take a whole history in."""
        invoked, completed = self._invoked, self._completed
        for line in history:
            if line.phase is Phase.INVOKE:
                invoked(line)
            else:
                completed(line)
        self._docket.judged("Q1", len(self._known))
        self._docket.judged("L1", self._promises)

    def _invoked(self, line: Line) -> None:
        call = line.call
        if call in self._known:
            self._docket.charge("Q1", f"call {call} was invoked twice")
            return
        if line.proc in self._busy:
            other = self._busy[line.proc]
            self._docket.charge("Q1", f"{line.proc} invoked call {call} in the midst of {other}")
        self._known.add(call)
        self._pending[call] = line
        self._busy[line.proc] = call
        if line.ask is Ask.CLAIM:
            self._asked(line)
        elif line.ask is Ask.CANCEL:
            self.cancels.add(bare(line.claim_id))
        elif line.ask is Ask.HANDLE:
            self.orders.setdefault((line.account, line.key, line.verb), []).append(line)

    def _asked(self, line: Line) -> None:
        key, terms = (line.account, line.key), terms_of(line)
        known = self.keys.get(key)
        if known is None:
            self.keys[key] = Asked(line.call, terms)
        else:
            known.add(terms)

    def _completed(self, line: Line) -> None:
        asked = self._pending.pop(line.call, None)
        if asked is None:
            how = "twice" if line.call in self._known else "without being invoked"
            self._docket.charge("Q1", f"call {line.call} was completed {how}")
            return
        self._busy.pop(asked.proc, None)
        if line.proc != asked.proc or line.ask is not asked.ask or line.mono < asked.mono:
            self._docket.charge("Q1", f"call {line.call} was completed as another than it was")
        if line.phase is Phase.INFO:
            return
        self._timed(asked, line)
        if line.phase is Phase.FAIL:
            self.refusals.append((asked, line))
        else:
            self._answered(asked, line)

    def _timed(self, asked: Line, line: Line) -> None:
        took, deadline = line.mono - asked.mono, asked.deadline_s
        if deadline is not None and took > deadline + self._late_s:
            text = f"call {line.call} took {took:.3f} s, its deadline was {deadline} s"
            self._docket.charge("Q1", text)

    def _answered(self, asked: Line, line: Line) -> None:
        if asked.ask is Ask.SNAPSHOT:
            self.snapshots.append(line)
        elif asked.ask is Ask.HANDLE:
            self.handled.append((asked, line))
        else:
            self._told(asked, line)

    def _told(self, asked: Line, line: Line) -> None:
        """Take in an answer that says which claim it is about, and how that stands."""
        claim_id = bare(line.claim_id or asked.claim_id)
        state = line.state or ("cancelled" if asked.ask is Ask.CANCEL else "")
        if not claim_id:
            self._docket.charge("Q1", f"call {line.call} is ok and names no claim")
            return
        if asked.claim_id and claim_id != bare(asked.claim_id):
            text = f"call {line.call} asked for {asked.claim_id} and was told of clm_{claim_id}"
            self._docket.charge("S10", text)
        if asked.ask is Ask.CLAIM:
            self._promised(asked, line, claim_id)
        if asked.key and asked.ask is not Ask.CANCEL:
            self._same(asked, line, claim_id)
        self._see(asked, line, claim_id, state)

    def _promised(self, asked: Line, line: Line, claim_id: ClaimId) -> None:
        """Charge the promise of a claim that there is not, or that is somebody else's."""
        claim = self._claims.get(claim_id)
        self._promises += 1
        if claim is None:
            text = f"call {line.call} was promised clm_{claim_id}, which is gone"
            self._docket.charge("L1", text)
        elif (claim.account, claim.campaign, claim.user, claim.grant) != (
            asked.account,
            asked.campaign,
            asked.user,
            asked.grant or DEFAULT_GRANT,
        ):
            text = f"call {line.call} asked for {asked.user!r} in {asked.campaign} and was given"
            self._docket.charge("S6", f"{text} clm_{claim_id} of {claim.user!r}")

    def _same(self, asked: Line, line: Line, claim_id: ClaimId) -> None:
        """Charge an answer that contradicts what was told under the same key before."""
        known = self.keys.get((asked.account, asked.key))
        if known is None:
            return
        body = asked.body if asked.ask is Ask.CLAIM else known.told_body
        if known.claim_id is None:
            known.claim_id, known.told_by, known.told_body = claim_id, line.call, body
        elif known.claim_id != claim_id:
            first = f"call {known.told_by} was told clm_{known.claim_id}"
            text = f"key {asked.key!r}: {first}, call {line.call} clm_{claim_id}"
            self._docket.charge("S10", text)
        elif asked.ask is Ask.CLAIM and known.told_body != body:
            text = f"key {asked.key!r}: calls {known.told_by} and {line.call} were both ok, but"
            self._docket.charge("S10", f"{text} had different bodies")

    def _see(self, asked: Line, line: Line, claim_id: ClaimId, state: str) -> None:
        shown = self.shown.get(claim_id)
        if shown is None:
            shown = self.shown[claim_id] = Shown()
        flaw = shown.see(state, line.code, line.call, (asked.mono, line.mono))
        if flaw is not None:
            self._docket.charge("S5", f"clm_{claim_id}: {flaw}")


def bare(claim_id: str) -> ClaimId:
    """Return a claim's id as the store has it, without the prefix that callers see."""
    return ClaimId(claim_id.removeprefix(CLAIM_PREFIX))


def terms_of(line: Line) -> Terms:
    """Return what an invocation asks for; no grant is the usual one."""
    grant = line.grant or DEFAULT_GRANT
    return (line.campaign, line.user, grant, line.tier, line.limit_key, line.body)
