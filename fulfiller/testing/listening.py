"""The intake's server in a thread, on a port of its own that is free again afterwards."""

import asyncio
from collections.abc import Coroutine
from threading import Event, Thread
from typing import Any

from fulfiller.intake.serve import Server, listen
from fulfiller.testing.edge import Edge

HOST = "127.0.0.1"
READY_S = 10.0
"""How long it may take to begin; it is a hundredth of a second."""


class Listening:
    """The app on a free port of loopback, from `start` to `stop`."""

    def __init__(self, app: Edge) -> None:
        """Listen to nobody yet."""
        self.app = app
        self.url = ""
        self._ready = Event()
        self._thread = Thread(target=self._run, name="fulfiller-intake", daemon=True)

    def start(self) -> None:
        """Take a port, and return once requests are answered."""
        self._socket = listen(HOST, 0)
        self._server = Server(self.app, self._ready.set)
        self._thread.start()
        if not self._ready.wait(READY_S):
            self.stop()
            raise RuntimeError("the intake does not begin to listen: its log says why")
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}"

    def stop(self) -> None:
        """Answer whoever waits, and give the port back."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self.url = ""

    def look(self) -> None:
        """Let what people are told from here on be true of this moment."""
        if self.url:
            self._await(self.app.look())

    def _await(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._server.config.get_loop_factory()) as runner:
            self._loop = runner.get_loop()
            runner.run(self._server.serve([self._socket]))
