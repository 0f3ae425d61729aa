"""The shipped settings file, made from the settings: each with its default, unit and sentence.

`python -m fulfiller.ops.knobs` writes it anew; whoever adds a setting says here what it is.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from fulfiller.ops.shipped import shipped
from fulfiller.settings import SECRETS, defaults

WIDTH = 96
TABLES = ("broker", "intake", "worker", "flower", "door", "log", "trace", "api")
"""Beginnings of names that are tables in the file; whatever else there is stands on top."""
HEAD = """\
# Every setting with its default. Copy what you change to FULFILLER_HOME/fulfiller.toml, or
# name a file in FULFILLER_CONFIG; a variable such as FULFILLER_INTAKE_PORT wins over both.
#
# Not here, because each place has its own:
#   FULFILLER_HOME       where state and secrets lie, by default ~/.fulfiller
#   FULFILLER_STORE_URL  sqlite:////absolute/path.db (by default in the home), or
#                        postgresql://user:password@host:5432/database
#   FULFILLER_SECRET     root of coupon codes and API keys; made in the home if unset. Whoever
#                        loses it can't tell any code again: keep it as you keep the store.
#   FULFILLER_API_KEY    the key with which `fulfiller claim` calls
"""


@dataclass(frozen=True, slots=True)
class Knob:
    """What a setting is, in a sentence, and the unit of its number."""

    about: str
    unit: str = ""


ABOUT = {
    "broker_url": Knob(
        "Where tasks are handed on: redis://, rediss://, redis+socket://, sentinel://, amqp:// or"
        " amqps://."
    ),
    "intake_host": Knob("The address that the intake listens on; a proxy with TLS stands before."),
    "intake_port": Knob("Where the intake listens; 0 takes any free one.", "port"),
    "intake_nice": Knob(
        "Added to the intake's niceness, 0 to 19, so that issuing gets the processor first; 0"
        " gives way to nobody.",
        "steps of niceness",
    ),
    "intake_proxies": Knob(
        "Addresses and networks of the proxies in front of the intake, with commas between. What"
        " they say in X-Forwarded-For is believed, and nobody else's word; not named here, a proxy"
        " counts as one caller."
    ),
    "door_user_rate": Knob(
        "Claims of one user through one account, as Celery writes rates: 5/s, 90/m, 200/h. Who"
        " sends more is told 429, and when to come again. Nothing is no limit."
    ),
    "door_user_burst": Knob("So many at once after a rest.", "claims"),
    "door_account_rate": Knob("Claims of one account, likewise."),
    "door_account_burst": Knob("So many at once after a rest; a batch may hold 1000.", "claims"),
    "door_address_rate": Knob(
        "Requests for claims and campaigns from one address, or one /64 network of IPv6, likewise."
    ),
    "door_address_burst": Knob("So many at once after a rest.", "requests"),
    "flower_host": Knob(
        "The address that Flower listens on: behind a password, and still no door for the internet."
    ),
    "flower_port": Knob("Where Flower listens; 0 takes any free one.", "port"),
    "group_max": Knob("Claims that are committed together at most, 1 to 1000.", "claims"),
    "worker_slots": Knob("Tasks that one worker runs at a time, 1 to 256.", "tasks"),
    "eligibility": Knob("A hook as package.module:function; workers ask it before they issue."),
    "eligibility_deadline_s": Knob("In which the hook must answer a batch, 1 to 5.", "seconds"),
    "log_level": Knob("How much processes say: debug, info, warning or error."),
    "log_format": Knob("How they say it: text, or json with one object a line."),
    "log_claims_per_s": Knob(
        "Lines about single claims that a process writes of each step; of more claims than that it"
        " takes a sample by id, which other processes take, too. 0 writes none.",
        "lines per second",
    ),
    "trace_endpoint": Knob(
        "Where spans go, in OTLP over HTTP, such as http://127.0.0.1:4318/v1/traces; that takes the"
        " extra `otel`. By default OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or"
        " OTEL_EXPORTER_OTLP_ENDPOINT with /v1/traces behind it; with neither there are none."
    ),
    "trace_one_in": Knob("Of so many claims one is traced, by id, 1 to 65536.", "claims"),
    "api_url": Knob("Where `fulfiller claim` finds the service."),
}


def text() -> str:
    """Return the file; raise LookupError for a setting that nobody has said a word about."""
    silent = defaults().keys() - ABOUT.keys()
    if silent:
        raise LookupError(f"say in {__name__}.ABOUT what these are: {', '.join(sorted(silent))}")
    parts = [HEAD + "\n".join(_secrets()), *_knobs("")]
    for table in TABLES:
        knobs = list(_knobs(table))
        parts += [f"[{table}]\n{knobs[0]}", *knobs[1:]] if knobs else []
    return "\n\n".join(parts) + "\n"


def _secrets() -> Iterator[str]:
    names = ", ".join(f"FULFILLER_{name.upper()}_FILE" for name in SECRETS)
    said = f"Secrets may lie in files of their own: {names} are their paths."
    return (f"# {line}" for line in wrap(said, WIDTH))


def _knobs(table: str) -> Iterator[str]:
    """Yield the settings of a table, in the order in which the settings have them."""
    for name, default in defaults().items():
        first, _, member = name.partition("_")
        mine = first if first in TABLES else ""
        if mine == table:
            yield _knob(ABOUT[name], member if mine else name, default)


def _knob(knob: Knob, name: str, default: object) -> str:
    about = "\n".join(f"# {line}" for line in wrap(knob.about, WIDTH))
    unit = f"  # {knob.unit}" if knob.unit else ""
    return f"{about}\n{name} = {json.dumps(default)}{unit}"


if __name__ == "__main__":
    shipped("fulfiller.toml").write_text(text(), "utf-8")
