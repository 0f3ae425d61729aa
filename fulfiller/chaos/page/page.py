"""The page: the verdict first, then why, then everything that it rests on."""

from collections.abc import Iterator, Sequence
from importlib.resources import files

from fulfiller.chaos.outcome import Ran
from fulfiller.chaos.page.markup import Raw, every, tag
from fulfiller.chaos.page.palette import variables
from fulfiller.chaos.page.picture import WIDTHS, picture
from fulfiller.chaos.page.tables import arms, faults, harmed, invariants
from fulfiller.chaos.verdict import Word, numbered, shortfalls, verdict
from fulfiller.domain.validity import SECOND, moment

BADGES = {
    Word.HELD: ("good", "✓"),
    Word.BROKEN: ("bad", "✗"),
    Word.UNPROVEN: ("wary", "?"),
    Word.GIVEN_UP: ("wary", "■"),
}
WHY = {
    Word.HELD: "What else",
    Word.BROKEN: "Why it did not hold",
    Word.UNPROVEN: "Why it is not proven",
    Word.GIVEN_UP: "Why it was given up",
}
STYLE = "page.css"


def page(ran: Ran) -> str:
    """Return the report of a run as one file of HTML that refers to nothing else."""
    body = tag("main", *_sections(ran), class_=BADGES[verdict(ran).word][0])
    return f"<!doctype html>\n{tag('html', _head(ran), tag('body', body), lang='en')}\n"


def _sections(ran: Ran) -> Iterator[Raw]:
    yield _opening(ran)
    yield _figures(ran)
    yield from _why(ran)
    yield _timeline(ran)
    yield section("Faults", faults(ran))
    yield section("Invariants", invariants(ran))
    if ran.control is not None:
        yield section("The same without us", arms(ran, ran.control))
    yield section("The run", _facts(ran))
    yield section("Run it again", tag("pre", tag("code", ran.replay)))


def _head(ran: Ran) -> Raw:
    return tag(
        "head",
        Raw('<meta charset="utf-8">'),
        Raw('<meta name="viewport" content="width=device-width,initial-scale=1">'),
        tag("title", f"{verdict(ran).word.capitalize()}: {ran.scenario.title}"),
        tag("style", style()),
    )


def style() -> Raw:
    """Return how pages of this kind look, by day, by night and on paper."""
    sheet = files("fulfiller.chaos.page").joinpath(STYLE).read_text(encoding="utf-8")
    return Raw(variables() + sheet)


def _opening(ran: Ran) -> Raw:
    found = verdict(ran)
    _, sign = BADGES[found.word]
    badge = tag("span", tag("span", sign, aria_hidden="true"), f" {found.word}", class_="badge")
    return tag(
        "header",
        tag("p", "Chaos run", tag("b", ran.scenario.title), class_="eyebrow"),
        tag("h1", badge, " ", tag("span", found.came_to)),
        tag("p", found.because, class_="because"),
        tag("p", tag("b", "Believed: "), ran.scenario.hypothesis, class_="hypothesis"),
    )


def _figures(ran: Ran) -> Raw:
    count = ran.count
    settled = "never" if ran.settled_s is None else f"{ran.settled_s:,.1f} s"
    told = (
        ("promised", f"{count.promised:,}", ""),
        ("coupons", f"{count.issued:,}", ""),
        ("lost", f"{len(count.lost):,}", "bad" if count.lost else "good"),
        ("doubled", f"{len(count.doubled):,}", "bad" if count.doubled else "good"),
        (
            "settled" if ran.settled_s is None else "to settle",
            settled,
            "bad" if ran.settled_s is None else "",
        ),
        ("slowest answer", f"{ran.worst_s:,.1f} s", ""),
    )
    tiles = (
        tag("div", tag("dt", name), tag("dd", number, class_=tone or None))
        for name, number, tone in told
    )
    return tag("dl", *tiles, class_="tiles")


def _why(ran: Ran) -> Iterator[Raw]:
    lines = shortfalls(ran)
    if lines:
        listed = tag("ul", *(tag("li", line) for line in lines), class_="why")
        yield section(WHY[verdict(ran).word], listed, harmed(ran))


def _timeline(ran: Ran) -> Raw:
    said = (
        "Shaded or dashed from top to bottom: a fault struck."
        " Hatched: the store did not answer, so lines break off."
        if ran.samples
        else "The run ended before anything was measured."
    )
    figure = tag("figure", *(picture(ran, width) for width in WIDTHS), tag("figcaption", said))
    return section("Second by second", figure)


def _facts(ran: Ran) -> Raw:
    pairs = (tag("div", tag("dt", name), tag("dd", fact)) for name, fact in _told(ran))
    return tag("dl", *pairs, class_="facts")


def _told(ran: Ran) -> Sequence[tuple[str, str]]:
    count, scenario = ran.count, ran.scenario
    began = moment(ran.began // SECOND * SECOND).strftime("%Y-%m-%d %H:%M:%S UTC")
    workers = f"{numbered(scenario.workers, 'worker')} of {numbered(scenario.slots, 'slot')}"
    return (
        ("Began", began),
        ("Took", f"{ran.took_s:,.1f} s"),
        ("Door answers, median", f"{ran.p50_ms:,.1f} ms"),
        ("Door answers, 99 of 100 within", f"{ran.p99_ms:,.1f} ms"),
        ("Door answers, slowest", f"{ran.worst_s:,.2f} s"),
        ("Asked", numbered(count.asked, "claim")),
        ("Refused", f"{count.refused:,}"),
        ("Not answered", f"{count.unanswered:,}"),
        (
            "Declined, parked, cancelled",
            f"{count.declined:,}, {count.parked:,}, {count.cancelled:,}",
        ),
        ("Load", f"{scenario.load.rate:,g} claims a second for {scenario.load.seconds:,g} s"),
        ("Processes", f"{workers}, {numbered(scenario.keepers, 'keeper')}"),
        ("Store", ran.store),
        ("Fulfiller", ran.version),
        ("Scenario", scenario.name),
        ("Tags", ", ".join(scenario.tags) or "none"),
    )


def section(title: str, *inside: Raw) -> Raw:
    """Return a part of the page with its heading."""
    return tag("section", tag("h2", title), every(inside))
