"""Wiring: the one place where settings become parts and parts are joined."""

from dataclasses import dataclass
from hmac import digest as mac
from typing import TYPE_CHECKING, Protocol

from fulfiller.clock import StoreClock
from fulfiller.domain.code import CodeKey
from fulfiller.domain.error import SettingError
from fulfiller.service.archive import Archive
from fulfiller.service.issue import Press
from fulfiller.service.keyring import Keyring
from fulfiller.service.port import Store
from fulfiller.service.till import Till
from fulfiller.service.waitlist import Waitlist
from fulfiller.service.yard import Yard
from fulfiller.settings import Settings

if TYPE_CHECKING:
    from fulfiller.broker.queue import CeleryQueue

CODE_KEY_ID = 1
NAME_BYTES = 6


class Truth(Store, Keyring, Till, Yard, Archive, Waitlist, Protocol):
    """The store with all that is beside it: what every implementation offers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of one process, or of one thread of it: a store is never shared by threads."""

    settings: Settings
    store: Truth
    queue: "CeleryQueue"
    clock: StoreClock
    clock_store: Truth
    code_key: CodeKey
    pepper: bytes

    def close(self) -> None:
        """Give connections back."""
        self.queue.close()
        self.store.close()
        self.clock_store.close()


def open_parts(settings: Settings, *, application: str) -> Parts:
    """Return the parts that these settings describe; nothing connects before its first use.

    The clock has a connection of its own, because it may be asked in the midst of a
    transaction and must not disturb it.
    """
    clock_store = open_truth(settings, application=f"{application} clock")
    return Parts(
        settings=settings,
        store=open_truth(settings, application=application),
        queue=open_broker(settings),
        clock=StoreClock(clock_store.now),
        clock_store=clock_store,
        code_key=code_key(settings),
        pepper=pepper(settings),
    )


def open_truth(settings: Settings, *, application: str) -> Truth:
    """Return a store of its own, for a thread or a command; it connects when first asked."""
    from fulfiller.store.opening import open_store

    return open_store(settings.store_url, application=application)


def open_broker(settings: Settings) -> "CeleryQueue":
    """Return a queue of its own, for a thread or a command; it connects when first asked."""
    from fulfiller.broker.queue import CeleryQueue

    return CeleryQueue(settings.broker_url)


def press(parts: Parts, actor: str) -> Press:
    """Return what `issue` needs, for this worker."""
    return Press(store=parts.store, key=parts.code_key, now=parts.clock.now, actor=actor)


def code_key(settings: Settings) -> CodeKey:
    """Return the key behind the coupon codes."""
    return CodeKey.derive(CODE_KEY_ID, _derived(settings, b"fulfiller coupon"))


def pepper(settings: Settings) -> bytes:
    """Return the secret behind the stored hashes of API keys."""
    return _derived(settings, b"fulfiller api keys")


def door_key(settings: Settings) -> bytes:
    """Return the key behind the digests by which door limits know people."""
    return _derived(settings, b"fulfiller door limits")


def ops_key(settings: Settings) -> bytes:
    """Return the key behind the tokens with which operators steer workers."""
    return _derived(settings, b"fulfiller ops tokens")


def deployment(settings: Settings) -> str:
    """Return a name for whatever shares this root secret, which tells nothing about it."""
    return _derived(settings, b"fulfiller deployment")[:NAME_BYTES].hex()


def _derived(settings: Settings, use: bytes) -> bytes:
    """Return the secret for one use, which tells nothing about the root it comes from."""
    if not settings.secret:
        raise SettingError(
            "FULFILLER_SECRET is needed here: set it, or let FULFILLER_HOME keep one"
        )
    return mac(settings.secret.encode(), use, "sha256")
