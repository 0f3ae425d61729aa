"""Books: what is missing, unknown or misfilled is refused, by name and with the remedy."""

from string import Formatter

import pytest
from babel import Locale

from fulfiller.domain.error import InvalidPatience
from fulfiller.intake.phrases import shipped_phrases
from fulfiller.service.speech.book import Book, read_book
from fulfiller.service.speech.samples import preview, samples
from fulfiller.service.speech.speak import speak
from tests.service.speech.shelf import BOOKS, LIBRARY, LOCALES, bare, fixed_part

ENGLISH = (shipped_phrases() / "en.toml").read_text()
ARABIC = (shipped_phrases() / "ar.toml").read_text()


def _refused(text: str) -> str:
    with pytest.raises(InvalidPatience) as refusal:
        read_book(text, name="my.toml")
    assert str(refusal.value).startswith("my.toml: ")
    assert refusal.value.book == "my.toml"
    return str(refusal.value).removeprefix("my.toml: ")


def _changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('next = "You are next."', "", "place.next: it is missing"),
        ("next = ", "nest = ", "place.nest: there is no such phrase, did you mean place.next?"),
        (
            "\n[place.ahead]",
            "\n[place.zzzzzzzzzz]",
            "place.zzzzzzzzzz.one: there is no such phrase",
        ),
        ('"You are next."', "7", "place.next: it is no text, write it in quotes"),
        ('"You are next."', '["a"]', "place.next: it is no text"),
        ('"You are next."', "{a = {b = {}}}", "place.next.a: it is no text"),
        ('"You are next."', '""', "place.next: write 1 to 300 characters"),
        ('"You are next."', f'"{"a" * 301}"', "place.next: write 1 to 300 characters"),
        ('"You are next."', r'"You\nare"', "place.next: leave out U+000A, it can't be shown"),
        ('"You are next."', r'"\u2067You"', "place.next: leave out U+2067"),
        ("You are next.", "{who}", "place.next: {who} is unknown here, it takes no placeholder"),
        ("You are next.", "{", "place.next: "),
        ("about {high}", "about", "wait.about: {high} is missing, put it in"),
        ("about {high}", "{low}", "wait.about: {low} is unknown here, it takes {high}"),
        ("about {high}", "{high!r}", "wait.about: {high} is no placeholder, write a plain name"),
        ("about {high}", "{high:>99}", "wait.about: {high} is no placeholder"),
        ("about {high}", "{high.real}", "wait.about: {high.real} is no placeholder"),
        ("about {high}", "{}", "wait.about: {} is no placeholder"),
        ("{number} people are", "They are", "place.ahead.other: {number} is missing"),
        (
            'one = "{number} person is ahead of you."',
            "",
            "place.ahead.one: this language needs the plural forms one, other, each as a text",
        ),
        (
            'one = "{number} person',
            'two = "x"\none = "{number} person',
            "place.ahead.two: there is no such phrase, did you mean place.ahead.one?",
        ),
        (
            "\n[place.ahead]",
            '\n[place]\nahead = "{number}"\n[x]',
            "TOML: ",
        ),
        ('language = "en"', "", "language: write it at the top of the file"),
        ('language = "en"', 'language = "e"', "language: 'e' is no tag such as zh-Hans"),
        ('language = "en"', 'language = "ar"', "formats: 'en-GB' is not in ar, try 'ar'"),
        ('formats = "en-GB"', 'formats = "english"', "formats: 'english' is no locale such as"),
        ('formats = "en-GB"', 'formats = ""', "formats: '' is no locale such as"),
        ('joint = " "', "joint = 1", "joint: write it at the top of the file"),
        ('language = "en"', "language = en", "TOML: "),
    ],
)
def test_a_broken_book_is_refused(old: str, new: str, said: str) -> None:
    """The first flaw, with file, phrase, placeholder and remedy."""
    assert _refused(_changed(ENGLISH, old, new)).startswith(said)


@pytest.mark.parametrize("form", ["zero", "one", "two", "few", "many", "other"])
def test_arabic_needs_all_its_six_forms(form: str) -> None:
    """A person in line at the one number that was forgotten would get no answer."""
    text = "\n".join(line for line in ARABIC.splitlines() if not line.startswith(f"{form} = "))
    assert _refused(text) == (
        f"place.ahead.{form}: this language needs the plural forms "
        "few, many, one, other, two, zero, each as a text"
    )


def test_only_a_form_of_one_number_may_spell_it_out() -> None:
    """Two people are two, but few may be three or ten."""
    few = _changed(ARABIC, "أمامك {number} أشخاص.", "أمامك أشخاص.")
    assert _refused(few) == "place.ahead.few: {number} is missing, put it in"
    one = _changed(ENGLISH, "{number} person is", "One person is")
    assert read_book(one, name="my.toml").phrases["place.ahead.one"].startswith("One person")


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.language)
def test_a_shipped_book_is_whole(book: Book) -> None:
    """Same phrases and placeholders as the English one, plural forms as its language has them."""
    forms = {
        f"place.ahead.{form}" for form in Locale.parse(LOCALES[book.language]).plural_form.tags
    }
    english = {name for name in BOOKS[0].phrases if not name.startswith("place.ahead.")}
    optional = {"wait.in_one_unit"} - book.phrases.keys()
    assert book.phrases.keys() == (english - optional) | forms | {"place.ahead.other"}
    for name in english - optional:
        assert _holes(book.phrases[name]) == _holes(BOOKS[0].phrases[name])


def _holes(text: str) -> set[str | None]:
    return {hole for _, hole, _, _ in Formatter().parse(text)} - {None}


def test_the_shipped_languages() -> None:
    """Those of the festival's people, one by one."""
    assert LIBRARY.books.keys() == LOCALES.keys()


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.language)
def test_a_preview_has_every_phrase(book: Book) -> None:
    """Whoever writes phrases sees each of them in a message before people do."""
    shown = bare(preview(book, "Asia/Shanghai"))
    unheard = [name for name in book.phrases if fixed_part(book, name) not in shown]
    assert [name for name in unheard if not name.startswith("place.ahead.")] == []
    assert {
        f"{each.situation}\n{bare(speak(each, book))}" for each in samples("Asia/Shanghai")
    } == {*shown.split("\n\n")}


def test_a_campaign_has_its_own_words() -> None:
    """Over the shipped ones, one by one, in tables or by dotted names; the book stays as it is."""
    own = {"opening": {"full": "Try the other line."}, "place.ahead": {"one": "One to go."}}
    amended = BOOKS[0].amended(own)
    assert amended.phrases["opening.full"] == "Try the other line."
    assert amended.phrases["place.ahead.one"] == "One to go."
    assert amended.phrases["place.ahead.other"] == BOOKS[0].phrases["place.ahead.other"]
    assert BOOKS[0].phrases["opening.full"] != "Try the other line."


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"opening": {"ful": "x"}}, "opening.ful: there is no such phrase, did you mean openi"),
        ({"wait": {"about": "x"}}, r"wait.about: \{high\} is missing, put it in"),
        ({"opening": {"full": None}}, "opening.full: it is no text"),
        ({"opening.full": "x", "opening": {"full": "y"}}, "opening.full: it is written twice"),
        ({"place": {"ahead": "{number}"}}, "place.ahead: this language needs the plural forms"),
        ({"language": "ar"}, "language: there is no such phrase"),
    ],
)
def test_a_campaigns_words_are_proofread_alike(own: dict[str, object], said: str) -> None:
    """What would be refused in a file is refused in a campaign."""
    with pytest.raises(InvalidPatience, match=rf"en\.toml, amended: {said}"):
        BOOKS[0].amended(own)
