"""Spans for OpenTelemetry: the only place that knows it, imported when it is configured.

A claim's trace has the claim's id, which is a UUIDv7 of as many bits, and its first span has the
second half of it. So every process can add to the trace of a claim that it only knows by id:
nothing is carried in a hint, stored with a claim, or looked up. Who does something for many
claims at once has a trace of its own, linked with theirs. Spans are made when all is over, and
for claims of the sample alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import local
from typing import TypeVar

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    TraceFlags,
    set_span_in_context,
)

from fulfiller.broker.topology import ISSUE_TASK, SUBMIT_QUEUE, SUBMIT_TASK, queue_name
from fulfiller.clock import wall_clock
from fulfiller.domain.claim import CLAIM_PREFIX, ClaimId
from fulfiller.intake.exchange import Asked
from fulfiller.ops.sampling import below, cut_at
from fulfiller.service.dispatch import Hint

TIMEOUT_S = 2.0
"""For one attempt to export; what can't be exported is dropped."""
Caller = tuple[str, str, int]
"""Trace, span and flags of whoever called."""
Attributes = Mapping[str, str | int]
ID = "http.request.header.x-request-id"
MANY = "messaging.batch.message_count"
OPERATION = "messaging.operation.type"
DESTINATION = "messaging.destination.name"
Id = TypeVar("Id", bound=str)


class Spans:
    """Makes spans of the claims of the sample; threads may share it."""

    def __init__(self, exporter: OTLPSpanExporter, process: str, one_in: int) -> None:
        """Export from a thread of its own: it must not be made before a fork."""
        self._cut = cut_at(one_in)
        self._ids = _Ids()
        self._processor = BatchSpanProcessor(exporter)
        provider = TracerProvider(
            # What is made here is wanted: who chooses is the sample, by claim.
            sampler=ALWAYS_ON,
            resource=Resource.create({"service.name": f"fulfiller-{process}"}),
            shutdown_on_exit=False,
            id_generator=self._ids,
        )
        provider.add_span_processor(self._processor)
        self._provider = provider
        self._tracer = provider.get_tracer("fulfiller")

    def close(self) -> None:
        """Export what is left, for two seconds at most."""
        self._provider.shutdown()

    def pick(self, ids: Sequence[Id]) -> list[Id]:
        """Return the claims that are traced."""
        return below(self._cut, ids)

    def request(
        self, asked: Asked, ids: Sequence[str], caller: Caller | None, took_s: float, *, fresh: bool
    ) -> None:
        """An HTTP request took claims in; it is part of the caller's trace, if that is recorded."""
        path = asked.path
        said: Attributes = {"url.path": path, "http.request.method": "POST", ID: asked.request_id}
        act = _Act(f"POST {path}", took_s, SpanKind.SERVER, said)
        parent = _recorded(caller)
        if fresh and parent is None and not path.endswith("/batch"):
            self._span(act.of(ids[0]), first_of=ids[0])
            return
        links = [first_span(claim_id) for claim_id in ids]
        request = self._span(act, parent=parent, links=links)
        self._begin(ids if fresh else (), took_s, request)

    def submission(self, ids: Sequence[ClaimId], of: int, took_s: float) -> None:
        """A message took claims in."""
        said: Attributes = {DESTINATION: SUBMIT_QUEUE, MANY: of}
        act = _Act(f"process {SUBMIT_TASK}", took_s, SpanKind.CONSUMER, said)
        links = [first_span(claim_id) for claim_id in ids]
        self._begin(ids, took_s, self._span(act, links=links))

    def committed(self, ids: Sequence[ClaimId], of: int, took_s: float) -> None:
        """Claims were committed together."""
        self._step(_Act("commit", took_s), ids, of)

    def sent(self, hint: Hint, ids: Sequence[ClaimId], took_s: float) -> None:
        """A hint was published."""
        queue = queue_name(hint.lane.tier)
        said = {OPERATION: "send", DESTINATION: queue, "fulfiller.campaign": hint.lane.campaign}
        act = _Act(f"send {queue}", took_s, SpanKind.PRODUCER, said)
        self._step(act, ids, len(hint.ids))

    def worked(
        self,
        ids: Sequence[ClaimId],
        of: int,
        outcomes: Mapping[ClaimId, str],
        task_id: str,
        took_s: float,
    ) -> None:
        """A task has run; of claims that it found done already there is no outcome."""
        said = {OPERATION: "process", "messaging.message.id": task_id}
        act = _Act(f"process {ISSUE_TASK}", took_s, SpanKind.CONSUMER, said)
        self._step(act, ids, of, {i: {"fulfiller.outcome": outcomes[i]} for i in outcomes})

    def _step(
        self,
        act: "_Act",
        ids: Sequence[ClaimId],
        of: int,
        each: Mapping[ClaimId, Attributes] | None = None,
    ) -> None:
        """Something was done for claims: part of the trace of each, and if for many, linked."""
        links: list[SpanContext] = []
        if of > 1:
            ours = [first_span(claim_id) for claim_id in ids]
            links = [self._span(act.also({MANY: of}), links=ours)]
        for claim_id in ids:
            own = act.of(claim_id).also((each or {}).get(claim_id, {}))
            self._span(own, parent=first_span(claim_id), links=links)

    def _begin(self, ids: Sequence[str], took_s: float, request: SpanContext) -> None:
        """Begin the traces of claims that came with others, or from a trace of a caller's own."""
        for claim_id in ids:
            self._span(_Act("claim", took_s).of(claim_id), first_of=claim_id, links=[request])

    def _span(
        self,
        act: "_Act",
        *,
        first_of: str = "",
        parent: SpanContext | None = None,
        links: Sequence[SpanContext] = (),
    ) -> SpanContext:
        """Make a span that ends now."""
        end = wall_clock() * 1_000
        around = Context()
        if parent is not None:
            around = set_span_in_context(NonRecordingSpan(parent), around)
        with self._ids.given(first_span(first_of) if first_of else None):
            span = self._tracer.start_span(
                act.name,
                around,
                act.kind,
                dict(act.said),
                [Link(each) for each in links],
                start_time=end - int(act.took_s * 1e9),
            )
        span.end(end)
        return span.get_span_context()


@dataclass(frozen=True, slots=True)
class _Act:
    """What was done, as spans tell it."""

    name: str
    took_s: float
    kind: SpanKind = SpanKind.INTERNAL
    said: Attributes = field(default_factory=dict)

    def also(self, said: Attributes) -> "_Act":
        return replace(self, said={**self.said, **said})

    def of(self, claim_id: str) -> "_Act":
        named = CLAIM_PREFIX + claim_id.removeprefix(CLAIM_PREFIX)
        return self.also({"fulfiller.claim_id": named})


class _Ids(RandomIdGenerator):
    """Random ids, unless a thread has been given some."""

    def __init__(self) -> None:
        self._given = local()

    @contextmanager
    def given(self, ids: SpanContext | None) -> Iterator[None]:
        """Have this thread's next span bear these ids."""
        self._given.ids = ids
        try:
            yield
        finally:
            self._given.ids = None

    def generate_trace_id(self) -> int:
        """Return the id of a trace that begins."""
        ids: SpanContext | None = getattr(self._given, "ids", None)
        return super().generate_trace_id() if ids is None else ids.trace_id

    def generate_span_id(self) -> int:
        """Return the id of a span."""
        ids: SpanContext | None = getattr(self._given, "ids", None)
        return super().generate_span_id() if ids is None else ids.span_id


def open_spans(endpoint: str, process: str, *, one_in: int) -> Spans:
    """Return spans for a collector at an address for traces in OTLP over HTTP."""
    return Spans(OTLPSpanExporter(endpoint=endpoint, timeout=TIMEOUT_S), process, one_in)


def first_span(claim_id: str) -> SpanContext:
    """Return the first span of a claim, which its id says."""
    number = int(claim_id.removeprefix(CLAIM_PREFIX).replace("-", ""), 16)
    return _remote(number, number & (1 << 64) - 1)


def _recorded(caller: Caller | None) -> SpanContext | None:
    """Return the caller's span if it is recorded: nobody would see what we add to it else."""
    if caller is None or not caller[2] & TraceFlags.SAMPLED:
        return None
    return _remote(int(caller[0], 16), int(caller[1], 16))


def _remote(trace: int, span: int) -> SpanContext:
    return SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
