"""An upstream that has nothing but a Celery client: processes that import nothing of ours."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hmac import digest
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest

from fulfiller.domain.key import Scope
from fulfiller.ops.keys import add_key, new_key
from fulfiller.settings import environment
from fulfiller.store.sqlstore import SqlStore
from tests.workers.festival import ACCOUNT, NAME

CELERY_NODE = "celery-node@0.5.9"
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


def claim(user: str, key: str, **changes: object) -> dict[str, object]:
    """Return a claim as upstreams write it."""
    return {"campaign": NAME, "user": user, "idempotency_key": key} | changes


def make_key(store: SqlStore, secret: str, scopes: Sequence[Scope] = BOTH) -> str:
    """Return a new API key of the festival's account, for a service with this root secret."""
    pepper = digest(secret.encode(), b"fulfiller api keys", "sha256")
    made = new_key(ACCOUNT, scopes, pepper=pepper, now=store.now())
    return add_key(made, store=store)


def celery_node() -> Path:
    """Return a folder in which celery-node can be required; installed once per machine."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        if environment().get("CI") == "true":
            pytest.fail("this machine has no Node.js, and CI must have it")
        pytest.skip("Node.js and npm are not on PATH")
    folder = Path(gettempdir()) / f"fulfiller-{os.getuid()}-{CELERY_NODE.replace('@', '-')}"
    if not (folder / "node_modules" / "celery-node").is_dir():
        folder.mkdir(mode=0o700, exist_ok=True)
        quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        npm = ["npm", "install", *quiet, "--prefix", str(folder), CELERY_NODE]
        subprocess.run(npm, check=True, capture_output=True, timeout=100)
    return folder


def _run(argv: list[str], messages: Sequence[object]) -> None:
    """Run a sender away from our code, and with nothing of ours on its path."""
    given: Any = json.dumps(messages).encode()
    done = subprocess.run(
        argv, input=given, cwd=gettempdir(), capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
