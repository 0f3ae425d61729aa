"""An upstream that has nothing but a Celery client: processes that import nothing of ours."""

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hmac import digest
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from uuid import uuid4

import pytest

from fulfiller.broker.queue import CeleryQueue
from fulfiller.domain.key import Scope
from fulfiller.domain.stripe import Count, counted
from fulfiller.domain.tier import Tier
from fulfiller.ops.keys import add_key, new_key
from fulfiller.settings import environment
from fulfiller.store.sqlstore import SqlStore
from tests.waiting import until
from tests.workers.festival import ACCOUNT, NAME, Festival

CELERY_NODE = "celery-node@0.5.9"
NODE_FOLDER = Path(__file__).parents[2] / ".pytest_cache" / CELERY_NODE
BOTH = (Scope.CLAIM_WRITE, Scope.CLAIM_READ)

PYTHON = """
import json, sys
from celery import Celery

url, messages = sys.argv[1], json.load(sys.stdin)
app = Celery(broker=url, broker_transport_options={"global_keyprefix": "fulfiller:"})
for message in messages:
    app.send_task("claims.submit", kwargs=message, queue="claims.in")
assert "fulfiller" not in sys.modules
"""

NODE = """
const celery = require("celery-node");
const [url, messages] = [process.argv[2], JSON.parse(require("fs").readFileSync(0))];
const client = celery.createClient(url, url, "fulfiller:claims.in");
const task = client.createTask("claims.submit");
client.isReady().then(async () => {
  for (const message of messages) task.applyAsync([], message);
  await new Promise((resolve) => setImmediate(resolve));
  await client.disconnect();
});
"""


@dataclass(frozen=True, slots=True)
class Upstream:
    """Somebody who enqueues claims with a key of theirs."""

    broker_url: str
    api_key: str

    def message(self, *claims: object, **changes: object) -> dict[str, object]:
        """Return the keywords of a submission."""
        return {"api_key": self.api_key, "claims": list(claims)} | changes

    def python(self, *messages: object) -> None:
        """Send messages with Python's Celery."""
        _run([sys.executable, "-c", PYTHON, self.broker_url], messages)

    def node(self, folder: Path, *messages: object) -> None:
        """Send messages with celery-node, which lies in this folder."""
        script = folder / "send.js"
        script.write_text(NODE)
        _run(["node", str(script), self.broker_url], messages)

    def example(self, code: list[str], node_folder: Path | None = None) -> None:
        """Run an example of the manual, in Node if there is a folder with celery-node."""
        program = sys.executable if node_folder is None else "node"
        _run(
            [program, *code],
            (),
            BROKER_URL=self.broker_url,
            FULFILLER_API_KEY=self.api_key,
            NODE_PATH=str((node_folder or Path()) / "node_modules"),
        )


def example(manual: str, language: str) -> str:
    """Return the code of the first fenced block in this language."""
    return manual.partition(f"```{language}\n")[2].partition("```")[0]


def claim(user: str, key: str, **changes: object) -> dict[str, object]:
    """Return a claim as upstreams write it."""
    return {"campaign": NAME, "user": user, "idempotency_key": key} | changes


def raw(payload: object, links: object = None, **headers: object) -> bytes:
    """Return a message as it lies in Redis: of keywords, or of positional arguments."""
    args, kwargs = (payload, {}) if isinstance(payload, list) else ([], payload)
    body = json.dumps([args, kwargs, links or {}])
    where = {"exchange": "", "routing_key": "fulfiller:claims.in"}
    message = {
        "body": b64encode(body.encode()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"lang": "js", "task": "claims.submit", "id": str(uuid4())} | headers,
        "properties": {"body_encoding": "base64", "delivery_info": where, "delivery_tag": "one"},
    }
    return json.dumps(message).encode()


def make_key(
    store: SqlStore, secret: str, scopes: Sequence[Scope] = BOTH, *, days: int | None = None
) -> str:
    """Return a new API key of the festival's account, for a service with this root secret."""
    pepper = digest(secret.encode(), b"fulfiller api keys", "sha256")
    made = new_key(ACCOUNT, scopes, pepper=pepper, now=store.now(), days=days)
    return add_key(made, store=store)


def counted_up(queue: CeleryQueue, **outcomes: int) -> bool:
    """Return whether exactly these outcomes were counted so far."""
    return queue.submitted() == outcomes


def entered(festival: Festival) -> int:
    """Return how many claims the books know."""
    stripes = festival.store.stripes(NAME)
    return sum(counted(stripes, Count.ENTERED, tier) for tier in Tier)


def sent_ten_times(festival: Festival, queue: CeleryQueue, upstream: Upstream) -> None:
    """Send one claim ten times and see that it is one claim, which is found by its key."""
    before = entered(festival)
    upstream.python(*[upstream.message(claim("tang", "ten times"))] * 10)
    until(lambda: counted_up(queue, accepted=1, repeated=9), within_s=20)
    assert entered(festival) == before + 1
    found = festival.store.by_key([(ACCOUNT, "ten times")])
    view = festival.store.view(found.values())
    assert [seen.claim.user for seen in view.values()] == ["tang"]


def celery_node() -> Path:
    """Return a folder in which celery-node can be required; installed once per checkout."""
    if not (NODE_FOLDER / "installed").exists():
        NODE_FOLDER.mkdir(parents=True, exist_ok=True)
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        npm = ["npm", "install", *quiet, "--prefix", str(NODE_FOLDER), CELERY_NODE]
        try:
            subprocess.run(npm, check=True, capture_output=True, timeout=100)
        except (OSError, subprocess.SubprocessError) as fault:
            if environment().get("CI") == "true":
                raise
            pytest.skip(f"celery-node can't be installed: {fault}")
        (NODE_FOLDER / "installed").touch()
    return NODE_FOLDER


def _run(argv: list[str], messages: Sequence[object], **env: str) -> None:
    """Run a sender away from our code, and with nothing of ours on its path."""
    given: Any = json.dumps(messages).encode()
    done = subprocess.run(
        argv,
        input=given,
        cwd=gettempdir(),
        env=environment(**env),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
