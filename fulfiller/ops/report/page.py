"""The page of a campaign's report: what came of it, how it went, and the proof of the books."""

from collections.abc import Iterator, Sequence
from importlib.resources import files
from zoneinfo import ZoneInfo

from fulfiller.chaos.page.markup import Raw, every, tag
from fulfiller.chaos.page.page import section, style
from fulfiller.chaos.page.tables import number, sign, table
from fulfiller.domain.event import Kind
from fulfiller.domain.money import Money
from fulfiller.domain.validity import moment
from fulfiller.ops.modes import length
from fulfiller.ops.report.account import Account, Balance, Incident
from fulfiller.ops.report.minutes import Bin, Minutes, percentile_s
from fulfiller.ops.report.modes import HELD, PAUSED, lasted
from fulfiller.ops.report.picture import WIDTHS, picture

NOTHING = "No claim ever came in, so there is nothing to draw."
UNSAID = (
    "What people were told of their wait is not in the log, so whether it was kept is not known:"
    " Flower shows it while it runs. Nobody's name, key or code is on this page."
)
REFUSED = (
    "Refusals are answered and are no rows of the store: these are the counts that intakes told"
    " about once a second, and an intake that was killed took its last second with it. Claims that"
    " came through Celery are not among them."
)
NOBODY_REFUSED = "None, as far as intakes told."
SHADED = "Shaded from top to bottom: paused or held. Times are those of {}."


def page(told: Account) -> str:
    """Return the report as one file of HTML that refers to nothing else."""
    tone = "good" if told.is_proven else "bad"
    body = tag("main", *_sections(told), class_=tone)
    return f"<!doctype html>\n{tag('html', _head(told), tag('body', body), lang='en')}\n"


def _sections(told: Account) -> Iterator[Raw]:
    minutes = told.minutes
    yield _opening(told)
    if minutes is None:
        yield section("The course", tag("p", NOTHING))
    else:
        yield _tiles(told, minutes)
        drawn = (picture(told, minutes, width) for width in WIDTHS)
        said = tag("figcaption", SHADED.format(told.campaign.zone))
        yield section(_every(minutes).capitalize(), tag("figure", *drawn, said))
    yield section("Incidents", _incidents(told))
    yield section("Refused", _refused(told))
    yield section("The books", _books(told))
    if minutes is not None:
        yield section(f"The numbers, {_every(minutes)}", _numbers(told, minutes))
    yield section("The report", _facts(told), tag("p", UNSAID, class_="because"))


def _every(minutes: Minutes) -> str:
    return "minute by minute" if minutes.step == 1 else f"{minutes.step:,} minutes at a time"


def _head(told: Account) -> Raw:
    more = files("fulfiller.ops.report").joinpath("report.css").read_text(encoding="utf-8")
    return tag(
        "head",
        Raw('<meta charset="utf-8">'),
        Raw('<meta name="viewport" content="width=device-width,initial-scale=1">'),
        tag("title", f"Report: {told.campaign.id}"),
        tag("style", style(), Raw(more)),
    )


def _opening(told: Account) -> Raw:
    proven = told.is_proven
    word, mark = ("The books balance", "✓") if proven else ("The books don't balance", "✗")
    badge = tag("span", tag("span", mark, aria_hidden="true"), f" {word}", class_="badge")
    return tag(
        "header",
        tag("p", "Campaign report", tag("b", told.campaign.id), class_="eyebrow"),
        tag("h1", badge, " ", tag("span", _came_to(told))),
    )


def _came_to(told: Account) -> str:
    minutes = told.minutes
    if minutes is None:
        return "No claim came in."
    entered = sum(each.entered for each in minutes.bins)
    issued = minutes.claims[Kind.CLAIM_ISSUED]
    opened = minutes.bins[-1].opened
    rest = f" {opened:,} are still open." if opened else ""
    return f"{entered:,} claims came in, {issued:,} coupons were issued.{rest}"


def _tiles(told: Account, minutes: Minutes) -> Raw:
    currency = told.campaign.value.currency
    ended = minutes.claims[Kind.CLAIM_DECLINED] + minutes.claims[Kind.CLAIM_CANCELLED]
    tiles = (
        ("coupons", f"{minutes.claims[Kind.CLAIM_ISSUED]:,}"),
        ("declined or cancelled", f"{ended:,}"),
        ("paused for", length(lasted(told.stretches, PAUSED))),
        ("held for", length(lasted(told.stretches, HELD))),
        ("half waited less than", _seconds(percentile_s(minutes.waits, 0.5))),
        ("99 of 100 waited less than", _seconds(percentile_s(minutes.waits, 0.99))),
        ("waited no longer than told", "not known"),
        ("budget", _money(told.campaign.budget, currency)),
        ("left of it", _money(minutes.bins[-1].left, currency)),
    )
    return tag(
        "dl",
        *(tag("div", tag("dt", what), tag("dd", said)) for what, said in tiles),
        class_="tiles",
    )


def _incidents(told: Account) -> Raw:
    if not told.incidents:
        return tag("p", "None: it flowed from the first claim to the last, and nobody steered it.")
    head = (("When", ""), ("What", ""), ("By", ""), ("Why", ""))
    rows = [_incident(each, told) for each in told.incidents]
    more = f"{told.hidden:,} more are in the log: fulfiller audit --campaign {told.campaign.id}"
    rest = tag("p", more) if told.hidden else Raw("")
    return every((table("Moves of modes, and what was done by hand", head, rows), rest))


def _incident(each: Incident, told: Account) -> Sequence[Raw]:
    what = f"the service: {each.what}" if each.is_services else each.what
    return (
        tag("td", _clock(each.at, told, "%d %b %H:%M:%S"), class_="number"),
        tag("th", what, scope="row", class_="wide"),
        tag("td", each.actor),
        tag("td", each.why, class_="wide"),
    )


def _refused(told: Account) -> Raw:
    if not told.refused:
        return tag("p", NOBODY_REFUSED)
    rows = [
        (
            tag("th", code.replace("_", " "), scope="row", class_="wide"),
            number(f"{claims:,}", "claims"),
        )
        for code, claims in told.refused.items()
    ]
    head = (("Why", ""), ("Claims", "number"))
    return every(
        (table("Refused claims, by reason", head, rows), tag("p", REFUSED, class_="because"))
    )


def _books(told: Account) -> Raw:
    head = (("Verdict", ""), ("Figure", ""), ("By the log", "number"), ("By the ledger", "number"))
    rows = [_balance(each, told.campaign.value.currency) for each in told.balances]
    laws = [
        (
            tag("td", sign("good", "holds") if each.ok else sign("bad", "broken")),
            tag("th", each.law, scope="row", class_="wide"),
            # What breaks a law is named by its user now and then.
            tag("td", each.detail if each.ok else "fulfiller verify names it"),
        )
        for each in told.findings
    ]
    lead = "The event log, added up from its first event on, beside what the ledger holds:"
    proof = "And every law that the store can show, over all of its campaigns:"
    return every(
        (
            tag("p", lead, class_="lead"),
            table("The event log beside the ledger", head, rows),
            tag("p", proof, class_="lead laws"),
            table("Laws", (("Verdict", ""), ("Law", ""), ("Over", "")), laws),
        )
    )


def _balance(each: Balance, currency: str) -> Sequence[Raw]:
    def said(figure: int) -> str:
        return _money(figure, currency) if each.is_money else f"{figure:,}"

    return (
        tag("td", sign("good", "even") if each.is_even else sign("bad", "apart")),
        tag("th", each.name, scope="row", class_="wide"),
        number(said(each.logged), "log"),
        number(said(each.kept), "ledger"),
    )


def _numbers(told: Account, minutes: Minutes) -> Raw:
    names = ("came in", "waitlisted", "issued", "declined", "cancelled", "parked")
    heads = ("From", *names, "open", "p50 wait", "p99 wait", "left")
    head = [(name, "number") for name in heads]
    rows = (_minute(each, told) for each in minutes.bins if each.claims or each.opened)
    return tag("div", table("The numbers", head, rows), class_="long")


def _minute(each: Bin, told: Account) -> Sequence[Raw]:
    counts = (
        (each.entered, "came in"),
        (each.claims[Kind.CLAIM_WAITLISTED], "waitlisted"),
        (each.claims[Kind.CLAIM_ISSUED], "issued"),
        (each.claims[Kind.CLAIM_DECLINED], "declined"),
        (each.claims[Kind.CLAIM_CANCELLED], "cancelled"),
        (each.claims[Kind.CLAIM_PARKED], "parked"),
        (each.opened, "open"),
    )
    return (
        tag("th", _clock(each.at, told, "%d %b %H:%M"), scope="row", class_="number"),
        *(number(f"{count:,}", of) for count, of in counts),
        number(_seconds(each.wait_s(0.5)), "p50"),
        number(_seconds(each.wait_s(0.99)), "p99"),
        number(_money(each.left, told.campaign.value.currency), "left"),
    )


def _facts(told: Account) -> Raw:
    campaign = told.campaign
    facts = (
        ("Campaign", campaign.id),
        ("Coupon", str(campaign.value)),
        ("Opened", _clock(campaign.opens_at, told, "%Y-%m-%d %H:%M")),
        ("Closed", _clock(campaign.closes_at, told, "%Y-%m-%d %H:%M")),
        ("Zone", campaign.zone),
        ("Issuing rate", str(campaign.issuing_rate or "no limit")),
        ("Made", _clock(told.made_at, told, "%Y-%m-%d %H:%M:%S")),
        ("Made again by", f"fulfiller campaign report {campaign.id}"),
    )
    pairs = (tag("div", tag("dt", name), tag("dd", fact)) for name, fact in facts)
    return tag("dl", *pairs, class_="facts")


def _clock(instant: int, told: Account, form: str) -> str:
    return moment(instant).astimezone(ZoneInfo(told.campaign.zone)).strftime(form)


def _money(amount: int, currency: str) -> str:
    figure, _, code = str(Money(amount, currency)).partition(" ")
    major, dot, minor = figure.partition(".")
    return f"{int(major):,}{dot}{minor} {code}"


def _seconds(wait_s: float | None) -> str:
    if wait_s is None:
        return "—"
    return f"{wait_s:,.2f} s" if wait_s < 10 else f"{wait_s:,.0f} s"
