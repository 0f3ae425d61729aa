"""Finding a claim inside Flower, and its story: for whoever logs in, and nothing of it in logs."""

import re
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from http import HTTPStatus
from pathlib import Path
from shutil import copyfile

import httpx
import pytest

from fulfiller.domain.claim import ClaimId, public_id
from fulfiller.domain.code import BODY_SYMBOLS, CodeKey, grouped, lookup, mint
from fulfiller.service.issue import Press, issue
from fulfiller.service.move import park
from fulfiller.settings import load
from fulfiller.store.opening import open_store
from fulfiller.store.sqlstore import SqlStore
from fulfiller.wiring import code_key
from tests.contract.world import START, found, new_id, taken_in
from tests.ops.flower.conftest import Begin
from tests.ops.flower.door import PLAIN, Door

SEARCH, STORY = "/campaigns/search", "/campaigns/story/"
CANARY = "canary-li@example.com"


@pytest.fixture(scope="module")
def url(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store of these tests' own."""
    file = tmp_path_factory.mktemp("search") / "store.db"
    copyfile(_sqlite_template, file)
    return f"sqlite:///{file}"


@pytest.fixture(scope="module")
def door(begin: Begin, url: str) -> Door:
    """Flower on that store, as Celery's users start it."""
    return begin(url, *PLAIN)


@pytest.fixture(scope="module")
def store(url: str) -> Iterator[SqlStore]:
    """The same store, with two campaigns in it."""
    with closing(open_store(url, application="test")) as opened:
        found(opened)
        found(opened, id="other")
        yield opened


@pytest.fixture(scope="module")
def key(door: Door) -> CodeKey:
    """The key behind the codes, which Flower's home keeps."""
    return code_key(load({"FULFILLER_HOME": str(door.login.parent)}))


@pytest.fixture(scope="module")
def claim(store: SqlStore, key: CodeKey) -> ClaimId:
    """A claim that was parked, replayed and issued."""
    (mine,) = taken_in(store, CANARY, key="canary-order-4711")
    issue([mine], Press(store=store, key=key, now=lambda: START))
    return mine


def ask(door: Door, question: str, campaign: str = "", **headers: str) -> httpx.Response:
    """Search as the form does, and don't follow where that leads."""
    user, _, password = door.login.read_text().strip().partition(":")
    words = {"q": question, "campaign": campaign}
    return httpx.post(door.url + SEARCH, data=words, auth=(user, password), headers=headers)


def read(answer: httpx.Response) -> str:
    """Return what people read, in one line."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def test_whatever_is_known_of_a_claim_leads_to_its_story(
    door: Door, claim: ClaimId, key: CodeKey
) -> None:
    """To an address in which there is nothing but the claim's id."""
    code = mint(claim, 0, key).code
    for question in (public_id(claim), grouped(code), "canary-order-4711", f" {CANARY} "):
        answer = ask(door, question)
        assert answer.status_code == HTTPStatus.SEE_OTHER, question
        assert answer.headers["Location"] == STORY + public_id(claim)


def test_a_story_tells_what_happened_and_why(door: Door, claim: ClaimId, key: CodeKey) -> None:
    """The same words as in the terminal; its coupon's code is nowhere on the page."""
    answer = door.ask("GET", STORY + public_id(claim), login=True)
    words = read(answer)
    expected = (
        f"{public_id(claim)} issued",
        f"its coupon cpn_{claim} is expired; valid until",
        "accepted a coupon is promised, its money is reserved by intake · not sealed yet",
        "issued it has its coupon by worker",
        f"User {CANARY}",
        f"fulfiller claim story {public_id(claim)}",
    )
    assert [each for each in expected if each not in words] == []
    code = mint(claim, 0, key).code
    assert code not in answer.text
    assert grouped(code) not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "no-store" in answer.headers["Cache-Control"]
    assert "<style" not in answer.text
    assert " style=" not in answer.text


def test_several_claims_are_shown_and_one_can_be_chosen(door: Door, store: SqlStore) -> None:
    """In all campaigns, or in the one that was chosen."""
    ours, theirs = (
        taken_in(store, "wang", campaign=name, key=f"wang {name}")[0]
        for name in ("festival", "other")
    )
    answer = ask(door, "wang")
    assert answer.status_code == HTTPStatus.OK
    links = re.findall(rf'href="{STORY}(clm_[^"]+)"', answer.text)
    assert links == [public_id(ours), public_id(theirs)]
    chosen = ask(door, "wang", "other")
    assert chosen.headers["Location"] == STORY + public_id(theirs)


def test_what_nobody_knows_is_said_to_be_so(door: Door, store: SqlStore) -> None:
    """As an answer, not as a fault; whatever is typed in is shown as text."""
    assert store.campaigns()
    for odd in ("nobody", "<script>alert(1)</script>", "\x00", "'", "x" * 5_000):
        answer = ask(door, odd)
        assert answer.status_code == HTTPStatus.OK, odd
        assert "Nothing is known of that" in answer.text
        assert "<script>alert" not in answer.text
    user, _, password = door.login.read_text().strip().partition(":")
    raw = httpx.post(door.url + SEARCH, content=b"q=%ff%fe", auth=(user, password), headers=FORM)
    assert raw.status_code == HTTPStatus.OK
    unknown = door.ask("GET", f"{STORY}clm_{new_id()}", login=True)
    assert (unknown.status_code, "No claim clm_" in unknown.text) == (HTTPStatus.NOT_FOUND, True)
    assert door.ask("GET", f"{STORY}clm_7", login=True).status_code == HTTPStatus.NOT_FOUND


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_parked_claim_says_what_to_type(door: Door, store: SqlStore) -> None:
    """Why it was parked, and how it goes on."""
    (mine,) = taken_in(store, "zhao")
    park([mine], "the till is broken", store=store, now=START, actor="worker")
    words = read(door.ask("GET", STORY + public_id(mine), login=True))
    assert f"next: fulfiller parked replay|abandon {public_id(mine)}" in words
    assert "by worker: the till is broken" in words


def test_strangers_and_other_sites_find_nothing(door: Door, claim: ClaimId) -> None:
    """Without the login nothing is said, and no other site can ask in somebody's name."""
    for method, path in (("GET", SEARCH), ("POST", SEARCH), ("GET", STORY + public_id(claim))):
        answer = door.ask(method, path, login=False)
        assert answer.status_code == HTTPStatus.UNAUTHORIZED
        assert CANARY not in answer.text
    foreign = ask(door, CANARY, Origin="https://example.com")
    assert foreign.status_code == HTTPStatus.FORBIDDEN


def test_nothing_of_a_question_gets_into_logs_or_addresses(
    door: Door, claim: ClaimId, key: CodeKey
) -> None:
    """Also where somebody puts it into the address by hand: that is not looked at."""
    code = mint(claim, 0, key).code
    ask(door, code)
    ask(door, CANARY)
    form = door.ask("GET", SEARCH, login=True)
    assert form.status_code == HTTPStatus.OK
    assert 'method="post"' in form.text
    log = door.process.text()
    assert lookup(code[:BODY_SYMBOLS], key).hex() not in log
    assert [each for each in (CANARY, "canary-order", code) if each in log] == []


def test_the_overview_leads_to_the_search(door: Door) -> None:
    """With a link that people see."""
    assert f'href="{SEARCH}"' in door.ask("GET", "/campaigns", login=True).text
