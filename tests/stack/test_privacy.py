"""No word that names a person or is worth money leaves the store: it is looked for everywhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from redis import Redis

from fulfiller.broker.app import celery_app
from fulfiller.broker.topology import SUBMIT_QUEUE, SUBMIT_TASK
from fulfiller.client import Client
from fulfiller.domain.campaign import Campaign
from fulfiller.domain.key import Scope
from fulfiller.domain.money import Money
from fulfiller.domain.pace import Rate
from fulfiller.domain.validity import DAY, Validity
from fulfiller.ops.flower.login import login
from fulfiller.ops.keys import add_key, new_key
from fulfiller.ops.supervise.plan import Plan
from fulfiller.ops.supervise.stack import Stack
from fulfiller.service.create import create
from fulfiller.service.rates import By, set_rate
from fulfiller.service.steer import Act, pause
from fulfiller.wiring import Truth, open_broker, pepper
from tests.ops.test_cli import runner
from tests.stack.marked import Marked, command_lines, content
from tests.stack.running import running
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
CAMPAIGN = "spring-festival"
USER, GRANT, LIMIT = "canary-user@example.com", "canary-friend", "canary-phone"
KEY, BAD_KEY = "canary-order", "ful_canary_c2VjcmV0"
BURST = 40
LIVE = f"/campaigns/live?campaign={CAMPAIGN}"
UNFILLED = ("/campaigns/steer", f"/api/campaigns/{CAMPAIGN}/series?range=5m&format=csv")
"""Pages of the campaigns that don't name any."""


@pytest.fixture(scope="module")
def said() -> list[str]:
    """What all processes of the stack say."""
    return []


@pytest.fixture(scope="module")
def stack(said: list[str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole stack on real processes, with every line that it says."""
    debug = {"FULFILLER_LOG_LEVEL": "debug"}
    plan = Plan(workers=1, variables=debug)
    with running(tmp_path_factory, plan, lambda name, line: said.append(f"{name} {line}")) as stack:
        yield stack


def test_no_word_of_a_person_leaves_the_store(stack: Stack, truth: Truth, said: list[str]) -> None:
    """Users, API keys and codes are in no page, answer, message, log, figure or command line."""
    marked = Marked()
    key = _begin(stack, truth, marked)
    _claim(stack, key, marked)
    _claim_through_celery(stack, key)
    _go_wrong(stack, key)
    until(lambda: _is_quiet(stack), within_s=30, what="everything is done")
    _steer(stack, truth, key)

    _look_into_flower(stack, marked)
    _look_into_a_report(stack, marked)
    _look_into_the_broker(stack, marked)
    metrics = _key(stack, truth, Scope.AUDIT_READ)
    bearer = {"authorization": f"Bearer {metrics}"}
    for path in ("/metrics", f"/v1/campaigns/{CAMPAIGN}", "/v1/scale"):
        answer = httpx.get(stack.urls.intake + path, headers=bearer)
        assert answer.status_code == 200, path
        marked.look(f"intake {path}", answer.text)
    for log in stack.settings.home.rglob("*.log"):
        marked.look(str(log), log.read_text(errors="replace"))
    marked.look("what is said", "\n".join(said))
    marked.look("command lines", command_lines())

    assert marked.hits == []
    _check_that_looking_finds(stack, marked)


def _begin(stack: Stack, truth: Truth, marked: Marked) -> str:
    """Open a campaign and return a key; remember every secret there is by now."""
    now = truth.now()
    campaign = Campaign(
        id=CAMPAIGN,
        owner="owner",
        value=Money(2500, "CNY"),
        budget=2500 * 10_000,
        opens_at=now,
        closes_at=now + DAY,
        zone="Asia/Shanghai",
        validity=Validity(days=30),
    )
    assert create(campaign, store=truth, now=now, actor="test")
    key = _key(stack, truth, Scope.CLAIM_WRITE, Scope.CLAIM_READ)
    marked.learn(key.split("_", 2)[2])
    marked.learn(stack.settings.secret)
    marked.learn(login(stack.settings).partition(":")[2])
    return key


def _claim(stack: Stack, key: str, marked: Marked) -> None:
    """Submit claims one by one and in a burst, and look at what came of them."""
    with Client(stack.urls.intake, key) as client:
        alone = client.submit(CAMPAIGN, user=USER, grant=GRANT, key=KEY)
        many = [client.submit(CAMPAIGN, user=f"{USER}-{number}") for number in range(BURST)]
        for claim in (alone, *many):
            coupon = client.wait(claim.claim_id, within_s=30).coupon
            assert coupon is not None
            marked.learn(coupon.code)
            _ask(stack, "GET", f"/v1/coupons/{coupon.code}", key)


def _claim_through_celery(stack: Stack, key: str) -> None:
    """Enqueue a claim as any Celery client does, which writes its arguments into the message."""
    claim = {"campaign": CAMPAIGN, "user": f"{USER}-celery", "idempotency_key": f"{KEY}-celery"}
    app = celery_app(stack.settings.broker_url)
    kwargs = {"api_key": key, "claims": [claim | {"limit_key": LIMIT}]}
    app.send_task(SUBMIT_TASK, kwargs=kwargs, queue=SUBMIT_QUEUE, task_id="one")
    spoiled = kwargs | {"claims": [claim | {"tier": LIMIT}]}
    app.send_task(SUBMIT_TASK, kwargs=spoiled, queue=SUBMIT_QUEUE, task_id="two")
    app.send_task(SUBMIT_TASK, kwargs={"api_key": BAD_KEY, "claims": [claim]}, queue=SUBMIT_QUEUE)
    app.send_task(SUBMIT_TASK, args=[USER], queue=SUBMIT_QUEUE)
    app.close()


def _go_wrong(stack: Stack, key: str) -> None:
    """Send what is refused, in every way in which somebody's words could end in a log."""
    claim = {"campaign": CAMPAIGN, "user": USER}
    for body in (claim | {"tier": LIMIT}, claim | {"campaign": GRANT}, [USER], claim):
        _ask(stack, "POST", "/v1/claims", key, json=body, headers={"idempotency-key": KEY})
    _ask(stack, "POST", "/v1/claims", BAD_KEY, json=claim)
    _ask(stack, "GET", f"/v1/claims?key={KEY}", key)
    _ask(stack, "GET", f"/{USER}", key)
    with Redis.from_url(stack.settings.broker_url) as broker:
        broker.rpush("fulfiller:claims.p2", f"no message, {USER}", f'{{"body": "{USER}"}}')


def _steer(stack: Stack, truth: Truth, key: str) -> None:
    """Limit a merchant by its key so that claims wait for it, and pause all."""
    by = By(reason="one till", actor="operator:li", now=truth.now())
    set_rate((CAMPAIGN, LIMIT), Rate.parse("1/h"), by, store=truth)
    with Client(stack.urls.intake, key) as client:
        for number in range(4):
            client.submit(CAMPAIGN, user=f"{USER}-late-{number}", limit_key=LIMIT)
    act = Act(reason="slow tills", actor="operator:li", now=truth.now())
    pause(CAMPAIGN, act, store=truth)


def _look_into_flower(stack: Stack, marked: Marked) -> None:
    """Read every page and every answer of the REST API, for each worker and each task."""
    user, _, password = login(stack.settings).partition(":")
    with httpx.Client(base_url=stack.urls.flower, auth=(user, password), timeout=30) as flower:
        workers = flower.get("/api/workers?refresh=1").json()
        tasks = flower.get("/api/tasks").json()
        assert any(task["name"] == SUBMIT_TASK for task in tasks.values())
        table = "draw=1&start=0&length=500&order[0][column]=0&columns[0][data]=name&search[value]="
        paths = [
            "/", "/workers", "/tasks", "/broker", "/metrics", f"/tasks/datatable?{table}",
            "/api/workers", "/api/tasks", "/api/task/types", "/api/queues/length",
            "/campaigns", "/campaigns/board", "/api/campaigns", f"/campaigns/view/{CAMPAIGN}",
            f"{LIVE}&once=1", f"/campaigns/steer/{CAMPAIGN}",
            "/campaigns/search", f"/api/campaigns/{CAMPAIGN}/series?range=all",
            *UNFILLED,
            *(f"/worker/{name}" for name in workers),
            *(f"/task/{task_id}" for task_id in tasks),
            *(f"/api/task/info/{task_id}" for task_id in tasks),
        ]  # fmt: skip
        for path in paths:
            answer = flower.get(path)
            assert answer.status_code == 200, path
            marked.look(f"flower {path}", answer.text)
            filled = "/campaigns" in path and path not in UNFILLED
            assert not filled or CAMPAIGN in answer.text, "the tab is filled"
        until(lambda: "claims wait for them" in flower.get(f"{LIVE}&once=1").text)
        marked.look("flower limits", flower.get(f"{LIVE}&once=1").text)
        with flower.stream("GET", LIVE) as stream:
            heard = next(line for line in stream.iter_lines() if CAMPAIGN in line)
            marked.look(f"flower {LIVE}", heard)


def _look_into_a_report(stack: Stack, marked: Marked) -> None:
    """Read the file that is passed around after the event."""
    home = stack.settings.home
    run = runner(FULFILLER_HOME=str(home), FULFILLER_STORE_URL=stack.settings.store_url)
    done = run("campaign", "report", CAMPAIGN, "--out", str(home / "report.html"))
    assert done.exit_code == 0, done.output
    text = (home / "report.html").read_text("utf-8")
    assert "for one limit key" in text
    marked.look("report", text)


def _look_into_the_broker(stack: Stack, marked: Marked) -> None:
    """Read every key, each by the command for its type."""
    with Redis.from_url(stack.settings.broker_url) as broker:
        for name in broker.scan_iter():
            marked.look(f"broker {name!r}", f"{name!r} {content(broker, name)!r}")
    assert any("quarantine" in place for place in marked.places)


def _check_that_looking_finds(stack: Stack, marked: Marked) -> None:
    """Each way of looking finds a word that is there; the store has people, and no code or key."""
    for place in [
        place for place in marked.places if re.match("flower|broker|intake|report", place)
    ]:
        assert marked.places[place], place
    probe = Marked(words=set(marked.words))
    with Redis.from_url(stack.settings.broker_url) as broker:
        broker.rpush("fulfiller:probe", USER)
        _look_into_the_broker(stack, probe)
        broker.delete("fulfiller:probe")
    assert probe.hits
    file = Path(stack.settings.store_url.removeprefix("sqlite:///"))
    wal = file.with_name(file.name + "-wal")
    stored = (file.read_bytes() + wal.read_bytes()).decode("latin-1").casefold()
    assert {word for word in marked.words if word in stored} == {"canary"}


def _is_quiet(stack: Stack) -> bool:
    """Return whether every message was taken in, and every claim is done."""
    queue = open_broker(stack.settings)
    lengths, submitted, aside = queue.lengths(), queue.submitted(), queue.quarantined()
    queue.close()
    flaws = {"malformed_submission", "malformed_claim", "undecodable", "misshapen"}
    return not any((lengths or {"?": 1}).values()) and bool(
        (submitted or {}).get("accepted") and flaws <= (aside or {}).keys()
    )


def _key(stack: Stack, truth: Truth, *scopes: Scope) -> str:
    fresh = new_key("caller", scopes, pepper=pepper(stack.settings), now=truth.now())
    return add_key(fresh, store=truth)


def _ask(stack: Stack, method: str, path: str, key: str, **more: object) -> None:
    headers = {"authorization": f"Bearer {key}", **more.pop("headers", {})}  # type: ignore[dict-item]
    httpx.request(method, stack.urls.intake + path, headers=headers, **more)  # type: ignore[arg-type]
