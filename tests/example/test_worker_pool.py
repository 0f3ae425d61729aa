"""An experiment of one's own, in ten lines: copy it, and break what you like.

The fixtures are there wherever Fulfiller is installed (`fulfiller.testing.plugin`).
"""

from typing import Any

import pytest

from fulfiller.chaos.fault.process import Kill
from fulfiller.testing.trial import Trial


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_killed_worker_costs_nobody_a_coupon(
    fulfiller_load: Any, fulfiller_faults: Trial, fulfiller_checker: Trial
) -> None:
    """Whoever was promised a coupon has one, and only one."""
    with fulfiller_load(rate=100, seconds=4):
        fulfiller_faults.strike(Kill(on="worker1"))
    count = fulfiller_checker.holds(settle_s=15)
    assert count.issued == count.promised == 400
