"""Whatever is sent, the door answers as its contract says: requests drawn from the document."""

import re
import subprocess
import sys
from pathlib import Path

from fulfiller.domain.key import Scope
from fulfiller.intake.contract import OPERATIONS
from fulfiller.intake.parts import Limits
from fulfiller.store.proof import prove
from tests.intake.door import Door, opened, submit
from tests.intake.limited import limits

EXAMPLES = 10
"""Drawn per operation, on top of examples, of every boundary, and of ways along the links."""
SETTINGS = """
headers = {{ Authorization = "Bearer {key}" }}

[parameters]
"path.code" = "{coupon}"

[checks]
# A claim that was cancelled can be seen for ever.
use_after_free.enabled = false

[checks.positive_data_acceptance]
# Whatever is not there, taken by now or over by now is no fault of the request.
expected-statuses = ["2xx", "401", "403", "404", "409", "410", "5xx"]

[[operations]]
# Terms may contradict each other in more ways than a schema can say: an end before its start.
include-operation-id = "create_campaign"
checks.positive_data_acceptance.enabled = false

[[operations]]
# A key that was used for another claim is refused, and no schema knows which ones were used.
include-operation-id = "submit_claim"
checks.positive_data_acceptance.enabled = false

[[operations]]
# In the place of an id stands `batch` now and then, whatever the pattern says of ids.
include-operation-id = ["show_claim", "cancel_claim"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "404", "405", "409"]

[[operations]]
include-operation-id = "explain_problem"
[operations.parameters]
"path.code" = "sold_out"

[[operations]]
# Each claim of a batch has a result of its own, in an answer that is a success.
include-operation-id = "submit_claims"
checks.negative_data_rejection.expected-statuses = [207, "4xx"]
"""


def _coupon(door: Door) -> str:
    with door.caller("palace") as owner:
        claim = submit(owner, "first")
        door.issue(claim.json())
        return str(owner.get(claim.headers["location"]).json()["coupon"]["code"])


def test_any_request_is_answered_as_documented(sqlite_url: str, tmp_path: Path) -> None:
    """No 5xx, no status, header, type or shape that is not documented, and the books balance."""
    often = limits(user=("5/s", 20), account=("100/s", 200), address=("100/s", 200))
    with opened(sqlite_url, limits=Limits(wait_max_s=0.01), door=often) as door:
        door.campaign()
        key = door.key("palace", frozenset(Scope))
        settings = tmp_path / "schemathesis.toml"
        settings.write_text(SETTINGS.format(key=key, coupon=_coupon(door)))
        run = subprocess.run(
            [Path(sys.executable).with_name("schemathesis"), "--config-file", str(settings),
             "run", f"{door.url}/openapi.json", "--no-color", "--seed=1",
             f"--max-examples={EXAMPLES}"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stdout + run.stderr
        assert re.search(rf"Tested: {len(OPERATIONS)}$", run.stdout, re.MULTILINE), run.stdout
        assert all(f"✅  {phase}" in run.stdout for phase in ("Coverage", "Fuzzing", "Stateful"))
    assert [finding for finding in prove(sqlite_url) if not finding.ok] == []
