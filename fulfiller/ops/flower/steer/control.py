"""A control: its fields, what it is now, and the plan that a filled form becomes."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from shlex import join

from click import ClickException

from fulfiller.domain.campaign import Campaign
from fulfiller.domain.error import FulfillerError
from fulfiller.domain.event import Kind
from fulfiller.domain.mode import SERVICE, ModeRow
from fulfiller.domain.pace import Pace
from fulfiller.ops.deeds import UNKNOWN
from fulfiller.ops.ending import checked
from fulfiller.ops.exits import Failed
from fulfiller.service.rates import By
from fulfiller.wiring import Truth

Form = Mapping[str, str]
"""What somebody has filled in, by field; what was left empty is an empty text."""
OPTION = re.compile(r"--(?=\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A scope as it is at the moment of a request; the service has no campaign."""

    scope: str
    now: int
    campaign: Campaign | None
    row: ModeRow
    service: ModeRow
    rates: Sequence[Pace]

    @property
    def called(self) -> str:
        """Return what the scope is called where a sentence begins."""
        return "The service" if self.campaign is None else self.campaign.id

    @property
    def zone(self) -> str:
        """Return the zone in which the scope's days are counted."""
        return "UTC" if self.campaign is None else self.campaign.zone

    @property
    def terms(self) -> Campaign:
        """Return the campaign; raise Failed where there is none to speak of."""
        if self.campaign is None:
            raise Failed(UNKNOWN.format(self.scope))
        return self.campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a form; `value` is what stands in it at first."""

    name: str
    label: str
    hint: str = ""
    value: str = ""
    required: bool = False
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as those who wait would read it, and whether these words make it another."""

    language: str
    situation: str
    message: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Done:
    """What became of it: how it is now, and whether that was changed."""

    says: str
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a form asks for: in a sentence, as a command line, and as work to be done.

    `basis` is what it starts from: if that is another when it is confirmed, it is shown anew.
    `typed` has to be typed before it is done.
    """

    says: str
    command: str
    kind: Kind
    basis: str
    work: Callable[[Truth, By], Done]
    typed: str = ""
    heard: Sequence[Heard] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Something that operators do; `effect` is when it holds, `now` how it is in words.

    `button` leads from the form to the plan, `verb` from there to the deed.
    """

    name: str
    title: str
    about: str
    effect: str
    now: Callable[[Scene], str]
    fields: Callable[[Scene], Sequence[Field]]
    plan: Callable[[Form, Scene], Plan]
    button: str = "Continue"
    verb: str = ""


def read_scene(scope: str, store: Truth) -> Scene | None:
    """Read what the controls of a scope take; None if there is no such campaign."""
    campaign = None if scope == SERVICE else store.campaign(scope)
    modes = store.modes()
    if scope not in modes or (campaign is None and scope != SERVICE):
        return None
    return Scene(
        scope=scope,
        now=store.now(),
        campaign=campaign,
        row=modes[scope],
        service=modes[SERVICE],
        rates=store.rates(scope),
    )


def reason(form: Form) -> str:
    """Return the reason that a form gives; raise Misused if it says nothing."""
    return checked(form.get("reason", ""))


def command_line(scene: Scene, verb: str, *words: str, why: str) -> str:
    """Return the command that does the same, for a shell."""
    begins = ("fulfiller", verb) if scene.scope == SERVICE else _of_campaign(verb, scene.scope)
    return join((*begins, *words, "--reason", why))


def flaw_said(flaw: ClickException | FulfillerError) -> str:
    """Return what is wrong with a form: fields are called here as options are there."""
    said = flaw.message if isinstance(flaw, ClickException) else str(flaw)
    text = OPTION.sub("", said).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def _of_campaign(verb: str, scope: str) -> tuple[str, ...]:
    return ("fulfiller", "campaign", verb, scope)
