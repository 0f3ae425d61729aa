"""Giving way, as Linux shares the processor out: among sessions, then within each."""

import subprocess
import sys

import pytest

from fulfiller.ops.yielding import AUTOGROUP

GIVING_WAY = "from fulfiller.ops.yielding import give_way; give_way(7)"
SHOWING = "from pathlib import Path; print(Path('/proc/self/autogroup').read_text())"


def group_after(*steps: str, apart: bool) -> str:
    """Return how a process's session stands after these steps, maybe in a session of its own.

    That is a line such as "/autogroup-7 nice 0", and nothing for a process of no session.
    """
    program = [sys.executable, "-c", "; ".join((*steps, SHOWING))]
    done = subprocess.run(
        program, start_new_session=apart, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this system knows no groups of sessions")
def test_a_session_of_its_own_gives_way_as_a_whole() -> None:
    """Else the niceness of a process in it would count for nothing against other sessions."""
    assert group_after(GIVING_WAY, apart=True).endswith(" nice 7")


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this system knows no groups of sessions")
def test_the_session_of_others_is_left_alone() -> None:
    """A process started from a shell does not slow down whatever else runs there."""
    before = AUTOGROUP.read_text().strip()
    assert group_after(GIVING_WAY, apart=False) == before
    assert AUTOGROUP.read_text().strip() == before
