"""Words: the steps of a run as somebody would tell them who watched."""

from collections.abc import Mapping

from fulfiller.domain.claim import CLAIM_PREFIX

STEPS = {
    "look": "reads all that deciding takes",
    "write": "commits what was decided",
    "take": "takes open rows out of the store",
    "take.commit": "commits what became of them",
    "shift": "moves open rows to another stage",
    "shift.commit": "commits the move",
    "lock": "locks a campaign's money",
    "lock.commit": "commits the gathering",
    "move_coupon": "moves a coupon",
    "move_coupon.commit": "commits the coupon's move",
    "attempt": "counts an attempt at claims",
    "pace": "reads the rates",
    "now": "reads the store's clock",
    "view": "looks claims up",
    "terms": "reads a campaign's terms",
    "lanes": "reads which lanes have claims",
    "board": "reads flows, rates and slots",
    "pages": "reads who stands next",
    "ready": "reads who stands next",
    "survey": "reads all that governing takes",
    "move_mode": "moves a mode, if nobody else did",
    "show_gauges": "shows what it governs by",
    "lease": "asks for the lease",
    "unsealed": "reads what is not sealed yet",
    "last_seal": "reads the last seal",
    "seal": "seals events",
    "announce": "announces its slots",
    "slots": "reads how many slots there are",
    "depths True": "sees how long the queues are",
    "depths False": "gets no answer about the queues",
    "intact True": "sees that the broker answers",
    "intact False": "gets no answer from the broker",
}
TAIL = 6
"""The last symbols of an id tell claims of one run apart."""


def step(what: str) -> str:
    """Return what a process does at a step."""
    return STEPS.get(what, what)


def call(ask: str, phase: str, said: Mapping[str, object]) -> str:
    """Return what a caller asks, or is told."""
    told = {name: value for name, value in said.items() if value not in (None, "", False)}
    if phase == "invoke":
        told.pop("body", None)
        told.pop("deadline_s", None)
        return f"asks: {ask} {_listed(told)}"
    verdict = {"ok": "is told yes", "fail": "is told no", "info": "is told nothing"}[phase]
    return f"{verdict} ({ask}): {_listed(told)}"


def short(claim_id: object) -> str:
    """Return an id as it is spoken of in one run."""
    return f"{CLAIM_PREFIX}…{str(claim_id)[-TAIL:]}"


def _listed(said: Mapping[str, object]) -> str:
    return ", ".join(
        short(value) if name == "claim_id" else f"{name.replace('_', ' ')} {value}"
        for name, value in said.items()
    )
