"""Moments are found wherever the stream is split, and what can't be read passes untouched."""

import itertools
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfiller.chaos.proxy.framing import Reader
from fulfiller.chaos.proxy.order import Moment
from fulfiller.chaos.proxy.pgwire import postgres_readers
from fulfiller.chaos.proxy.resp import redis_readers

Readers = Callable[[], tuple[Reader, Reader]]
Found = list[tuple[int, Moment]]
Talk = Sequence[tuple[int, bytes]]
"""What is said, in order: by the client (0) or by the server (1)."""


def command(*words: bytes) -> bytes:
    """Return a command of Redis."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def message(kind: bytes, *parts: bytes) -> bytes:
    """Return a message of PostgreSQL."""
    body = b"".join(parts)
    return kind + (len(body) + 4).to_bytes(4) + body


REDIS: Talk = [
    (0, command(b"HELLO", b"2")),
    (1, b"*2\r\n$5\r\nproto\r\n:2\r\n"),
    (0, command(b"BRPOP", b"a", b"1") + command(b"LPUSH", b"a", b"*1\r\n$4\r\nPING\r\n")),
    (1, b"*-1\r\n:1\r\n"),
    (0, b"PING\r\n\r\n" + command(b"lpush", b"a", b"x") + command(b"brpop", b"a", b"0")),
    (1, b"+PONG\r\n:2\r\n*2\r\n$1\r\na\r\n$8\r\n:1\r\n:2\r\n"),
    (1, b"\r\n"),
    (0, command(b"LPUSH", b"t", b"x") + command(b"HELLO", b"3")),
    (1, b"-WRONGTYPE no\r\n%1\r\n$5\r\nproto\r\n:3\r\n"),
    (0, command(b"SUBSCRIBE", b"c") + command(b"BRPOP", b"a", b"1")),
    (1, b">3\r\n+subscribe\r\n+c\r\n:1\r\n_\r\n>3\r\n+message\r\n+c\r\n$3\r\n\r\n:\r\n"),
    (0, command(b"MULTI") + command(b"LPUSH", b"a", b"y") + command(b"EXEC")),
    (1, b"+OK\r\n+QUEUED\r\n|1\r\n+ttl\r\n*2\r\n:1\r\n|1\r\n+a\r\n+b\r\n:2\r\n*1\r\n:3\r\n"),
    (0, command(b"GET", b"k") + command(b"LPUSH", b"a", b"z")),
    (1, b"$-1\r\n:4\r\n"),
    (0, command(b"MONITOR") + command(b"LPUSH", b"a", b"z")),
    (1, b"+OK\r\n+1.0 LPUSH\r\n"),
]
REDIS_MOMENTS = {1: "lpush lpush brpop lpush lpush"}

STARTUP = (3 << 16).to_bytes(4) + b"user\0me\0\0"
IDLE, OPEN, BROKEN = (message(b"Z", state) for state in (b"I", b"T", b"E"))
POSTGRES: Talk = [
    (0, (8).to_bytes(4) + (80_877_103).to_bytes(4)),
    (0, (4 + len(STARTUP)).to_bytes(4) + STARTUP),
    (1, message(b"R", b"\0\0\0\0") + message(b"S", b"a\0b\0") + IDLE),
    (0, message(b"Q", b"begin\0")),
    (1, message(b"C", b"BEGIN\0") + OPEN),
    (0, message(b"P", b"s1\0update t set a = 1\0\0\0") + message(b"P", b"s2\0 Commit \0\0\0")),
    (0, message(b"B", b"\0s1\0", b"\0" * 6) + message(b"E", b"\0\0\0\0\0")),
    (0, message(b"B", b"p\0s1\0", b"\0" * 6) + message(b"E", b"p\0\0\0\0\0")),
    (0, message(b"B", b"\0s2\0", b"\0" * 6) + message(b"E", b"\0\0\0\0\0") + message(b"S")),
    (1, message(b"1") + message(b"1") + message(b"2") + message(b"C", b"UPDATE 1\0")),
    (1, message(b"2") + message(b"C", b"UPDATE 1\0") + message(b"2")),
    (1, message(b"C", b"COMMIT\0") + IDLE),
    (0, message(b"P", b"\0insert into t values (';commit')\0\0\0") + message(b"B", b"\0\0")),
    (0, message(b"D", b"P\0") + message(b"E", b"\0\0\0\0\0") + message(b"H") + message(b"S")),
    (1, message(b"2") + message(b"n") + message(b"C", b"INSERT 0 1\0") + IDLE),
    (0, message(b"Q", b"update t set a = 2; select 1\0")),
    (1, message(b"C", b"UPDATE 2\0") + message(b"E", b"SERROR\0\0") + IDLE),
    (0, message(b"Q", b"begin; delete from t\0") + message(b"Q", b"rollback\0")),
    (1, message(b"C", b"BEGIN\0") + message(b"C", b"DELETE 5\0") + OPEN),
    (1, message(b"C", b"ROLLBACK\0") + IDLE),
    (0, message(b"Q", b"delete from t\0")),
    (
        1,
        message(b"T", b"\0\0") + message(b"D", b"Z\0\0\0\5I") + message(b"C", b"DELETE 1\0") + IDLE,
    ),
    (0, message(b"S") + message(b"P", b"\0begin\0\0\0") + message(b"B", b"\0\0")),
    (0, message(b"E", b"\0\0\0\0\0")),
    # Of the Sync before BEGIN, which the server has not heard of yet.
    (1, IDLE),
    (0, message(b"P", b"\0delete from t\0\0\0") + message(b"B", b"\0\0")),
    (0, message(b"E", b"\0\0\0\0\0") + message(b"S")),
    (1, message(b"C", b"BEGIN\0") + message(b"C", b"DELETE 1\0") + OPEN),
    (0, message(b"X")),
]
POSTGRES_MOMENTS = {0: "first before before first before before", 1: "commit commit commit"}


def read(readers: Readers, talk: Talk, splits: set[int]) -> tuple[list[bytes], list[Found]]:
    """Return what passed and which moments began where, each way, if split like this."""
    ways = readers()
    passed, found = [b"", b""], [Found(), Found()]
    told = 0
    for way, text in talk:
        cuts = [0, *(at - told for at in sorted(splits) if told < at < told + len(text)), len(text)]
        for start, end in itertools.pairwise(cuts):
            for piece in ways[way].feed(text[start:end]):
                found[way] += [(len(passed[way]), moment) for moment in piece.moments]
                passed[way] += piece.data
        told += len(text)
    for way, reader in enumerate(ways):
        passed[way] += reader.rest()
    return passed, found


def whole(talk: Talk) -> list[bytes]:
    """Return all that is said, each way."""
    return [b"".join(text for who, text in talk if who == way) for way in (0, 1)]


def total(talk: Talk) -> int:
    """Return how many bytes are said."""
    return sum(len(text) for _, text in talk)


TALKS = [(redis_readers, REDIS), (postgres_readers, POSTGRES)]


@pytest.mark.parametrize(
    ("readers", "talk", "words"),
    [(redis_readers, REDIS, REDIS_MOMENTS), (postgres_readers, POSTGRES, POSTGRES_MOMENTS)],
)
def test_moments_begin_where_they_should(
    readers: Readers, talk: Talk, words: dict[int, str]
) -> None:
    """As told message by message; nothing is lost but the question for encryption."""
    passed, found = read(readers, talk, set())
    expected = whole(talk)
    assert passed == [expected[0].removeprefix(b"\0\0\0\x08\x04\xd2\x16\x2f"), expected[1]]
    for way in (0, 1):
        names = " ".join(moment.partition("-")[0] for _, moment in found[way])
        assert names == words.get(way, "")
    starts = {passed[way][at : at + 1] for way in (0, 1) for at, _ in found[way]}
    assert starts <= ({b":", b"*"} if readers is redis_readers else {b"Q", b"E", b"S", b"C", b"Z"})


@pytest.mark.parametrize(("readers", "talk"), TALKS)
def test_byte_by_byte_the_moments_are_the_same(readers: Readers, talk: Talk) -> None:
    """However small the pieces, the same bytes pass and the same moments begin there."""
    assert read(readers, talk, set(range(total(talk)))) == read(readers, talk, set())


@given(st.data())
def test_any_split_gives_the_same_moments(data: st.DataObject) -> None:
    """Wherever the network splits what is said."""
    readers, talk = data.draw(st.sampled_from(TALKS))
    splits = data.draw(st.sets(st.integers(1, total(talk)), max_size=60))
    assert read(readers, talk, splits) == read(readers, talk, set())


@given(
    st.sampled_from(TALKS),
    st.lists(st.tuples(st.integers(0, 1), st.binary(max_size=60)), max_size=20),
    st.integers(0, 20),
)
def test_garbage_passes_untouched(
    speech: tuple[Readers, Talk], garbage: list[tuple[int, bytes]], after: int
) -> None:
    """From the first byte on, or after so many messages that could be read."""
    readers, talk = speech
    begun = list(talk[1:after])
    spoken = [*begun, *garbage]
    passed, _ = read(readers, spoken, set())
    questions = [bytes([0, 0, 0, 8, 4, 210, 22, last]) for last in (47, 48)]
    if not any(question in whole(spoken)[0] for question in questions):
        assert passed == whole(spoken)


def test_a_connection_that_is_lost_to_us_stays_so() -> None:
    """Nothing matches any longer once one way can't be read: no blow falls on a guess."""
    for readers, talk, junk in (
        (redis_readers, REDIS[2:], b"*1\r\n:1\r\n"),
        (postgres_readers, POSTGRES, b"GET / HTTP/1.1\r\n"),
    ):
        _, found = read(readers, [(0, junk), *talk], set())
        assert found == [[], []]
