"""How requests arrived that day: a rush at the doors, quiet hours, the flood, a long tail.

The reported points are 1 million requests in under three hours, 2 million after about four,
5 million after five and 10 million after nine. Between them the rate is drawn as straight
lines, with an opening rush that is highest in its first moment.
"""

from bisect import bisect_left
from itertools import pairwise
from math import exp

HOURS = 9.0
REQUESTS = 10_000_000
RUSH_SHARE = 0.04
"""Share of all requests that come with the opening rush."""
RUSH_HOURS = 0.12
"""Time in which the rush falls to a third."""
KNOTS = ((0, 0.012), (2, 0.012), (3, 0.07), (4, 0.12), (4.5, 0.44), (5, 0.2), (9, 0.05))
"""Hour, and the share of all requests per hour that comes then beside the rush."""
STEPS = 3_600


def rate(hour: float) -> float:
    """Return the share of all requests that arrives per hour at an hour of the day."""
    if not 0 <= hour <= HOURS:
        return 0.0
    return RUSH_SHARE / RUSH_HOURS * exp(-hour / RUSH_HOURS) + _line(hour)


def arrived(hour: float) -> float:
    """Return the share of all requests that has arrived by an hour of the day."""
    hour = min(max(hour, 0.0), HOURS)
    rush = RUSH_SHARE * (1 - exp(-hour / RUSH_HOURS))
    return rush + sum(_area(*segment, hour) for segment in pairwise(KNOTS))


def arrivals(total: int, span_s: float) -> list[float]:
    """Return when each of `total` requests is due, if the whole day takes `span_s` seconds."""
    grid = [arrived(HOURS * step / STEPS) for step in range(STEPS + 1)]
    whole = grid[-1]
    return [span_s * _inverse(grid, whole * (number + 0.5) / total) for number in range(total)]


def per_column(total: int, columns: int) -> list[float]:
    """Return how many of `total` requests fall into each of `columns` equal parts of the day."""
    marks = [arrived(HOURS * column / columns) for column in range(columns + 1)]
    return [total * (after - before) / marks[-1] for before, after in pairwise(marks)]


def _inverse(grid: list[float], share: float) -> float:
    """Return the part of the day, 0 to 1, by which this share has arrived."""
    step = max(1, bisect_left(grid, share))
    below, above = grid[step - 1], grid[step]
    return (step - 1 + (share - below) / (above - below)) / STEPS


def _line(hour: float) -> float:
    for (start, low), (end, high) in pairwise(KNOTS):
        if hour <= end:
            return low + (high - low) * (hour - start) / (end - start)
    return 0.0


def _area(start: tuple[float, float], end: tuple[float, float], hour: float) -> float:
    """Return the area below one line, up to an hour."""
    width = min(max(hour - start[0], 0.0), end[0] - start[0])
    slope = (end[1] - start[1]) / (end[0] - start[0])
    return width * (start[1] + slope * width / 2)
