"""The routes for whoever runs the door: is it alive, is it ready, what does a problem mean."""

from fulfiller.intake.committer import Committer
from fulfiller.intake.desk import Desk
from fulfiller.intake.examples import explained
from fulfiller.intake.exchange import Asked, Receive, Reply, encode
from fulfiller.intake.problem import Code, Problem, unavailable


class Health:
    """Handlers of `/livez`, `/readyz` and `/problems`."""

    def __init__(self, committer: Committer, desk: Desk) -> None:
        """Keep the parts."""
        self._committer = committer
        self._desk = desk

    async def live(self, _asked: Asked, _receive: Receive) -> Reply:
        """Say that the process answers."""
        return Reply(200, encode({"status": "alive"}))

    async def ready(self, _asked: Asked, _receive: Receive) -> Reply:
        """Say whether claims can be taken in; paused is ready, the broker doesn't matter."""
        if not self._committer.alive:
            raise unavailable("nobody is there to commit claims")
        await self._desk.do(lambda viewer: viewer.store.now())
        return Reply(200, encode({"status": "ready"}))

    async def problem(self, asked: Asked, _receive: Receive) -> Reply:
        """Explain a kind of problem: the page that its `type` leads to."""
        name = asked.path.rpartition("/")[2]
        if name not in list(Code):
            raise Problem(Code.NOT_FOUND)
        return Reply(200, encode(explained(Code(name))))

    async def problems(self, _asked: Asked, _receive: Receive) -> Reply:
        """Explain every kind of problem."""
        return Reply(200, encode({"problems": [explained(code) for code in Code]}))
