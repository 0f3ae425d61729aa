"""A proxy's port on threads of the test: enough of it to be cut, slowed, frozen and refused."""

import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from threading import Event, Thread

from fulfiller.chaos.proxy.process import Blow, Moment, Proxy, Speech, Tally, Toxic

CHUNK = 65_536
BRPOP_REPLY = b"*2\r\n"
NOW_S = 0.005


@dataclass
class Leg:
    """One leg: what is wrong with it, and what it has seen."""

    port: int
    toxic: Toxic = field(default_factory=Toxic)
    every: int = 0
    left: int = 0
    links: list[tuple[socket.socket, socket.socket]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)


class Relay(Proxy):
    """Legs through this process; the one moment that it knows is the reply to a pop."""

    def __init__(self) -> None:
        """Open nothing yet."""
        self._legs: dict[str, Leg] = {}
        self._over = Event()
        self._doors: list[socket.socket] = []

    def open(self, leg: str, host: str, port: int, speech: Speech) -> int:
        """Open a leg."""
        assert speech is Speech.REDIS
        door = socket.create_server(("127.0.0.1", 0))
        self._doors.append(door)
        self._legs[leg] = Leg(door.getsockname()[1])
        Thread(target=self._serve, args=(door, (host, port), self._legs[leg]), daemon=True).start()
        return self._legs[leg].port

    def arm(
        self,
        legs: str,
        moment: Moment,
        blow: Blow,
        *,
        every: int = 1,
        times: int = 1,
        stall_s: float = 0.0,
    ) -> None:
        """Cut at replies to pops."""
        assert (moment, blow, stall_s) == (Moment.BRPOP_REPLY, Blow.CUT, 0.0)
        for leg in self._matching(legs):
            leg.every, leg.left = every, times

    def disarm(self, legs: str) -> None:
        """Cut no more."""
        for leg in self._matching(legs):
            leg.left = 0

    def poison(self, legs: str, toxic: Toxic) -> None:
        """Make legs sick."""
        for leg in self._matching(legs):
            leg.toxic = toxic

    def reset(self, legs: str) -> int:
        """Close all connections."""
        links = [(leg, leg.links.pop()) for leg in self._matching(legs) for _ in tuple(leg.links)]
        for leg, link in links:
            leg.seen["resets"] += 1
            _close(link)
        return len(links)

    def tally(self, legs: str) -> Tally:
        """Add up."""
        seen = sum((leg.seen for leg in self._matching(legs)), Counter[str]())
        moment = Moment.BRPOP_REPLY.value
        return Tally(
            connections=seen["connections"],
            struck={moment: seen["cuts"]},
            passed={moment: seen["pops"]},
            resets=seen["resets"],
            refused=seen["refused"],
            bytes_held=seen["held"],
            bytes_swallowed=seen["swallowed"],
        )

    def close(self) -> None:
        """End all."""
        self._over.set()
        for door in self._doors:
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            door.close()
        self.reset("*")

    def _matching(self, legs: str) -> Iterator[Leg]:
        return (leg for name, leg in self._legs.items() if fnmatch(name, legs))

    def _serve(self, door: socket.socket, server: tuple[str, int], leg: Leg) -> None:
        with suppress(OSError):
            while True:
                near, _ = door.accept()
                if leg.toxic.refused:
                    leg.seen["refused"] += 1
                    near.close()
                    continue
                far = socket.create_connection(server)
                leg.seen["connections"] += 1
                leg.links.append((near, far))
                for way in ((near, far), (far, near)):
                    Thread(target=self._carry, args=(*way, leg, near), daemon=True).start()

    def _carry(
        self, source: socket.socket, sink: socket.socket, leg: Leg, near: socket.socket
    ) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if sink is near and data.startswith(BRPOP_REPLY) and self._cuts(leg):
                    break
                if leg.toxic.black_hole:
                    leg.seen["swallowed"] += len(data)
                    continue
                self._hold(leg, len(data))
                sink.sendall(data)
        _close((source, sink))

    def _cuts(self, leg: Leg) -> bool:
        leg.seen["pops"] += 1
        if leg.left <= 0 or leg.seen["pops"] % leg.every:
            return False
        leg.left -= 1
        leg.seen["cuts"] += 1
        return True

    def _hold(self, leg: Leg, size: int) -> None:
        """Wait for as long as the leg is sick."""
        rate = leg.toxic.bytes_per_s
        wait_s = leg.toxic.latency_s + (size / rate if rate else 0)
        if wait_s or leg.toxic.frozen:
            leg.seen["held"] += size
        self._over.wait(wait_s)
        while leg.toxic.frozen and not self._over.wait(NOW_S):
            pass


def _close(link: tuple[socket.socket, socket.socket]) -> None:
    for end in link:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
