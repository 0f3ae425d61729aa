"""A flow: the claims of one account in a lane, and apart from them those of each limited key.

Release gives the flows of a lane equal turns (fair queueing per flow), so that one caller's
flood starves nobody else, and a merchant at its own limit delays nobody but itself.
"""

COMMON, LIMITED = "0", "1"
"""What a flow's name begins with: limited ones sort behind all others."""
BETWEEN = "\x1f"
"""Unit separator of ASCII: neither keys nor accounts contain control characters."""


def flow_of(account: str, limit_key: str | None = None) -> str:
    """Return the name of an account's flow, or of what waits for a limited key's own rate."""
    if limit_key is None:
        return COMMON + account
    return f"{LIMITED}{limit_key}{BETWEEN}{account}"


def limit_key_of(flow: str) -> str | None:
    """Return the limited key whose rate a flow waits for; None for an account's own flow."""
    if not flow.startswith(LIMITED):
        return None
    return flow.removeprefix(LIMITED).rpartition(BETWEEN)[0]
