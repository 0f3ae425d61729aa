"""Claims: the drawing is the law, and what has ended has ended."""

from itertools import product

import pytest

from fulfiller.domain import claim as module
from fulfiller.domain.claim import (
    MOVES,
    OPEN,
    TERMINAL,
    ClaimId,
    Stage,
    State,
    check_move,
    public_id,
)
from fulfiller.domain.error import IllegalMove
from tests.domain.drawing import arrows, drawn

ARROWS = {(State(old), State(new)) for old, new in arrows(drawn(module.__doc__))}


def test_the_drawing_is_the_law() -> None:
    """Each arrow of the picture is a legal move, and each legal move an arrow."""
    assert {(old, new) for old, targets in MOVES.items() for new in targets} == ARROWS


@pytest.mark.parametrize(("old", "new"), list(product(State, State)))
def test_only_drawn_moves_are_legal(old: State, new: State) -> None:
    """Every other pair of states is refused, with both of them named."""
    if (old, new) in ARROWS:
        check_move(old, new)
        return
    with pytest.raises(IllegalMove, match=f"^a claim can't go from {old} to {new}$"):
        check_move(old, new)


def test_terminal_states_have_no_way_out_and_open_ones_do() -> None:
    """A claim is open or it has ended, and only what is open can move."""
    assert {state for state in State if not MOVES[state]} == TERMINAL
    assert {State(stage) for stage in Stage} == OPEN == set(State) - TERMINAL


def test_every_open_claim_can_end() -> None:
    """From wherever a claim stands there is a way to each of the three endings."""
    for start in OPEN:
        reached, edge = {start}, {start}
        while edge := {new for state in edge for new in MOVES[state]} - reached:
            reached |= edge
        assert reached >= TERMINAL


def test_callers_see_a_prefix() -> None:
    """Ids that leave the house say what they name."""
    assert public_id(ClaimId("0190")) == "clm_0190"
