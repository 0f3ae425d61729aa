"""The controls of modes: pause, resume, let flow, hold and unhold."""

from collections.abc import Callable
from dataclasses import replace

from fulfiller.domain.breaker import Mode
from fulfiller.domain.campaign import policy
from fulfiller.domain.error import Raced
from fulfiller.domain.event import Kind
from fulfiller.ops.deeds import DEEDS, Deed, let_flow
from fulfiller.ops.ending import end_at
from fulfiller.ops.exits import Failed, Misused
from fulfiller.ops.flower.steer.control import (
    Control,
    Done,
    Field,
    Form,
    Plan,
    Scene,
    command_line,
    reason,
)
from fulfiller.ops.modes import clock, named, said
from fulfiller.service.govern import SERVICE_POLICY
from fulfiller.service.rates import By
from fulfiller.service.steer import Act
from fulfiller.wiring import Truth

LASTS = Field(name="for", label="For", hint="It ends by itself after this: 30m, 2h, 1d.")
UNTIL = Field(name="until", label="Until", hint="Or then: +90m, or 2026-02-28T18:00:00+08:00.")
NEEDED = replace(LASTS, required=True, hint="It ends by itself after this, and has to: 10m, 1h.")
AT_ONCE = "Nothing is admitted from a second after it on; workers go on."
ISSUING = "Workers go by it from their next task on."
Ends = dict[str, str]
Planning = Callable[[Form, Scene], Plan]


def _plan(verb: str, kind: Kind, says: Callable[[Scene, str], str], deed: Deed) -> Planning:
    """Return what makes a plan of this verb."""

    def plan(form: Form, scene: Scene) -> Plan:
        why, ends = reason(form), _ends(form)
        end = _end(ends, scene.zone, scene.now)
        lasting = "" if end is None else f" until {clock(end, scene.now)}"
        words = [word for name, text in ends.items() for word in (f"--{name}", text)]
        forced = ("--force",) if deed is let_flow else ()
        return Plan(
            says=says(scene, lasting),
            command=command_line(scene, verb, *forced, *words, why=why),
            kind=kind,
            basis=str(scene.row.generation),
            work=lambda store, by: _done(deed, scene, ends, by, store),
        )

    return plan


def _flow_plan(form: Form, scene: Scene) -> Plan:
    if not form.get("for"):
        raise Misused("--for is needed: whatever is forced ends by itself, such as after 10m")
    return FLOW_PLAN(form, scene)


def _done(deed: Deed, scene: Scene, ends: Ends, by: By, store: Truth) -> Done:
    end = _end(ends, scene.zone, by.now)
    act = Act(reason=by.reason, actor=by.actor, now=by.now, until=end)
    try:
        steered = deed(scene.scope, act, store)
    except Raced as lost:
        raise Failed(f"{lost}: try again") from lost
    row = steered.row or scene.row
    return Done(f"{scene.called} is {said(row, by.now)}", steered.changed)


def _ends(form: Form) -> Ends:
    return {name: form[name] for name in ("for", "until") if form.get(name)}


def _end(ends: Ends, zone: str, now: int) -> int | None:
    return end_at(ends.get("for"), ends.get("until"), zone=zone, now=now)


def _mode(scene: Scene) -> str:
    return f"{scene.called} is {said(replace(scene.row, held=False), scene.now)}."


def _switch(scene: Scene) -> str:
    if not scene.row.held:
        return "Workers issue."
    return f"It is {said(replace(scene.row, mode=Mode.FLOWING, breaker=None), scene.now)}."


def _pausing(scene: Scene, lasting: str) -> str:
    return (
        f"{scene.called} will be paused{lasting or ' until somebody resumes it'}: newcomers get a"
        " place in line instead of a promise, and workers go on issuing what was accepted."
    )


def _resuming(scene: Scene, _: str) -> str:
    ramp_s = (SERVICE_POLICY if scene.campaign is None else policy(scene.campaign)).ramp_s
    return (
        f"{scene.called} will ramp up over {ramp_s:.0f} s: those who wait come first, newcomers"
        " are promised coupons again, and it may pause again by itself."
    )


def _flowing(scene: Scene, lasting: str) -> str:
    return f"{scene.called} will flow{lasting}, and no signal pauses it before."


def _holding(scene: Scene, lasting: str) -> str:
    return (
        f"Workers will stop issuing for {named(scene.scope)}{lasting or ' until it is unheld'};"
        " newcomers are still taken in, and what was accepted keeps its money."
    )


def _unholding(scene: Scene, _: str) -> str:
    return f"Workers will go on issuing for {named(scene.scope)}, whatever was accepted meanwhile."


FLOW_PLAN = _plan("resume", Kind.MODE_FLOWING, _flowing, let_flow)
MODES = (
    Control(
        name="pause",
        title="Pause",
        about="Newcomers get a place in line instead of a promise; workers go on issuing.",
        effect=AT_ONCE,
        now=_mode,
        fields=lambda _: (LASTS, UNTIL),
        plan=_plan("pause", Kind.MODE_PAUSED, _pausing, DEEDS["pause"]),
    ),
    Control(
        name="resume",
        title="Resume: ramp up",
        about="Ends a pause: it admits a tenth of its pace at first, and soon all of it.",
        effect="Whoever waits longest is admitted from the next second on.",
        now=_mode,
        fields=lambda _: (),
        plan=_plan("resume", Kind.MODE_RAMPING, _resuming, DEEDS["resume"]),
    ),
    Control(
        name="flow",
        title="Let it flow",
        about="Overrules the circuit breaker: no signal pauses it until that ends.",
        effect="Newcomers are admitted at once.",
        now=_mode,
        fields=lambda _: (NEEDED,),
        plan=_flow_plan,
    ),
    Control(
        name="hold",
        title="Hold",
        about="Workers stop issuing; newcomers are still taken in until the threshold.",
        effect=ISSUING,
        now=_switch,
        fields=lambda _: (LASTS, UNTIL),
        plan=_plan("hold", Kind.MODE_HELD, _holding, DEEDS["hold"]),
    ),
    Control(
        name="unhold",
        title="Unhold",
        about="Workers go on issuing, whatever was accepted meanwhile.",
        effect=ISSUING,
        now=_switch,
        fields=lambda _: (),
        plan=_plan("unhold", Kind.MODE_UNHELD, _unholding, DEEDS["unhold"]),
    ),
)
