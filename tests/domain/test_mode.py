"""Modes: the service's overrides the campaign's, and any move of either is noticed."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfiller.domain.breaker import Mode
from fulfiller.domain.mode import SERVICE, ModeRow, flowing, guard, held

GENERATIONS = st.lists(st.booleans(), min_size=1, max_size=20)


def _modes(own: ModeRow, service: ModeRow) -> dict[str, ModeRow]:
    return {SERVICE: service, "festival": own, "other": ModeRow(scope="other", generation=99)}


@pytest.mark.parametrize(("own", "service"), list(product(Mode, Mode)))
def test_a_campaign_flows_only_while_the_service_does(own: Mode, service: Mode) -> None:
    """Either of the two rows can close the door, and ramping is not flowing."""
    modes = _modes(ModeRow(scope="festival", mode=own), ModeRow(scope=SERVICE, mode=service))
    assert flowing(modes, "festival") == (own is service is Mode.FLOWING)


@pytest.mark.parametrize(("own", "service"), list(product([False, True], repeat=2)))
def test_a_campaign_is_held_by_itself_or_with_all(*, own: bool, service: bool) -> None:
    """Either of the two rows can stop the issuing."""
    modes = _modes(ModeRow(scope="festival", held=own), ModeRow(scope=SERVICE, held=service))
    assert held(modes, "festival") == (own or service)


@settings(max_examples=40)
@given(GENERATIONS)
def test_the_guard_changes_with_every_move(whose: list[bool]) -> None:
    """No two moments between which a mode moved have the same guard."""
    own, service, guards = 0, 0, []
    for mine in whose:
        own, service = own + mine, service + (not mine)
        row = ModeRow(scope="festival", generation=own)
        guards.append(guard(_modes(row, ModeRow(scope=SERVICE, generation=service)), "festival"))
    assert len(set(guards)) == len(guards)
