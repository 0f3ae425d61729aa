"""For the tests of whoever sends claims: a whole service in the process of the test.

    with Fulfiller() as fulfiller:
        fulfiller.campaign("spring-festival", coupons=2)
        client = fulfiller.client("shop")
        claim = client.submit("spring-festival", user="li")
        fulfiller.work()
        assert client.get(claim.claim_id).coupon

It is the intake, the worker's and the keeper's functions that run in production, on the store
in memory: what it answers is what the service answers.
"""

from fulfiller.testing.memory import Fulfiller

__all__ = ["Fulfiller"]
