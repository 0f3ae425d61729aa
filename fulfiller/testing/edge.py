"""The edge: the intake's app, and in front of it the one thing that has to be played.

A service that runs in a test's own process does not fail, and upstreams have to be tried with
one that does. So requests can be refused here, before the app sees them or after it is done.
"""

from collections import deque

from fulfiller.intake.app import App
from fulfiller.intake.exchange import (
    Message,
    Receive,
    Scope,
    Send,
    asked,
    problem_reply,
    send_reply,
)
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.problem import Code, Problem

PATHS = "/v1/"
WHY = "refused on purpose by a test"


class Edge(App):
    """The app, which answers the next requests with 503 if it is told to."""

    def __init__(self, parts: IntakeParts) -> None:
        """Refuse nothing yet."""
        super().__init__(parts)
        self._refusals: deque[tuple[int, bool]] = deque()

    def refuse_next(self, number: int, *, retry_after_s: int, done: bool) -> None:
        """Refuse so many requests below /v1; with `done`, what they ask for is done before."""
        self._refusals.extend([(retry_after_s, done)] * number)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope, or refuse it."""
        serve = super().__call__
        if scope["type"] != "http" or not scope["path"].startswith(PATHS) or not self._refusals:
            await serve(scope, receive, send)
            return
        retry_after_s, done = self._refusals.popleft()
        request = asked(scope)
        if done:
            # Nor may a server that takes answers in one piece get it past `send`.
            await serve({**scope, "extensions": {}}, receive, _lose)
        else:
            await _read(receive)
        problem = Problem(Code.UNAVAILABLE, WHY, retry_after_s=retry_after_s)
        await send_reply(problem_reply(problem, request), request.request_id, scope, send)


async def _lose(_: Message) -> None:
    """An answer that nobody gets."""


async def _read(receive: Receive) -> None:
    """Take in what nobody looks at, so that the connection is fit for the next request."""
    while (message := await receive()).get("more_body"):
        pass
    del message
