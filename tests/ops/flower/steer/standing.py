"""A Flower that some may steer, as it stands in front of a store."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fulfiller.ops.embedded.ports import free_port
from tests.ops.flower.door import PLAIN, Door
from tests.ops.flower.steer.visitor import Steered
from tests.processes import start


def nothing(_port: int) -> Mapping[str, str]:
    """Add nothing to the environment."""
    return {}


@contextmanager
def standing(
    home: Path,
    broker_url: str,
    roles: str,
    *options: str,
    more: Callable[[int], Mapping[str, str]] = nothing,
) -> Iterator[Steered]:
    """Start Flower on the store in its home; `more` is what the environment has for its port."""
    (home / "flower-roles").write_text(roles)
    (home / "flower-roles").chmod(0o644)
    port = free_port()
    env = {
        "FULFILLER_HOME": str(home),
        "FULFILLER_STORE_URL": f"sqlite:///{home / 'store.db'}",
        "FULFILLER_BROKER_URL": broker_url,
        "FULFILLER_FLOWER_PORT": str(port),
        **more(port),
    }
    process = start([*PLAIN, *options], env=env, log=home / "flower.log")
    try:
        yield Steered(Door(process, home, port), home, env["FULFILLER_STORE_URL"])
    finally:
        process.kill()
