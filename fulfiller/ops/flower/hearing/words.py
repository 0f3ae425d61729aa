"""How well Flower hears, as people and programs read it."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from fulfiller.ops.flower.hearing.ear import Ear, Hearing

STORE_IS_WHOLE = "Figures of campaigns come from the store, and are whole."


def said(hearing: Hearing) -> str:
    """Return in sentences of how many tasks Flower saw the events."""
    tasks = hearing.tasks
    if not tasks.begun:
        return "No task was begun since Flower listens."
    if not tasks.missed:
        return f"Flower saw all of {tasks.begun:,} tasks begun since it listens."
    return (
        f"Flower saw {tasks.seen:,} of {tasks.begun:,} tasks begun since it listens"
        f" ({why(hearing)}): its pages of tasks and workers tell a part. {STORE_IS_WHOLE}"
    )


def why(hearing: Hearing) -> str:
    """Return what became of the others, as far as Flower can know it."""
    if hearing.dropped:
        return f"it fell behind and let {hearing.dropped:,} events go"
    return "the broker cut it off, or workers do not send the events of tasks"


def told(hearing: Hearing) -> dict[str, int]:
    """Return it for programs."""
    return {
        "begun": hearing.tasks.begun,
        "seen": hearing.tasks.seen,
        "events_dropped": hearing.dropped,
        "events_waiting": hearing.waiting,
    }


class Gauges:
    """The same for Prometheus, beside what Flower's own `/metrics` tells."""

    def __init__(self, ear: Ear) -> None:
        """Tell of an ear."""
        self._ear = ear

    def collect(self) -> Iterator[Metric]:
        """Yield what is known at this moment."""
        hearing = self._ear.hearing
        for name, about, value in (
            ("begun", "Tasks begun by workers since Flower listens.", hearing.tasks.begun),
            ("seen", "Tasks of which Flower saw the event of their begin.", hearing.tasks.seen),
        ):
            yield CounterMetricFamily(f"fulfiller_flower_tasks_{name}", about, value)
        yield CounterMetricFamily(
            "fulfiller_flower_events_dropped",
            "Events that Flower let go because it fell behind.",
            hearing.dropped,
        )
        yield GaugeMetricFamily(
            "fulfiller_flower_events_waiting",
            "Events that Flower has received and not yet taken in.",
            hearing.waiting,
        )
