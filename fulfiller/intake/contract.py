"""The contract: every operation of the door, with its shapes and its problems."""

from fulfiller.domain.key import Scope
from fulfiller.intake.claims import BatchOut, BatchResult
from fulfiller.intake.coupons import ReserveIn, RevokeIn
from fulfiller.intake.operation import BODY, KEYED, Operation
from fulfiller.intake.outcomes import PublicOutcomes
from fulfiller.intake.pressure import PressureIn, PublicPressure
from fulfiller.intake.problem import Code, ProblemBody
from fulfiller.intake.rates import PublicRate, RateIn
from fulfiller.intake.rating import RATE_OPERATIONS
from fulfiller.intake.reading import BatchClaimIn, ClaimIn
from fulfiller.intake.scale import PublicScale
from fulfiller.intake.till import COUPON_OPERATIONS
from fulfiller.service.view import PublicCampaign, PublicClaim, PublicCouponNow

SHAPES = (
    ClaimIn,
    BatchClaimIn,
    PublicClaim,
    PublicCampaign,
    BatchOut,
    BatchResult,
    PublicOutcomes,
    ProblemBody,
    PublicCouponNow,
    ReserveIn,
    RevokeIn,
    PressureIn,
    PublicPressure,
    RateIn,
    PublicRate,
    PublicScale,
)
"""The types of ours that callers meet; `shapes.py` has the rest, `examples.py` one of each."""

_REFUSALS = (
    Code.UNKNOWN_CAMPAIGN,
    Code.SOLD_OUT,
    Code.NOT_OPEN_YET,
    Code.USER_LIMIT,
    Code.IDENTITY_TAKEN,
    Code.ENDED,
    Code.KEY_REUSED,
    Code.WAITLIST_FULL,
)

OPERATIONS = (
    Operation(
        name="submit_claim",
        method="POST",
        path="/v1/claims",
        summary="Submit a claim; a 202 is a promise",
        scope=Scope.CLAIM_WRITE,
        takes="ClaimIn",
        gives={
            202: ("The claim is kept, its money reserved.", "PublicClaim"),
            200: ("A repeat: the claim as it is now.", "PublicClaim"),
        },
        problems=(
            *KEYED,
            *BODY,
            Code.KEY_MISSING,
            Code.KEY_INVALID,
            *_REFUSALS,
            Code.RATE_LIMITED,
        ),
        key=True,
        speaks=True,
        carries={202: ("Location",), 200: ("Location", "Idempotency-Replayed")},
    ),
    Operation(
        name="submit_claims",
        method="POST",
        path="/v1/claims/batch",
        summary="Submit up to 1,000 claims, each with a result of its own",
        scope=Scope.CLAIM_WRITE,
        takes="BatchIn",
        gives={207: ("One result per claim, in order.", "BatchOut")},
        problems=(*KEYED, *BODY, Code.RATE_LIMITED),
        speaks=True,
    ),
    Operation(
        name="find_claim",
        method="GET",
        path="/v1/claims",
        summary="Find a claim by the Idempotency-Key it was submitted with, through whichever door",
        scope=Scope.CLAIM_READ,
        gives={200: ("The claim as it is now.", "PublicClaim")},
        problems=(*KEYED, Code.UNKNOWN_CLAIM, Code.INVALID),
        finds=True,
        speaks=True,
    ),
    Operation(
        name="show_claim",
        method="GET",
        path="/v1/claims/{claim_id}",
        summary="See a claim as it is now, or wait until it changes",
        scope=Scope.CLAIM_READ,
        gives={200: ("The claim as it is now.", "PublicClaim")},
        problems=(*KEYED, Code.UNKNOWN_CLAIM, Code.INVALID),
        waits=True,
        speaks=True,
    ),
    Operation(
        name="cancel_claim",
        method="DELETE",
        path="/v1/claims/{claim_id}",
        summary="Cancel a claim that is waitlisted or accepted",
        scope=Scope.CLAIM_WRITE,
        gives={200: ("The claim is cancelled.", "PublicClaim")},
        problems=(*KEYED, Code.UNKNOWN_CLAIM, Code.NOT_CANCELLABLE),
    ),
    Operation(
        name="follow_outcomes",
        method="GET",
        path="/v1/events",
        summary="How the account's claims ended, in an order that never changes",
        scope=Scope.CLAIM_READ,
        gives={200: ("The next outcomes, and where to go on.", "PublicOutcomes")},
        problems=(*KEYED, Code.INVALID),
        follows=True,
        carries={200: ("Cache-Control",)},
    ),
    *COUPON_OPERATIONS,
    Operation(
        name="create_campaign",
        method="POST",
        path="/v1/campaigns",
        summary="Create a campaign",
        scope=Scope.OPS,
        takes="CampaignIn",
        gives={201: ("The campaign is created.", "Created")},
        problems=(*KEYED, *BODY, Code.CAMPAIGN_EXISTS),
        carries={201: ("Location",)},
    ),
    Operation(
        name="show_campaign",
        method="GET",
        path="/v1/campaigns/{campaign}",
        summary="See what anybody may know of a campaign",
        gives={200: ("The campaign as it is now.", "PublicCampaign")},
        problems=(Code.UNKNOWN_CAMPAIGN, Code.UNAVAILABLE, Code.RATE_LIMITED),
        speaks=True,
        carries={200: ("Cache-Control", "Vary")},
    ),
    Operation(
        name="report_pressure",
        method="POST",
        path="/v1/campaigns/{campaign}/pressure",
        summary="Say that a campaign's merchants or upstreams are full or slow, for a while",
        scope=Scope.PRESSURE_WRITE,
        takes="PressureIn",
        gives={200: ("What is in force now.", "PublicPressure")},
        problems=(*KEYED, *BODY, Code.UNKNOWN_CAMPAIGN),
        carries={200: ("Cache-Control",)},
    ),
    *RATE_OPERATIONS,
    Operation(
        name="live",
        method="GET",
        path="/livez",
        summary="Is the process alive?",
        gives={200: ("It is.", "Status")},
    ),
    Operation(
        name="ready",
        method="GET",
        path="/readyz",
        summary="Can claims be taken in? Paused is ready",
        gives={200: ("They can.", "Status")},
        problems=(Code.UNAVAILABLE,),
    ),
    Operation(
        name="metrics",
        method="GET",
        path="/metrics",
        summary="Figures for Prometheus",
        scope=Scope.AUDIT_READ,
        gives={200: ("The figures as they are now.", "Figures")},
        problems=KEYED,
        media="text/plain",
    ),
    Operation(
        name="show_scale",
        method="GET",
        path="/v1/scale",
        summary="How much there is to do, and how many worker slots that takes; for autoscalers",
        scope=Scope.AUDIT_READ,
        gives={200: ("The figures as they are now.", "PublicScale")},
        problems=(*KEYED, Code.INVALID),
        scales=True,
        carries={200: ("Cache-Control",)},
    ),
    Operation(
        name="list_problems",
        method="GET",
        path="/problems",
        summary="Every kind of problem: what it means, and its remedy",
        gives={200: ("All kinds.", "ProblemKinds")},
    ),
    Operation(
        name="explain_problem",
        method="GET",
        path="/problems/{code}",
        summary="What a problem means, and its remedy",
        gives={200: ("The problem's kind.", "ProblemKind")},
        problems=(Code.NOT_FOUND,),
    ),
)
