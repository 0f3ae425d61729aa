"""What an answer says, found without reading all of it: whole or not, and each claim's status."""

import re
from collections import Counter
from collections.abc import Mapping

HEAD_END = b"\r\n\r\n"
STATUS = slice(9, 12)
MANY = "207"
FINE = (b"200", b"202", b"207")
LATER = ("429", "503")
LOST = "lost"
"""What stands for the status of a claim whose connection broke."""
NO_RETRY = " without Retry-After"
_length = re.compile(rb"(?i)\r\ncontent-length: *(\d+)").search
_retry = re.compile(rb"(?i)\r\nretry-after: *\d+\r\n").search
_close = re.compile(rb"(?i)\r\nconnection: *close\r\n").search
_results = re.compile(rb'\{"status":(\d{3})').findall
"""A result begins with its status, which a problem in it does not."""
_accepted = b'{"status":202'


def whole_bytes(heard: bytes) -> int:
    """Return how long the reply is that begins like this; 0 while its head is not whole."""
    end = heard.find(HEAD_END)
    if end < 0:
        return 0
    length = _length(heard, 0, end)
    return end + len(HEAD_END) + (int(length[1]) if length else 0)


def count(reply: bytes, claims: int, statuses: Counter[str]) -> None:
    """Add how many claims of a request got which status.

    A 207 says nothing itself. What asks to come later without saying when is told as such.
    """
    told = reply[STATUS].decode("latin-1")
    if told == MANY:
        statuses.update(_of_results(reply, claims))
        return
    if told in LATER and not _retry(_head(reply)):
        told += NO_RETRY
    statuses[told] += claims


def hangs_up(reply: bytes) -> bool:
    """Return whether whoever answered will close the connection."""
    return reply[STATUS] not in FINE and _close(_head(reply)) is not None


def _of_results(reply: bytes, claims: int) -> Mapping[str, int]:
    if reply.count(_accepted) == claims:
        return {"202": claims}
    found = Counter(status.decode() for status in _results(reply))
    # A claim that no result speaks of is one that nobody knows of.
    found[LOST] += claims - found.total()
    return +found


def _head(reply: bytes) -> bytes:
    return reply[: reply.find(HEAD_END) + len(HEAD_END)]
