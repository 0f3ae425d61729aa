"""The upstream service, a process of its own: sends the day's requests with the real client.

Orders come as JSON lines on its input, reports go out the same way. It keeps its own record
of every promise it was given, so that nobody has to take the store's word for it.

    {"do": "rehearse", …}  closed loop for a moment      -> {"paced": requests per second}
    {"do": "play", …}      the day, open loop            -> {"tally": …} …, {"played": …}
    {"do": "check", …}     look at some claims again     -> {"checked": …}
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

from fulfiller.client import AsyncClient
from fulfiller.ops.demo.memory import Memory
from fulfiller.ops.demo.sending import Sender, pace
from fulfiller.ops.demo.traffic import wishes

REPORT_S = 0.25
CONNECTIONS = 12
CHECKERS = 8


async def serve(url: str, key: str) -> None:
    """Follow orders, one after the other, until this process ends."""
    memory = Memory()
    orders = listen()
    async with AsyncClient(url, key, connections_max=CONNECTIONS) as client:
        say({"ready": True})
        while True:
            words = await orders.get()
            match words.pop("do"):
                case "rehearse":
                    say({"paced": await pace(client, **words)})
                case "play":
                    await play(client, memory, words)
                case "check":
                    say({"checked": await check(client, memory, **words)})


def listen() -> asyncio.Queue[dict[str, Any]]:
    """Return a queue that orders come through; the end of the input is the end of it all."""
    loop = asyncio.get_running_loop()
    orders: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def hear() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(orders.put_nowait, json.loads(line))
        # Whoever gave the orders is gone, perhaps killed: nobody is left to send for.
        os._exit(0)

    Thread(target=hear, name="orders", daemon=True).start()
    return orders


async def play(client: AsyncClient, memory: Memory, words: dict[str, Any]) -> None:
    """Send a day's requests when they are due, and report while that goes on."""
    day = wishes(words["total"], span_s=words["span_s"], seed=words["seed"])
    sender = Sender(client, words["campaign"], memory)
    say({"opened": True})
    playing = asyncio.create_task(sender.play(day))
    while not playing.done():
        await asyncio.wait((playing,), timeout=REPORT_S)
        say({"tally": memory.tally(), "sample": memory.sample(), "told": memory.told})
    await playing
    memory.write(Path(words["record"]))
    say({"played": memory.tally(), "broken": memory.broken, "faults": dict(memory.faults)})


async def check(client: AsyncClient, memory: Memory, *, claims: int, seed: int) -> dict[str, int]:
    """Look at some promised claims again over HTTP: how many, and how many have a coupon."""
    chosen = memory.some(claims, Random(seed))  # nosec B311 # noqa: S311 - a sample, not a secret
    gate = asyncio.Semaphore(CHECKERS)

    async def look(claim_id: str) -> bool:
        async with gate:
            claim = await client.get(claim_id)
        return memory.agrees(claim)

    agreed = await asyncio.gather(*(look(claim_id) for claim_id in chosen))
    return {"asked": len(chosen), "agreed": sum(agreed)}


def say(report: dict[str, object]) -> None:
    """Write a report."""
    print(json.dumps(report), flush=True)


def main() -> None:
    """Take the door's address and the key from the first line, then follow orders."""
    door = json.loads(sys.stdin.readline())
    asyncio.run(serve(door["url"], door["key"]))


if __name__ == "__main__":
    main()
