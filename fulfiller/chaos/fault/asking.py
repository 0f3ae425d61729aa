"""Asking the servers of a run: over connections of our own, past any proxy."""

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

import psycopg
from psycopg.rows import TupleRow
from redis import Redis
from redis.exceptions import RedisError

from fulfiller.broker.topology import KEY_PREFIX
from fulfiller.chaos.fault.arena import Arena

US = "fulfiller chaos"
"""The name under which PostgreSQL knows our own sessions, which no fault strikes."""
PATIENCE_S = 3
Answer = TypeVar("Answer")


def broker(arena: Arena, *, timeout_s: float = PATIENCE_S) -> Redis:
    """Return a client of the broker; a context manager that closes it."""
    return Redis.from_url(
        arena.broker_url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s
    )


def ask_broker(arena: Arena, question: Callable[[Any], Answer | None]) -> Answer | None:
    """Return what the broker answers, None when it does not."""
    try:
        with broker(arena) as client:
            return question(client)
    except RedisError:
        return None


def store(arena: Arena) -> psycopg.Connection[TupleRow]:
    """Return a connection to PostgreSQL that commits each statement; a context manager."""
    return psycopg.connect(
        arena.store_url, autocommit=True, application_name=US, connect_timeout=PATIENCE_S
    )


def ask_store(
    arena: Arena, question: Callable[[psycopg.Connection[TupleRow]], Answer | None]
) -> Answer | None:
    """Return what PostgreSQL answers, None when it does not."""
    try:
        with store(arena) as line:
            return question(line)
    except psycopg.Error:
        return None


def fresh_key() -> str:
    """Return the name of a key that nobody knows."""
    return f"{KEY_PREFIX}chaos:{uuid4().hex}"
