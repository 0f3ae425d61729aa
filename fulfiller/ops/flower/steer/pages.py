"""The pages on which operators steer: fill in, read what will happen, confirm, see what did."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from flower.views import BaseHandler  # type: ignore[import-untyped]
from tornado.web import HTTPError, RequestHandler, authenticated, url

from fulfiller.domain.error import DomainError, Raced, StoreUnavailable
from fulfiller.domain.mode import SERVICE
from fulfiller.ops.deeds import UNKNOWN
from fulfiller.ops.exits import Failed, Misused
from fulfiller.ops.flower.policy import HEADERS
from fulfiller.ops.flower.roles import Roles, actor
from fulfiller.ops.flower.steer.control import (
    Control,
    Done,
    Form,
    Plan,
    Scene,
    flaw_said,
    read_scene,
)
from fulfiller.ops.flower.steer.hand import Hand
from fulfiller.ops.flower.steer.lifetime import END, EXTEND
from fulfiller.ops.flower.steer.marking import MARK
from fulfiller.ops.flower.steer.modes import MODES
from fulfiller.ops.flower.steer.tuning import RATE, TUNING
from fulfiller.ops.flower.steer.words import WORDS
from fulfiller.ops.modes import named
from fulfiller.service.rates import By
from fulfiller.wiring import Truth

OF_SERVICE = {control.name: control for control in (*MODES, RATE, MARK)}
OF_CAMPAIGN = {control.name: control for control in (*MODES, *TUNING, EXTEND, WORDS, MARK, END)}
Did = TypeVar("Did")
FOREIGN = "Nothing was done: this form is of another page, or too old. Open the page again."
MEANWHILE = "It has changed meanwhile: this is what would happen now."
DOCTOR = "Look with fulfiller doctor, and at the event log whether it was done."


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What a page shows: the controls, or one of them to confirm, and what became of it."""

    scene: Scene
    controls: Sequence[Control]
    refusal: str | None = None
    chosen: Control | None = None
    form: Form = field(default_factory=dict)
    plan: Plan | None = None
    flaw: str = ""
    done: Done | None = None
    by: str = ""

    @property
    def title(self) -> str:
        """Return whom it is about."""
        return named(self.scene.scope)

    def value(self, control: Control, name: str, usual: str) -> str:
        """Return what stands in a field: what was filled in, or else what it is now."""
        return self.form.get(name, usual) if control is self.chosen and not self.done else usual


class SteerPage(BaseHandler):  # type: ignore[misc]
    """Steers a campaign or, without one, the service."""

    def initialize(self, hand: Hand, roles: Roles) -> None:
        """Take the hand that all pages share, and who may use it."""
        self.hand = hand
        self.roles = roles

    def set_default_headers(self) -> None:
        """Let browsers load only what Flower serves."""
        super().set_default_headers()
        for name, value in HEADERS.items():
            self.set_header(name, value)
        # Without any, browsers would not say either from which page a form comes.
        self.set_header("Referrer-Policy", "same-origin")

    def check_xsrf_cookie(self) -> None:
        """Let nobody change anything but operators, and only from our own forms.

        Tornado asks this of whatever is no mere look, before anything else. Flower itself does
        without the form's token where browsers send a password by themselves.
        """
        if not self.current_user:
            raise HTTPError(HTTPStatus.UNAUTHORIZED)
        if (refusal := self.roles.why_not(self)) is not None:
            raise HTTPError(HTTPStatus.FORBIDDEN, "%s", refusal)
        super().check_xsrf_cookie()
        try:
            RequestHandler.check_xsrf_cookie(self)
        except HTTPError as fault:
            raise HTTPError(HTTPStatus.FORBIDDEN, FOREIGN) from fault

    @authenticated
    async def get(self, scope: str = SERVICE) -> None:
        """Show the controls with what is so now; who may not steer sees no forms."""
        scene = await self._scene(scope)
        self._show(scene, refusal=self.roles.why_not(self))

    @authenticated
    async def post(self, scope: str = SERVICE) -> None:
        """Show what a form would do or, confirmed, do it."""
        scene = await self._scene(scope)
        control = _controls(scope).get(self.get_body_argument("control", ""))
        if control is None:
            raise HTTPError(HTTPStatus.BAD_REQUEST, "There is no such control")
        form = self._form(control, scene)
        try:
            plan = control.plan(form, scene)
            await self._go_on(scene, control, form, plan)
        except (Misused, Failed, DomainError, Raced) as flaw:
            self.set_status(HTTPStatus.UNPROCESSABLE_ENTITY)
            self._show(scene, chosen=control, form=form, flaw=flaw_said(flaw))

    async def _go_on(self, scene: Scene, control: Control, form: Form, plan: Plan) -> None:
        """Ask for a confirmation or, if it is there and is still meant, do it."""
        confirming = {"chosen": control, "form": form, "plan": plan}
        if self.get_body_argument("step", "") != "do":
            self._show(scene, **confirming)
        elif self.get_body_argument("basis", "") != plan.basis:
            self.set_status(HTTPStatus.CONFLICT)
            self._show(scene, **confirming, flaw=MEANWHILE)
        elif self.get_body_argument("typed", "") != plan.typed:
            self.set_status(HTTPStatus.UNPROCESSABLE_ENTITY)
            self._show(scene, **confirming, flaw=f"Type {plan.typed} to confirm.")
        else:
            by = actor(self)
            done = await self._done(plan, form["reason"], by)
            now = await self._scene(scene.scope)
            self._show(now, chosen=control, plan=plan, done=done, by=by)

    async def _done(self, plan: Plan, reason: str, by: str) -> Done:
        def work(store: Truth) -> Done:
            return plan.work(store, By(reason=reason, actor=by, now=store.now()))

        return await self._with_store(work)

    async def _scene(self, scope: str) -> Scene:
        scene = await self._with_store(lambda store: read_scene(scope, store))
        if scene is None:
            raise HTTPError(HTTPStatus.NOT_FOUND, "%s", UNKNOWN.format(scope))
        return scene

    async def _with_store(self, work: Callable[[Truth], Did]) -> Did:
        try:
            return await self.hand.do(work)
        except StoreUnavailable as fault:
            first, *_ = str(fault).splitlines() or ["it does not answer"]
            self.log_exception(type(fault), fault, fault.__traceback__)
            message = f"The store does not answer: {first}. {DOCTOR}"
            raise HTTPError(HTTPStatus.SERVICE_UNAVAILABLE, "%s", message) from fault

    def _form(self, control: Control, scene: Scene) -> Form:
        names = ("reason", *(each.name for each in control.fields(scene)))
        return {name: self.get_body_argument(name, "") for name in names}

    def _show(self, scene: Scene, **shown: Any) -> None:
        controls = tuple(_controls(scene.scope).values())
        self.render("steer.html", s=Screen(scene=scene, controls=controls, **shown))


def _controls(scope: str) -> Mapping[str, Control]:
    return OF_SERVICE if scope == SERVICE else OF_CAMPAIGN


def steering(hand: Hand, roles: Roles) -> list[Any]:
    """Return the routes of these pages."""
    shared = {"hand": hand, "roles": roles}
    return [
        url(r"/campaigns/steer", SteerPage, shared, name="service-steer"),
        url(r"/campaigns/steer/([a-z0-9-]+)", SteerPage, shared, name="campaign-steer"),
    ]
