"""A keeper: the production keeper, ticked as its process ticks it."""

from fulfiller.domain.error import FulfillerError
from fulfiller.service.keep import Keeper
from fulfiller.sim.broker import SimBroker, SimQueue
from fulfiller.sim.loop import SECOND
from fulfiller.sim.role import Role
from fulfiller.sim.store import sim_store
from fulfiller.sim.world import World

BACK_OFF = SECOND // 4
REST = 20_000
REST_HEALED = 80_000
REST_IDLE = 250_000
"""Microseconds between two ticks at least, once nothing fails any more, and once all is done:
there are many keepers in many runs, and mostly they see that there is nothing to do."""


class KeeperRole(Role):
    """One of the keepers, which leads while it has the lease."""

    def __init__(self, world: World, name: str, broker: SimBroker) -> None:
        """Release to this broker."""
        super().__init__(world, name)
        self.broker = broker
        self.leading = False

    def begin(self) -> None:
        """Keep."""
        self.leading = False
        self.world.spawn(self.process, self._keep)

    def _keep(self) -> None:
        world = self.world
        clock = world.clock(sim_store(world).now)
        keeper = Keeper(
            store=sim_store(world),
            queue=SimQueue(world, self.broker),
            holder=f"{self.name} {world.dice.getrandbits(32):x}",
            new_epoch=lambda: f"{world.dice.getrandbits(64):x}",
            monotonic=lambda: world.now / SECOND,
        )
        while True:
            try:
                kept = keeper.tick(clock.now())
            except FulfillerError as fault:
                world.mark(f"a tick failed: {fault}")
                world.loop.sleep(BACK_OFF)
                continue
            finally:
                self.leading = keeper.leading
            for row in kept.moved:
                world.tell(f"moved {row.scope} to {row.mode}: {row.cause}")
            world.loop.sleep(max(self._least(), int(kept.rest_s * SECOND)))

    def _least(self) -> int:
        if self.world.drained:
            return REST_IDLE
        return REST_HEALED if self.world.healed else REST
