"""Tiers: four names, one order."""

import pytest

from fulfiller.domain.tier import Tier


def test_names_and_numbers_agree() -> None:
    """Each tier can be read back from the name under which it is written."""
    assert [str(tier) for tier in Tier] == ["p0", "p1", "p2", "p3"]
    assert [Tier.parse(str(tier)) for tier in Tier] == sorted(Tier)


@pytest.mark.parametrize("text", ["", "p4", "P0", "0", "p", "p0 "])
def test_other_names_are_refused(text: str) -> None:
    """The refusal lists the four names there are."""
    with pytest.raises(ValueError, match="p0, p1, p2, p3"):
        Tier.parse(text)
