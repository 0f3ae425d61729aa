"""The process that sends to a peer: all tasks are in its queue before the clock starts.

One order names the peer's module and the claims; the report tells what sending one cost.
"""

import os
from importlib import import_module

from fulfiller.ops.bench.aide import orders, report


def main() -> None:
    """Follow one order and stay until ended."""
    hearing = orders()
    words = next(hearing)
    module = import_module(words["module"])
    before = os.times()
    module.send(words["ids"])
    after = os.times()
    used_s = after.user + after.system - before.user - before.system
    report(us=used_s * 1e6 / max(1, len(words["ids"])))
    next(hearing, None)


if __name__ == "__main__":
    main()
