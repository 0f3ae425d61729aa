"""Answers: what clients were shown of claims and told of keys, against what there is in the end."""

from fulfiller.chaos.index import Index
from fulfiller.chaos.report import Docket
from fulfiller.chaos.testimony import Testimony


def judge_shown(index: Index, heard: Testimony, docket: Docket) -> None:
    """S5: what was shown of a claim only ever went forward, and ends as the claim does."""
    docket.judged("S5", len(heard.shown))
    for claim_id, shown in heard.shown.items():
        flaw = shown.contradiction(index.state(claim_id))
        if flaw is not None:
            docket.charge("S5", f"clm_{claim_id}: {flaw}")


def judge_keys(index: Index, heard: Testimony, docket: Docket) -> None:
    """S10: a key that a claim was told for is bound to that claim."""
    docket.judged("S10", len(heard.keys))
    bindings = index.bindings
    for pair, asked in heard.keys.items():
        if asked.claim_id is None:
            continue
        binding = bindings.get(pair)
        if binding is None or binding.claim_id != asked.claim_id:
            bound = "nothing" if binding is None else f"clm_{binding.claim_id}"
            text = f"call {asked.told_by} was told clm_{asked.claim_id} for key {pair[1]!r}"
            docket.charge("S10", f"{text}, which is bound to {bound}")


def judge_handled(index: Index, heard: Testimony, docket: Docket) -> None:
    """L1: what was said to be done to a coupon is done."""
    done = {(act.account, act.key, act.verb.value) for act in index.books.acts}
    docket.judged("L1", len(heard.handled))
    for asked, line in heard.handled:
        if (asked.account, asked.key, asked.verb) not in done:
            text = f"call {line.call} was told that its {asked.verb} under {asked.key!r} is done"
            docket.charge("L1", f"{text}, and it is not")
