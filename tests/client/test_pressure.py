"""Pressure through the clients: typed both ways, repeated safely, refused with an error."""

import asyncio
from collections.abc import Mapping

import pytest

from fulfiller.client import AsyncClient, Client, Forbidden, Invalid, PressureNow, Unknown
from fulfiller.domain.breaker import Pressure
from fulfiller.domain.key import Scope
from fulfiller.domain.validity import moment
from tests.client.between import between, busy, lost
from tests.intake.door import NAME, Door

SHOP = frozenset({Scope.PRESSURE_WRITE})


def _key(door: Door) -> str:
    return door.key("shop", SHOP, bound=(NAME, "shop-7"))


def _reports(door: Door) -> Mapping[str, Pressure | None]:
    return {report.limit_key: report.pressure for report in door.store.survey().reports}


def test_a_partner_says_so_and_takes_it_back(door: Door) -> None:
    """What comes back is what stands, with its end as a moment."""
    with Client(door.url, _key(door)) as shop:
        full = shop.report_pressure(
            NAME, "full", reason="no cups left", limit_key="shop-7", ttl_s=60
        )
        (report,) = door.store.survey().reports
        assert (report.pressure, report.reason) == (Pressure.FULL, "no cups left")
        assert report.expires_at - report.at == 60_000_000
        assert full == PressureNow(
            campaign=NAME,
            limit_key="shop-7",
            pressure="full",
            expires_at=moment(report.expires_at),
        )
        well = shop.report_pressure(NAME, "none", reason="new cups", limit_key="shop-7")
    assert (well.pressure, well.expires_at) == ("none", None)
    assert _reports(door) == {}


def test_the_async_twin_does_the_same(door: Door) -> None:
    """On a loop of somebody else's; the owner speaks for the whole campaign, for five minutes."""
    key = door.key("palace", SHOP)

    async def work() -> PressureNow:
        async with AsyncClient(door.url, key) as owner:
            return await owner.report_pressure(NAME, "slow", reason="a long queue")

    told = asyncio.run(work())
    assert (told.campaign, told.limit_key, told.pressure) == (NAME, None, "slow")
    (report,) = door.store.survey().reports
    assert (report.limit_key, report.expires_at - report.at) == ("", 300_000_000)


def test_a_report_is_repeated_until_it_is_heard(door: Door) -> None:
    """A lost answer and a busy service are no reason to give up: saying it twice does no harm."""
    with between(door.url, [lost, busy]) as line, Client(line.url, _key(door)) as shop:
        told = shop.report_pressure(NAME, "full", reason="no cups left", limit_key="shop-7")
    assert (told.pressure, len(line.requests)) == ("full", 3)
    assert _reports(door) == {"shop-7": Pressure.FULL}


def test_what_is_refused_has_its_error(door: Door) -> None:
    """Somebody else's merchant, an unknown campaign, a reason that says nothing."""
    with Client(door.url, _key(door)) as shop:
        with pytest.raises(Forbidden, match="shop-7"):
            shop.report_pressure(NAME, "full", reason="no cups left")
        with pytest.raises(Unknown):
            shop.report_pressure(f"{NAME}/pressure?", "full", reason="no cups left")
        with pytest.raises(Invalid) as flaw:
            shop.report_pressure(NAME, "full", reason="", limit_key="shop-7")
    assert [error.pointer for error in flaw.value.errors] == ["/reason"]
    assert _reports(door) == {}
