"""What values settings may have: whether each will do, and what would if it doesn't."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_network
from typing import Any

STORES = ("sqlite:////", "postgresql://")
BROKERS = ("redis://", "rediss://", "redis+socket://", "sentinel://", "amqp://", "amqps://")
HTTP = ("http://", "https://")
LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("text", "json")
RATE = re.compile(r"(?=.*[1-9])\d{1,9}(\.\d{1,3})?(/[smh])?")
HOOK = re.compile(r"\w+(\.\w+)*:\w+(\.\w+)*")
SECRET_LENGTH_MIN = 16


def checks(settings: Any) -> tuple[tuple[str, bool, str], ...]:
    """Return setting, whether it is fine, and the remedy; a secret's value is never shown."""
    ports = tuple(
        (name, 0 <= port < 65_536, f"{port} is no port, use 1 to 65535, or 0 for any free one")
        for name, port in (
            ("intake_port", settings.intake_port),
            ("flower_port", settings.flower_port),
        )
    )
    secret, hook = settings.secret, settings.eligibility
    return (
        *ports,
        *_door_checks(settings),
        ("store_url", settings.store_url.startswith(STORES), _begins(STORES)),
        ("broker_url", settings.broker_url.startswith(BROKERS), _begins(BROKERS)),
        ("secret", not secret or len(secret) >= SECRET_LENGTH_MIN, "use at least 16 characters"),
        ("group_max", 1 <= settings.group_max <= 1_000, "use 1 to 1000 claims"),
        ("intake_nice", 0 <= settings.intake_nice <= 19, "use 0 to 19, 0 gives way to nobody"),
        ("worker_slots", 1 <= settings.worker_slots <= 256, "use 1 to 256 tasks"),
        ("eligibility", not hook or bool(HOOK.fullmatch(hook)), "write package.module:function"),
        ("eligibility_deadline_s", 1 <= settings.eligibility_deadline_s <= 5, "use 1 to 5 seconds"),
        ("log_level", settings.log_level in LEVELS, f"use one of {', '.join(LEVELS)}"),
        ("log_format", settings.log_format in FORMATS, "use text or json"),
        ("log_claims_per_s", 0 <= settings.log_claims_per_s <= 1_000, "use 0 to 1000 lines"),
        ("trace_one_in", 1 <= settings.trace_one_in <= 65_536, "use 1 to 65536 claims"),
        ("trace_endpoint", _is_http(settings.trace_endpoint or HTTP[0]), _begins(HTTP)),
        ("api_url", _is_http(settings.api_url), _begins(HTTP)),
    )


def _door_checks(settings: Any) -> Iterator[tuple[str, bool, str]]:
    for whose in ("user", "account", "address"):
        rate = getattr(settings, f"door_{whose}_rate")
        burst = getattr(settings, f"door_{whose}_burst")
        fine = not rate or bool(RATE.fullmatch(rate))
        yield f"door_{whose}_rate", fine, "write a rate such as 5/s or 200/h, or nothing for none"
        yield f"door_{whose}_burst", 1 <= burst <= 1_000_000, "use 1 to 1000000"
    proxies = [each.strip() for each in settings.intake_proxies.split(",") if each.strip()]
    yield "intake_proxies", all(map(_is_network, proxies)), "write 10.0.0.7, or 10.0.0.0/8, or both"


def _is_http(url: str) -> bool:
    return url.startswith(HTTP)


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _begins(schemes: Iterable[str]) -> str:
    return f"it must begin with {' or '.join(schemes)}"
