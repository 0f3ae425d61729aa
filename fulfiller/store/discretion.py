"""What PostgreSQL's own log may say: what failed, and never whose row it was."""

import psycopg

from fulfiller.domain.error import StoreUnavailable

CONNECT_TIMEOUT_S = 3
DISCREET = {
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
"""Without them a lost race is logged with the user whom both wanted, and slow statements whole."""


def indiscreet(url: str) -> dict[str, str]:
    """Return the settings by which the log names people, each with the value that it has."""
    if not url.startswith("postgresql://"):
        return {}
    asked = "select name, setting from pg_settings where name = any(%s) order by name"
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_S) as line:
            found = line.execute(asked, (list(DISCREET),)).fetchall()
    except psycopg.Error as fault:
        raise StoreUnavailable(f"PostgreSQL: {fault}") from fault
    return {name: value for name, value in found if value != DISCREET[name]}
