"""The contract of the routes for rates."""

from fulfiller.domain.key import Scope
from fulfiller.intake.operation import BODY, KEYED, Operation
from fulfiller.intake.problem import Code

_OF_CAMPAIGN = "/v1/campaigns/{campaign}/rate"
_OF_KEY = "/v1/campaigns/{campaign}/limits/{limit_key}"
_NOW = {200: ("The rate as it is now.", "PublicRate")}
_CARRIES = {200: ("Cache-Control",)}

RATE_OPERATIONS = (
    Operation(
        name="show_rate",
        method="GET",
        path=_OF_CAMPAIGN,
        summary="See how much a campaign issues at most, over all workers",
        scope=Scope.OPS,
        gives=_NOW,
        problems=(*KEYED, Code.UNKNOWN_CAMPAIGN),
        carries=_CARRIES,
    ),
    Operation(
        name="set_rate",
        method="PUT",
        path=_OF_CAMPAIGN,
        summary="Set how much a campaign issues at most, over all workers, from the next coupon on",
        scope=Scope.OPS,
        takes="RateIn",
        gives=_NOW,
        problems=(*KEYED, *BODY, Code.UNKNOWN_CAMPAIGN),
        carries=_CARRIES,
    ),
    Operation(
        name="show_limit",
        method="GET",
        path=_OF_KEY,
        summary="See how much is issued at most to claims with a limit_key",
        scope=Scope.LIMIT_WRITE,
        gives=_NOW,
        problems=(*KEYED, Code.UNKNOWN_CAMPAIGN, Code.INVALID),
        carries=_CARRIES,
    ),
    Operation(
        name="set_limit",
        method="PUT",
        path=_OF_KEY,
        summary="Set how much is issued at most to claims with a limit_key; nobody else waits",
        scope=Scope.LIMIT_WRITE,
        takes="RateIn",
        gives=_NOW,
        problems=(*KEYED, *BODY, Code.UNKNOWN_CAMPAIGN),
        carries=_CARRIES,
    ),
)
