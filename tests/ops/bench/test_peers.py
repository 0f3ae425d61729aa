"""Other task queues as arms of the bench: each issues what it is given, in small."""

import pytest

from fulfiller.ops.bench.arms import ARMS, RIVALS, Arm
from fulfiller.ops.bench.peers.roll import PEERS, Peer
from fulfiller.ops.bench.run import Bench, Options
from fulfiller.ops.bench.stage import Stage

SMALL = Options(store="postgres", rounds=1, claims=1_500, quiet_s=1.0)


@pytest.mark.slow
@pytest.mark.parametrize("arm", RIVALS, ids=[arm.name for arm in RIVALS])
def test_a_peer_issues_every_claim(arm: Arm) -> None:
    """On real servers, by its own workers; the bench closes the books and proves every law."""
    assert arm.peer is not None
    if not arm.peer.installed:
        pytest.skip(f"{arm.name} is not installed: pip install 'fulfiller[bench]'")
    bench, stage = Bench(SMALL), Stage("postgres")
    try:
        bench.play((arm,), stage)
    finally:
        stage.close()
    (sample,) = bench.samples[arm.name]
    assert sample.promised == 50
    assert sample.rate > 0
    assert sample.cpu_us["worker"] > 0
    assert sample.load_us


def test_every_peer_has_its_own_place_at_the_broker() -> None:
    """What one leaves behind is not in the way of the next, nor in that of ours."""
    databases = [peer.database for peer in PEERS]
    assert len(set(databases)) == len(databases)
    assert 0 not in databases


def test_the_bench_says_what_it_goes_without() -> None:
    """A peer that is not installed, not asked for, or has no PostgreSQL is left out in words."""
    missing = Arm(
        "nobody",
        "nobody",
        "nobody",
        1.0,
        RIVALS[0].measure,
        peer=Peer(name="nobody", package="no_such_package", words=(), database=9),
    )
    assert "pip install 'fulfiller[bench]'" in str(Bench(SMALL).left_out(missing))
    for other in (
        Options(store="postgres", rounds=1, claims=10, quiet_s=1.0, peers=False),
        Options(store="sqlite", rounds=1, claims=10, quiet_s=1.0),
    ):
        assert all(Bench(other).left_out(arm) for arm in RIVALS)
        assert not any(Bench(other).left_out(arm) for arm in ARMS if not (arm.peer or arm.needs))
