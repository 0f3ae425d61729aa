"""Every kind of fault, as scenarios name them."""

from fulfiller.chaos.fault.process import Kill

AnyFault = Kill
