"""What PostgreSQL's own log may say: what failed, and never whose row it was."""

from fulfiller.store.configured import configured

DISCREET = {
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
"""Without them a lost race is logged with the user whom both wanted, and slow statements whole."""


def indiscreet(url: str) -> dict[str, str]:
    """Return the settings by which the log names people, each with the value that it has."""
    found = configured(url, DISCREET)
    return {name: value for name, (value, _) in found.items() if value != DISCREET[name]}
