"""Every kind of fault, as scenarios name them."""

from fulfiller.chaos.fault.broker import Flush, OutOfMemory, PauseWrites, ReadOnly
from fulfiller.chaos.fault.clock import ClockJump
from fulfiller.chaos.fault.database import ConnectionLimit, KillBackend, Lock, TerminateBackends
from fulfiller.chaos.fault.disk import DiskFull, SlowFsync
from fulfiller.chaos.fault.link import (
    BlackHole,
    Cut,
    FreezeLink,
    Latency,
    Refuse,
    Reset,
    Throttle,
)
from fulfiller.chaos.fault.message import Duplicate, Reorder, Resend
from fulfiller.chaos.fault.outage import BrokerRestart, DatabaseRestart
from fulfiller.chaos.fault.poison import Poison
from fulfiller.chaos.fault.process import End, Kill, KillChild, Stop

AnyFault = (
    Kill
    | KillChild
    | Stop
    | End
    | Flush
    | BrokerRestart
    | OutOfMemory
    | ReadOnly
    | PauseWrites
    | TerminateBackends
    | KillBackend
    | DatabaseRestart
    | ConnectionLimit
    | Lock
    | SlowFsync
    | DiskFull
    | Duplicate
    | Reorder
    | Resend
    | Poison
    | ClockJump
    | Cut
    | Latency
    | Throttle
    | FreezeLink
    | BlackHole
    | Refuse
    | Reset
)
