"""The control that marks a moment: it changes nothing, and the reason is what the mark says."""

from shlex import join

from fulfiller.domain.event import Kind
from fulfiller.domain.mode import SERVICE
from fulfiller.ops.flower.steer.control import Control, Done, Form, Plan, Scene, reason
from fulfiller.service.mark import mark
from fulfiller.service.rates import By
from fulfiller.wiring import Truth


def _plan(form: Form, scene: Scene) -> Plan:
    text = reason(form)
    whose = "all campaigns" if scene.scope == SERVICE else scene.scope
    own = () if scene.scope == SERVICE else ("--campaign", scene.scope)

    def work(store: Truth, by: By) -> Done:
        done = mark(scene.scope, by.reason, actor=by.actor, at=by.now, store=store)
        return Done(f"The charts of {whose} have a mark: {by.reason}.", done)

    return Plan(
        says=f"The charts of {whose} will have a mark at this moment: {text}. It changes nothing.",
        command=join(("fulfiller", "mark", text, *own)),
        kind=Kind.MARK_SET,
        basis="",
        work=work,
    )


MARK = Control(
    name="mark",
    title="Mark",
    about="Marks this moment on charts, in the audit and in the report; the reason is what it says,"
    " such as: deploy 1.4.2.",
    effect="It is on the charts within a second or two of its being sealed.",
    now=lambda _: "it changes nothing, now or later.",
    fields=lambda _: (),
    plan=_plan,
    verb="Set the mark",
)
