"""The checker: a history and the books after a final drain, judged by every invariant.

Pure and linear in both: a million claims take less than a minute. Wherever a history leaves
two readings open, such as a call whose outcome is unknown, it chooses the innocent one.

What it takes for granted: all callers share one monotonic clock. A call that may have been
done, such as one that was answered with "unavailable", ended as `info` and not as `fail`. Every
cancel, and every act on a coupon but those of operators, was a call: a cancel says its claim,
an act its account, key and verb. After the last fault somebody went on to keep and to issue
until nothing was left to do.
"""

from collections.abc import Iterable

from fulfiller.chaos.answers import judge_handled, judge_keys, judge_shown
from fulfiller.chaos.books import Books
from fulfiller.chaos.codes import judge_codes
from fulfiller.chaos.history import Line
from fulfiller.chaos.index import Index
from fulfiller.chaos.liveness import judge_drain, judge_spending
from fulfiller.chaos.log import judge_log
from fulfiller.chaos.modes import judge_ends, judge_moves, judge_pauses
from fulfiller.chaos.money import judge_budgets, judge_conservation
from fulfiller.chaos.pace import judge_pace
from fulfiller.chaos.refusals import judge_refusals
from fulfiller.chaos.report import Docket, Limits, Report
from fulfiller.chaos.safety import judge_coupons, judge_origins, judge_people, judge_places
from fulfiller.chaos.testimony import Testimony


def check(history: Iterable[Line], books: Books, limits: Limits | None = None) -> Report:
    """Judge a history by the books; the history is read once, line by line."""
    known = limits or Limits()
    docket, index = Docket(), Index(books)
    heard = Testimony(index, docket, known)
    heard.hear(history)
    judge_coupons(index, docket)
    judge_people(index, docket)
    judge_budgets(index, heard, docket)
    judge_conservation(index, heard, docket)
    judge_places(index, docket, known)
    judge_shown(index, heard, docket)
    judge_origins(index, heard, docket)
    judge_refusals(index, heard, docket, known)
    judge_codes(index, heard, docket)
    judge_log(index, docket)
    judge_keys(index, heard, docket)
    judge_pace(index, docket, known)
    judge_pauses(index, docket, known)
    judge_handled(index, heard, docket)
    judge_drain(index, docket, known)
    judge_spending(index, heard, docket, known)
    judge_ends(index, docket, known)
    judge_moves(index, docket)
    return docket.report()
