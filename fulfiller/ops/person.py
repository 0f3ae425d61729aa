"""Who is at the command line, as the event log names them."""

import os
from pwd import getpwuid


def operator() -> str:
    """Return `operator:` and this process's user, whatever its environment says."""
    number = os.getuid()
    try:
        return f"operator:{getpwuid(number).pw_name}"
    except KeyError:
        return f"operator:{number}"
