"""The load generator that is not ours, where there is one."""

from pathlib import Path
from queue import SimpleQueue
from shutil import which

import pytest

from fulfiller.ops.bench import wrk
from fulfiller.ops.bench.wrk import PROGRAM, WrkFailed, blow, scripted, told_by
from tests.ops.bench.test_answers import reply
from tests.ops.bench.test_sending import door

SAID = """\
Running 3s test @ http://127.0.0.1:80/v1/claims
  1 threads and 256 connections
Requests/sec:   2354.00

{"us":3000123,"answers":7062,"refused":2,"broken":1,"p50":106300,"p95":146200,"p99":159200}
"""


def test_the_figures_are_the_line_that_the_script_writes() -> None:
    """Whatever the program writes around it for people."""
    told = told_by(SAID)
    assert (told["answers"], told["refused"], told["broken"]) == (7_062, 2, 1)
    assert (told["us"], told["p99"]) == (3_000_123, 159_200)


def test_a_program_that_tells_nothing_says_why() -> None:
    """A script that it can't read, or a door that is not there."""
    with pytest.raises(WrkFailed, match="unable to connect"):
        told_by("", "unable to connect to 127.0.0.1:9 Connection refused\n")


@pytest.mark.skipif(which(PROGRAM) is None, reason="wrk is not on PATH")
def test_each_of_its_claims_is_somebody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it counts is what a door has answered, and refusals are told apart."""
    monkeypatch.setattr(wrk, "SECONDS", 1)
    script = tmp_path / "claims.lua"
    script.write_text(scripted("ful_key", "festival"))
    asked: SimpleQueue[bytes] = SimpleQueue()
    busy = reply(b"503 Busy", more=b"retry-after: 1\r\n")
    fine = reply(b"202 Accepted")
    with door(lambda n: fine if n % 2 else busy, heard=asked.put) as (host, port):
        told = blow(script, f"http://{host}:{port}/v1/claims")
    heads = [asked.get() for _ in range(asked.qsize())]
    assert len(set(heads)) == len(heads) >= told["answers"] > 0
    assert b"Authorization: Bearer ful_key\r\n" in heads[0]
    assert heads[0].startswith(b"POST /v1/claims HTTP/1.1\r\n")
    assert told["refused"] == pytest.approx(told["answers"] / 2, rel=0.1)
    assert told["p99"] >= told["p50"] > 0
