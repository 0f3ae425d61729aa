"""Choosing a language: wishes in their order, what comes close, and hostile headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfiller.domain.error import InvalidPatience
from fulfiller.service.speech.library import Library
from fulfiller.service.speech.tags import HEADER_MAX, WISHES_MAX, nearest, wishes
from tests.service.speech.shelf import BOOKS, LIBRARY

SIMPLIFIED_ONLY = Library.of(book for book in BOOKS if book.language != "zh-Hant")
TRADITIONAL_ONLY = Library.of(book for book in BOOKS if book.language != "zh-Hans")
ANYTHING = st.none() | st.text() | st.text("zhHansTWar-_,;q=01.* \t")


@pytest.mark.parametrize(
    ("locale", "header", "campaign", "chosen"),
    [
        (None, None, None, "en"),
        ("", "", "", "en"),
        # The claim's locale, then the header, then the campaign's, then English.
        ("ar", "zh-CN", "zh-TW", "ar"),
        (None, "zh-CN", "ar", "zh-Hans"),
        (None, None, "ar", "ar"),
        ("tlh", "fr", "sv", "en"),
        ("tlh", "fr", "zh-TW", "zh-Hant"),
        ("tlh", "fr, ar;q=0.1", "zh-TW", "ar"),
        # Chinese by script, by region, and by neither.
        ("zh", None, None, "zh-Hans"),
        ("zh-CN", None, None, "zh-Hans"),
        ("zh-SG", None, None, "zh-Hans"),
        ("zh-TW", None, None, "zh-Hant"),
        ("zh-HK", None, None, "zh-Hant"),
        ("zh-MO", None, None, "zh-Hant"),
        ("zh-Hant-CN", None, None, "zh-Hant"),
        ("zh-Hans-HK", None, None, "zh-Hans"),
        ("ZH_hant_hk", None, None, "zh-Hant"),
        ("zh_CN", None, None, "zh-Hans"),
        ("cmn-TW", None, None, "zh-Hant"),
        ("yue", None, None, "zh-Hant"),
        # Regions and variants of others.
        ("ar-EG", None, None, "ar"),
        ("ar-Arab-EG-u-nu-arab", None, None, "ar"),
        ("en-GB-oxendict", "ar", None, "en"),
        # Weights.
        (None, "en;q=0.5, ar;q=0.9", None, "ar"),
        (None, "en;q=0.9, ar;q=0.9", None, "en"),
        (None, "en;q=0.2, ar ; q = 0.300 ,fr", None, "ar"),
        (None, "EN;Q=0.1,AR;Q=0.2", None, "ar"),
        (None, "ar;q=0, en;q=0.1", None, "en"),
        (None, "ar;q=0.000", "zh", "zh-Hans"),
        # Anything will do: the campaign's.
        (None, "*", "ar", "ar"),
        (None, "fr, *;q=0.5, en;q=0.1", "ar", "ar"),
        (None, "en, *;q=0.5", "ar", "en"),
        # Malformed parts are passed over, and the rest is heard.
        (None, "ar;q=2, en;q=x, zh-TW;q=0.1", None, "zh-Hant"),
        (None, ";;;,,,q=1,-,--, ar", None, "ar"),
        ("a", "ar", None, "ar"),
        ("ar\N{KELVIN SIGN}", "zh", None, "zh-Hans"),
        ("ar-" + "x" * 40, "zh", None, "zh-Hans"),
        ("ar\n", "zh", None, "zh-Hans"),
        ("٣٣", "zh", None, "zh-Hans"),
    ],
)
def test_the_first_wish_that_can_be_met_is_met(
    locale: str | None, header: str | None, campaign: str | None, chosen: str
) -> None:
    """Each wish with all that comes close to it, before the next."""
    assert LIBRARY.choose(locale, header, campaign).language == chosen


def test_the_other_script_is_closer_than_another_language() -> None:
    """Traditional, then simplified, then what else was wished."""
    assert nearest("zh-HK") == ("zh-Hant-HK", "zh-HK", "zh-Hant", "zh", "zh-Hans")
    assert SIMPLIFIED_ONLY.choose("zh-HK").language == "zh-Hans"
    assert SIMPLIFIED_ONLY.choose(None, "zh-HK, ar;q=0.9").language == "zh-Hans"
    assert Library.of(BOOKS[:1]).choose("zh-HK").language == "en"
    assert TRADITIONAL_ONLY.choose("zh-CN").language == "zh-Hant"


def test_letters_that_only_look_alike_make_no_tag() -> None:
    """The Kelvin sign is a small k to whoever ignores case."""
    assert nearest("ko") == ("ko",)
    assert nearest("\N{KELVIN SIGN}o") == ()
    assert wishes("\N{KELVIN SIGN}o, en") == ["en"]


@given(ANYTHING, ANYTHING, ANYTHING)
def test_no_wish_is_a_fault(locale: str | None, header: str | None, campaign: str | None) -> None:
    """Whatever strangers send, there is a book."""
    assert LIBRARY.choose(locale, header, campaign) in BOOKS


def test_a_hostile_header_costs_no_more_than_a_long_one() -> None:
    """Of many wishes the first are heard, of a long header the start, cut between wishes."""
    assert len(wishes("ar," * 10**6)) <= WISHES_MAX
    assert wishes(", " * 10**6) == []
    assert wishes("a" * 10**6) == []
    assert wishes(f"en{' ' * 10**6};q=1") == []
    padded = f"en{' ' * (HEADER_MAX - 7)}, zh-Hant"
    assert padded[:HEADER_MAX].endswith("zh-")
    assert wishes(padded) == ["en"]


def test_a_library_has_one_book_per_language_and_one_in_english() -> None:
    """Otherwise nobody could tell what people read."""
    with pytest.raises(InvalidPatience, match=r"en\.toml is in en, too; keep one"):
        Library.of([*BOOKS, BOOKS[0].amended({})])
    with pytest.raises(InvalidPatience, match=r"add en\.toml"):
        Library.of(BOOKS[1:])


def test_a_campaign_amends_some_books() -> None:
    """Its own words in its languages, and the shipped ones in all others."""
    own = {"zh-hant": {"opening": {"paused": "請稍候。"}}}
    amended = LIBRARY.amended(own)
    assert amended.choose("zh-TW").phrases["opening.paused"] == "請稍候。"
    assert LIBRARY.choose("zh-TW").phrases["opening.paused"] != "請稍候。"
    assert amended.choose("ar") is LIBRARY.choose("ar")


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("zh-Hand", "did you mean zh-Han"),
        ("tlh", "there are ar, en, zh-Hans, zh-Hant"),
        ("", "there are ar, en"),
    ],
)
def test_a_campaign_can_amend_only_what_there_is(tag: str, said: str) -> None:
    """A misspelled language would never be spoken."""
    with pytest.raises(InvalidPatience, match=f"there is no book in this language, {said}"):
        LIBRARY.amended({tag: {}})
