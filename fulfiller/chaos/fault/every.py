"""Every kind of fault, as scenarios name them."""

from fulfiller.chaos.fault.link import (
    BlackHole,
    Cut,
    FreezeLink,
    Latency,
    Refuse,
    ResetAll,
    Throttle,
)
from fulfiller.chaos.fault.process import Kill

AnyFault = Kill | Cut | Latency | Throttle | FreezeLink | BlackHole | Refuse | ResetAll
