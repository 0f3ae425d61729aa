"""A server that vanishes without a word: every connection is told to notice."""

import os
import socket
import sys

import psycopg
import pytest
from sqlalchemy import Engine, text

from fulfiller.store.postgres import PostgresLink


def _driven(engine: Engine) -> psycopg.Connection[tuple[object, ...]]:
    with engine.connect() as line:
        line.execute(text("select 1"))
        driven: psycopg.Connection[tuple[object, ...]] = line.connection.dbapi_connection  # type: ignore[assignment]
        return driven


@pytest.mark.skipif(sys.platform != "linux", reason="the names of the options are Linux's")
def test_every_connection_notices_a_silent_server(postgres_url: str) -> None:
    """Hot connections and those of the engine ask after 5 s and give up some 5 s later."""
    link = PostgresLink(postgres_url, "test")
    link.read([])
    hot = link._connection  # noqa: SLF001 - nobody else needs the socket
    assert hot
    for connection in (hot, _driven(link.engine)):
        with socket.socket(fileno=os.dup(connection.fileno())) as line:
            said = [
                line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
                line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
                line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
                line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
            ]
        assert said == [1, 5, 2, 3, 10_000]
    link.close()
