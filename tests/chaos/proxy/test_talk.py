"""Conversations cut anywhere are followed all the same, and what can't be is passed on."""

from collections.abc import Sequence
from itertools import pairwise
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfiller.chaos.proxy.talk import ears
from fulfiller.chaos.proxy.terms import Moment, Speech


def _command(*words: bytes) -> bytes:
    parts = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
    return b"*%d\r\n%s" % (len(words), parts)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + pack("!I", len(body) + 4) + body


REDIS = (
    b"".join(
        (
            _command(b"HELLO", b"3"),
            _command(b"BRPOP", b"queue", b"1"),
            _command(b"BRPOP", b"queue", b"1"),
            _command(b"MULTI"),
            _command(b"LPUSH", b"queue", b"*2\r\n$1\r\n"),
            _command(b"EXEC"),
            b"PING\r\n",
            _command(b"LPUSH", b"queue", b"x" * 300),
        )
    ),
    b"".join(
        (
            b"%2\r\n+server\r\n+valkey\r\n+proto\r\n:3\r\n",
            b"*2\r\n$5\r\nqueue\r\n$4\r\n\r\n*2\r\n",
            b">2\r\n+invalidate\r\n*1\r\n+x\r\n",
            b"*-1\r\n",
            b"+OK\r\n+QUEUED\r\n*1\r\n:7\r\n",
            b"+PONG\r\n",
            b":8\r\n",
        )
    ),
    [Moment.BRPOP_REPLY, Moment.LPUSH_REPLY, Moment.LPUSH_REPLY],
)
POSTGRES = (
    b"".join(
        (
            pack("!II", 8 + 12, 196608) + b"user\0someone"[:12],
            _message(b"P", b"s1\0insert into t values ($1)\0\0\0"),
            _message(b"B", b"\0s1\0\0\0\0\0\0\0"),
            _message(b"E", b"\0\0\0\0\0"),
            _message(b"S", b""),
            _message(b"Q", b"begin\0"),
            _message(b"Q", b"UPDATE t set a = 1\0"),
            _message(b"Q", b"commit\0"),
            _message(b"Q", b"select 'commit'\0"),
        )
    ),
    b"".join(
        (
            _message(b"R", b"\0\0\0\0"),
            _message(b"1", b"") + _message(b"2", b"") + _message(b"C", b"INSERT 0 1\0"),
            _message(b"Z", b"I"),
            _message(b"C", b"BEGIN\0") + _message(b"Z", b"T"),
            _message(b"C", b"UPDATE 1\0") + _message(b"Z", b"T"),
            _message(b"C", b"COMMIT\0") + _message(b"Z", b"I"),
            _message(b"C", b"SELECT 1\0") + _message(b"Z", b"I"),
        )
    ),
    [
        Moment.BEFORE_COMMIT, Moment.FIRST_UPDATE, Moment.BEFORE_COMMIT,
        Moment.COMMIT_REPLY, Moment.COMMIT_REPLY,
    ],
)  # fmt: skip


def _followed(speech: Speech, talk: tuple[bytes, bytes, list[Moment]], cuts: Sequence[int]) -> None:
    client, server, _ = ears(speech)
    moments: list[Moment] = []
    for ear, said in ((client, talk[0]), (server, talk[1])):
        passed = b""
        places = sorted({0, len(said), *(cut % len(said) for cut in cuts)})
        for begin, end in pairwise(places):
            for piece, moment in ear.pieces(said[begin:end]):
                passed += piece
                moments += [] if moment is None else [moment]
        assert passed == said
        assert not ear.lost
    assert moments == talk[2]


@given(st.lists(st.integers(0, 10_000), max_size=60))
def test_a_broker_is_followed_however_its_bytes_arrive(cuts: list[int]) -> None:
    """The same moments, and every byte once and in order."""
    _followed(Speech.REDIS, REDIS, cuts)


@given(st.lists(st.integers(0, 10_000), max_size=60))
def test_a_store_is_followed_however_its_bytes_arrive(cuts: list[int]) -> None:
    """The same moments, and every byte once and in order."""
    _followed(Speech.POSTGRES, POSTGRES, cuts)


@pytest.mark.parametrize(("speech", "talk"), [(Speech.REDIS, REDIS), (Speech.POSTGRES, POSTGRES)])
def test_byte_by_byte(speech: Speech, talk: tuple[bytes, bytes, list[Moment]]) -> None:
    """The worst that a network can do."""
    _followed(speech, talk, range(10_000))


@given(st.lists(st.binary(min_size=1), min_size=1, max_size=10))
def test_what_is_no_redis_is_passed_on(chunks: list[bytes]) -> None:
    """Never raised, never altered; what is still awaited is kept."""
    client, server, _ = ears(Speech.REDIS)
    for ear in (client, server):
        passed = b"".join(piece for chunk in chunks for piece, _ in ear.pieces(chunk))
        said = b"".join(chunks)
        assert said.startswith(passed)
        assert not ear.lost or passed == said
