"""The app: parts put together, the fast lane in front, FastAPI and its contract behind.

The claim routes are hot. A fast lane therefore takes them before the framework does; the
very same handlers stand behind FastAPI, which knows everything else.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import zip_longest
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from fulfiller.domain.act import Verb
from fulfiller.intake import docs
from fulfiller.intake.campaigns import Campaigns
from fulfiller.intake.claims import PATH, Claims, Staff
from fulfiller.intake.committer import Committer
from fulfiller.intake.concierge import Concierge
from fulfiller.intake.contract import OPERATIONS, SHAPES
from fulfiller.intake.coupons import Coupons
from fulfiller.intake.desk import Desk
from fulfiller.intake.document import document
from fulfiller.intake.doorman import Doorman
from fulfiller.intake.exchange import (
    Asked,
    Handler,
    Receive,
    Reply,
    Scope,
    Send,
    answered,
    asked,
    encode,
    head,
    problem_reply,
    send_reply,
)
from fulfiller.intake.health import Health
from fulfiller.intake.keys import Keys
from fulfiller.intake.metrics import Metrics
from fulfiller.intake.outcomes import Outcomes
from fulfiller.intake.outlook import Outlook
from fulfiller.intake.parts import IntakeParts
from fulfiller.intake.pressure import Partners
from fulfiller.intake.problem import KINDS, Code, Problem
from fulfiller.intake.publisher import Publisher
from fulfiller.intake.rates import Rates
from fulfiller.intake.refusals import Refusals
from fulfiller.intake.scale import Scale
from fulfiller.intake.sharing import Sharing
from fulfiller.intake.watch import Watch

STATUS_CODES = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED}
LIMITED_BY_ADDRESS = ("submit_claim", "submit_claims", "show_campaign")
"""What people ask for; probes, pages of problems and what wants a key are left alone."""
Threads = tuple[Publisher | Outlook | Committer | Desk | Watch | Metrics | Sharing | Refusals, ...]


class App:
    """The ASGI app: the fast lane first, everything else through FastAPI."""

    def __init__(self, parts: IntakeParts, *, fast_lane: bool = True) -> None:
        """Put the parts together; threads start with the app's lifespan."""
        self._fast_lane = fast_lane
        self.publisher = Publisher(parts)
        committer = Committer(parts, self.publisher)
        reads, writes = Desk(parts, "reads"), Desk(parts, "writes")
        self._watch = Watch(parts, reads)
        keys = Keys(parts, reads)
        metrics = Metrics(parts, keys)
        self.outlook = Outlook(parts)
        concierge = Concierge(self.outlook, parts.library)
        doorman = Doorman(parts)
        handlers = _handlers(
            Claims(parts, keys, Staff(committer, self._watch, writes, concierge, doorman)),
            Campaigns(parts, keys, reads, writes, concierge),
            Health(committer, reads),
        )
        handlers |= _coupon_handlers(Coupons(parts, keys, reads, writes))
        handlers["report_pressure"] = Partners(parts, keys, writes).report
        rates = Rates(parts, keys, reads, writes)
        handlers |= dict.fromkeys(("show_rate", "show_limit"), rates.show)
        handlers |= dict.fromkeys(("set_rate", "set_limit"), rates.put)
        handlers["follow_outcomes"] = Outcomes(parts, keys, reads).show
        handlers["show_scale"] = Scale(parts, keys, reads).show
        handlers["metrics"] = metrics.show
        for name in LIMITED_BY_ADDRESS:
            handlers[name] = doorman.by_address(handlers[name])
        self._handlers = {
            name: parts.tally.counted(name, handler, parts.monotonic)
            for name, handler in handlers.items()
        }
        staff = (committer, reads, writes, self._watch, metrics, Refusals(parts, writes))
        threads: Threads = (self.publisher, self.outlook, *staff)
        if doorman.buckets:
            threads = (*threads, Sharing(parts, doorman.buckets))
        self._api = _api(self._handlers, threads)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            # Answered like GET; the server leaves the body out.
            scope = {**scope, "method": "GET"}
        fast = self._fast_lane and scope["type"] == "http"
        handler = self._lane(scope) if fast else None
        if handler is None:
            await self._api(scope, receive, send)
            return
        request = asked(scope)
        reply = await answered(handler, request, receive)
        await send_reply(reply, request.request_id, scope, send)

    @property
    def routes(self) -> Sequence[BaseRoute]:
        """Every address that the framework knows; the fast lane has none of its own."""
        return self._api.routes

    async def look(self) -> None:
        """See modes and backlogs as they are now, for what people are told from here on."""
        await self.outlook.look()

    def close(self) -> None:
        """Let nobody wait any longer: the process is about to end."""
        self._watch.close()

    def _lane(self, scope: Scope) -> Handler | None:
        """Return the handler of a hot request."""
        path, method = scope["path"], scope["method"]
        if method == "POST" and path == PATH:
            return self._handlers["submit_claim"]
        if method == "POST" and path == PATH + "/batch":
            return self._handlers["submit_claims"]
        if method == "GET" and path.startswith(PATH + "/clm_"):
            return self._handlers["show_claim"]
        return None


def create_app(parts: IntakeParts, *, fast_lane: bool = True) -> App:
    """Return the intake as an ASGI app; without the fast lane it does the same, slower."""
    return App(parts, fast_lane=fast_lane)


def _handlers(claims: Claims, campaigns: Campaigns, health: Health) -> dict[str, Handler]:
    """Return the handler of each operation, by name."""
    return {
        "submit_claim": claims.submit,
        "submit_claims": claims.submit_batch,
        "find_claim": claims.find,
        "show_claim": claims.see,
        "cancel_claim": claims.cancel,
        "create_campaign": campaigns.create,
        "show_campaign": campaigns.show,
        "live": health.live,
        "ready": health.ready,
        "list_problems": health.problems,
        "explain_problem": health.problem,
    }


def _coupon_handlers(coupons: Coupons) -> dict[str, Handler]:
    return {"show_coupon": coupons.show} | {
        f"{verb}_coupon": coupons.handler(verb) for verb in Verb
    }


def _api(handlers: dict[str, Handler], threads: Threads) -> FastAPI:
    """Return the FastAPI app with every operation of the contract."""
    api = FastAPI(lifespan=_lifespan(threads), openapi_url=None, redirect_slashes=False)
    for path, methods in _shadowed():
        api.add_route(path, _refused, methods=methods)
    for operation in OPERATIONS:
        api.add_api_route(
            operation.path,
            _endpoint(handlers[operation.name]),
            methods=[operation.method],
            name=operation.name,
            response_class=Response,
        )
    told = document(OPERATIONS, SHAPES)
    openapi, html = encode(told), docs.page(told)
    api.add_route("/openapi.json", _page(openapi, "application/json"))
    api.add_route("/docs", _page(html, "text/html; charset=utf-8"))
    api.add_exception_handler(HTTPException, _not_routed)
    return api


def _lifespan(threads: Threads) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for thread in reversed(threads):
                await thread.stop()

    return lifespan


def _endpoint(handler: Handler) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        wanted = asked(request.scope)
        return _response(await answered(handler, wanted, request.receive), wanted)

    return endpoint


def _page(body: bytes, content_type: str) -> Callable[[Request], Any]:
    async def page(request: Request) -> Response:
        reply = Reply(200, body, content_type=content_type.encode())
        return _response(reply, asked(request.scope))

    return page


async def _not_routed(request: Request, fault: Exception) -> Response:
    """Tell what the router refused as the problem that it is."""
    status = getattr(fault, "status_code", 404)
    allow = _allowed(request.scope["path"]) if status == 405 else None
    problem = Problem(STATUS_CODES.get(status, Code.NOT_FOUND), allow=allow)
    wanted = asked(request.scope)
    return _response(problem_reply(problem, wanted), wanted)


def _allowed(path: str) -> str:
    """Return the methods that there are for a path."""
    # A path that is named in full stands before one with a part left open.
    exact = {each.method for each in OPERATIONS if each.path == path}
    methods = exact or {each.method for each in OPERATIONS if _fits(each.path, path)} or {"GET"}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _shadowed() -> Iterator[tuple[str, list[str]]]:
    """Yield addresses that are named in full, with methods that only fit a part left open."""
    for path in {each.path for each in OPERATIONS if "{" not in each.path}:
        own = {each.method for each in OPERATIONS if each.path == path}
        others = {each.method for each in OPERATIONS if _fits(each.path, path)} - own
        if others:
            yield path, sorted(others)


async def _refused(_: Request) -> Response:
    raise HTTPException(KINDS[Code.METHOD_NOT_ALLOWED].status)


def _fits(template: str, path: str) -> bool:
    parts = zip_longest(template.split("/"), path.split("/"), fillvalue="")
    return all(wanted == said or (wanted.startswith("{") and said) for wanted, said in parts)


def _response(reply: Reply, request: Asked) -> Response:
    response = Response(reply.body, reply.status)
    response.raw_headers = head(reply, request.request_id)
    return response
