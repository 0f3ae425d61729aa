"""Budgets and turns of what is armed."""

import msgspec
import pytest

from fulfiller.chaos.proxy.arms import Arms
from fulfiller.chaos.proxy.order import AnyOrder, Arm, Blow, Moment, Toxic

POP, PUSH = Moment.BRPOP_REPLY, Moment.LPUSH_REPLY


def test_of_two_blows_at_one_moment_the_first_falls() -> None:
    """The other keeps its own for the next time."""
    arms = Arms()
    stall = Arm(legs="*", moment=POP, blow=Blow.STALL, stall_s=1.0)
    cut = Arm(legs="*", moment=POP, blow=Blow.CUT)
    arms.add(stall, ["a"])
    arms.add(cut, ["a", "b"])
    assert arms.judge("a", (PUSH,)) is None
    assert arms.judge("c", (POP,)) is None
    assert arms.judge("a", (PUSH, POP)) == stall
    assert arms.judge("b", (POP,)) == cut
    assert arms.judge("a", (POP,)) is None


def test_an_arm_that_would_never_strike_is_refused() -> None:
    """With the numbers in the message, here and from whoever else speaks to a proxy."""
    with pytest.raises(ValueError, match="every is 0 and times 1"):
        Arm(legs="*", moment=POP, blow=Blow.CUT, every=0)
    with pytest.raises(ValueError, match="a stall takes time"):
        Arm(legs="*", moment=POP, blow=Blow.STALL)
    with pytest.raises(ValueError, match="a stall takes time"):
        Arm(legs="*", moment=POP, blow=Blow.CUT, stall_s=1.0)
    with pytest.raises(ValueError, match="-1"):
        Toxic(latency_s=-1.0)
    with pytest.raises(ValueError, match="freeze"):
        Toxic(bytes_per_s=0)
    said = b'{"do":"poison","legs":"*","toxic":{"bytes_per_s":0}}'
    with pytest.raises(msgspec.ValidationError, match="freeze"):
        msgspec.json.decode(said, type=AnyOrder)
