"""What a run tells in the terminal: short where all is well, and in detail where it is not."""

from fulfiller.ops.chaos.telling import in_words
from tests.chaos.outcomes import RUNS, clean, failed, hostile, skipped


def test_a_run_that_held_is_told_in_few_lines() -> None:
    """The verdict, the faults, how many invariants hold, the other arm, and what to do next."""
    told = in_words(clean(), "chaos.html").splitlines()
    assert told[0].startswith("Held: 3,204 promises, 3,204 coupons")
    assert "17 invariants hold." in told
    assert "Nothing to judge for S3, L2." in told
    assert "The last claim came to its end 2.1 s after the last fault and the last answer." in told
    assert "Plain Celery under the same cuts: 40 sent, 33 done, 7 lost." in told
    assert told[-2:] == [
        "Report: chaos.html",
        "Again:  fulfiller chaos run killed-workers --seed 7",
    ]
    assert len(told) < 25


def test_faults_are_a_table() -> None:
    """Each stroke in a line, with what was seen."""
    told = in_words(skipped()).splitlines()
    head = next(n for n, line in enumerate(told) if line.startswith("At "))
    assert told[head + 1].endswith("process 4030 is gone, 4037 is in its place")
    assert told[head + 2].endswith("(pip install libfaketime)")
    assert told[head + 3].endswith("nothing was seen of it")


def test_what_is_broken_is_spelled_out() -> None:
    """With its offenders, and the claims that came to harm, ten of each."""
    told = in_words(failed())
    assert "L1 BROKEN 15 times: nothing that was promised is lost" in told
    assert "17 invariants hold." in told
    assert "asked were 500 ms" in told
    assert "Claims were still open when the run ended." in told
    (lost,) = [line for line in told.splitlines() if line.startswith("Lost:")]
    assert lost.endswith("and 13 more")


def test_every_run_can_be_told() -> None:
    """Whatever became of it, the verdict comes first and the way to see it again last."""
    for made in RUNS.values():
        ran = made()
        if ran != hostile():
            assert in_words(ran).splitlines()[-1] == f"Again:  {ran.replay}"
