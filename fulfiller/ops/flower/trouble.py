"""What is wrong when a store can't be read, in words, and what to do about it."""

import logging
from dataclasses import dataclass

from fulfiller.domain.error import FulfillerError

MISSING = ("no such table", "does not exist")
"""What drivers say of a database in which our tables are not."""
UPGRADE = "It seems to be new: run fulfiller store upgrade."
DOCTOR = "Look at it with fulfiller doctor, and whether FULFILLER_STORE_URL is the right one."
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why nothing can be read, and what to do about it."""

    error: str
    remedy: str


def trouble_of(fault: Exception) -> Trouble:
    """Return a fault in words; of one that nobody knows the text stays in the log."""
    if any(sign in str(fault) for sign in MISSING):
        return Trouble("its tables are missing", UPGRADE)
    if isinstance(fault, FulfillerError):
        # Drivers go on for lines; the first one says what is wrong.
        first, *_ = str(fault).splitlines() or [type(fault).__name__]
        return Trouble(first.rstrip("."), DOCTOR)
    logger.error("The campaigns can't be read", exc_info=fault)
    return Trouble(f"{type(fault).__name__}, see Flower's log", DOCTOR)
