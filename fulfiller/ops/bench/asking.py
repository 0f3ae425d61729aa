"""Requests to send, made while they are sent: however many there are, few exist at a time.

Users and keys are 64 random bits each time, drawn in blocks. Counting them up would be cheaper
still, but would fill every index of the database from one end, as no crowd does.
"""

import os
from collections.abc import Iterator

Ask = tuple[bytes, int]
"""A request, and how many claims it holds."""
TOKEN = 16
"""Digits of a user, of 4 bits each."""
BLOCK = 512
"""Users drawn at a time."""
NEXT = '"},{"campaign":"%s","user":"'
KEY = '","idempotency_key":"'


def singles(host: str, key: str, campaign: str, claims: int) -> Iterator[Ask]:
    """Yield requests for one claim each, every one by somebody else."""
    body = f'{{"campaign":"{campaign}","user":"%s"}}'
    length = len(body) - len("%s") + TOKEN
    head = _head("/v1/claims", host, key) + f"Content-Length: {length}\r\nIdempotency-Key: %s"
    template = (head + "\r\n\r\n" + body).encode()
    for tokens in _blocks(claims, BLOCK):
        for token in tokens:
            raw = token.encode()
            yield template % (raw, raw), 1


def batches(host: str, key: str, campaign: str, claims: int, *, size: int) -> Iterator[Ask]:
    """Yield requests for `size` claims each, the last one for the rest; each by somebody else."""
    head = _head("/v1/claims/batch", host, key)
    between = NEXT % campaign
    # The first claim has no other in front of it.
    begin = '{"claims":[' + between.removeprefix('"},')
    for tokens in _blocks(claims, size):
        body = begin + between.join([token + KEY + token for token in tokens]) + '"}]}'
        yield f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode(), len(tokens)


def _head(path: str, host: str, key: str) -> str:
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
        "Content-Type: application/json\r\n"
    )


def _blocks(number: int, size: int) -> Iterator[list[str]]:
    """Yield so many random tokens, at most `size` at a time."""
    for start in range(0, number, size):
        drawn = os.urandom(min(size, number - start) * TOKEN // 2)
        yield drawn.hex(",", TOKEN // 2).split(",")
