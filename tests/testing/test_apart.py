"""An in-memory Fulfiller stands alone: it leaves nothing, reads nothing, says what is wrong."""

import socket
import threading

import pytest

from fulfiller.client import Client, Unauthorized, Unknown
from fulfiller.testing import Fulfiller

NAME = "spring-festival"
DAY_S = 86_400.0


def test_two_services_know_nothing_of_each_other() -> None:
    """Other ports, keys, claims, codes and times."""
    with Fulfiller() as service, Fulfiller() as other:
        service.campaign(NAME)
        other.campaign(NAME)
        claim = other.client("shop").submit(NAME, user="li")
        assert service.url != other.url
        assert service.claims(NAME) == []
        with pytest.raises(Unknown):
            service.client("shop").get(claim.claim_id)
        with Client(other.url, service.key("shop")) as stranger, pytest.raises(Unauthorized):
            stranger.get(claim.claim_id)
        other.pass_time(DAY_S)
        assert (other.now - service.now).total_seconds() > DAY_S / 2


def test_nothing_is_left_behind() -> None:
    """No thread, and a port that is free; also when somebody still waits for an answer."""
    before = set(threading.enumerate())
    with Fulfiller(auto=True) as service:
        service.campaign(NAME)
        service.hold(NAME)
        host, port = service.url.removeprefix("http://").split(":")
        claim = service.client("shop").submit(NAME, user="li")
        headers = {"authorization": f"Bearer {service.key('shop')}"}
        path = f"/v1/claims/{claim.claim_id}?wait_s=30"
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        line = socket.create_connection((host, int(port)))
        line.sendall(f"GET {path} HTTP/1.1\r\nhost: {host}\r\n{head}\r\n".encode())
    with line:
        assert line.recv(100).startswith(b"HTTP/1.1 200")
    assert set(threading.enumerate()) == before
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind((host, int(port)))
    with pytest.raises(RuntimeError, match="does not listen"):
        _ = service.url


def test_a_developers_settings_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither wrong ones, nor a home that can't be written, nor a proxy is in the way."""
    monkeypatch.setenv("FULFILLER_STORE_URL", "nonsense")
    monkeypatch.setenv("FULFILLER_HOME", "/dev/null/nowhere")
    monkeypatch.setenv("FULFILLER_TYPO", "1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Fulfiller() as service:
        service.campaign(NAME)
        assert service.client("shop", deadline_s=2).submit(NAME, user="li").state == "accepted"


def test_what_is_not_there_is_said() -> None:
    """A typo in a test is told, not passed over; steering works before it listens, too."""
    service = Fulfiller()
    service.campaign(NAME)
    for wrong in (service.pause, service.end, service.claims):
        with pytest.raises(LookupError, match="no campaign autumn"):
            wrong("autumn")
    with pytest.raises(ValueError, match="already"):
        service.campaign(NAME)
    with pytest.raises(ValueError, match="reason"):
        service.decline("li", " ")
    service.end(NAME)
    with pytest.raises(ValueError, match="ended"):
        service.sell_out(NAME)
