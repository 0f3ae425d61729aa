"""For the tests of whoever sends claims, and of whoever breaks the service on purpose.

    with Fulfiller() as fulfiller:
        fulfiller.campaign("spring-festival", coupons=2)
        client = fulfiller.client("shop")
        claim = client.submit("spring-festival", user="li")
        fulfiller.work()
        assert client.get(claim.claim_id).coupon

`Fulfiller` is a whole service in the process of the test: the intake, the worker's and the
keeper's functions that run in production, on the store in memory. What it answers is what the
service answers. `plugin` are the fixtures that pytest finds by itself.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fulfiller.testing.memory import Fulfiller

__all__ = ["Fulfiller"]


def __getattr__(name: str) -> Any:
    """Import the service when it is first asked for: pytest loads this package for every test."""
    if name != "Fulfiller":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from fulfiller.testing.memory import Fulfiller  # noqa: PLC0415 - late on purpose

    return Fulfiller
