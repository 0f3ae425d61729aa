"""Log lines for operators: one event a line to stderr, named `noun.verb`."""

import logging
import sys


def start_log(level: str) -> None:
    """Write log lines of this level and above to stderr, leaving stdout to answers."""
    logging.basicConfig(
        stream=sys.stderr,
        level=level.upper(),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
