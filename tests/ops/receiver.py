"""A collector of OpenTelemetry's for tests: takes OTLP over HTTP, and keeps the spans."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A span as it arrived; a link is the trace and the span that it leads to."""

    process: str
    name: str
    trace: str
    span: str
    parent: str
    links: frozenset[tuple[str, str]]
    said: dict[str, object]
    took_s: float

    @property
    def place(self) -> tuple[str, str]:
        """What a link to it says."""
        return self.trace, self.span


@dataclass(slots=True)
class Receiver:
    """What has arrived, and where it has to be sent."""

    url: str = ""
    raw: bytes = b""
    spans: list[Seen] = field(default_factory=list)

    def of(self, trace: str) -> dict[str, Seen]:
        """Return the spans of a trace, by name."""
        mine = [span for span in self.spans if span.trace == trace]
        assert len({span.name for span in mine}) == len(mine), mine
        return {span.name: span for span in mine}

    def named(self, name: str) -> list[Seen]:
        """Return all spans of a name."""
        return [span for span in self.spans if span.name == name]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Listen on a free port until the block ends."""
    receiver, lock = Receiver(), Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with lock:
                receiver.raw += body
                receiver.spans += _spans(body)
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/v1/traces"
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def _spans(body: bytes) -> Iterator[Seen]:
    for process in ExportTraceServiceRequest.FromString(body).resource_spans:
        known = {each.key: each.value.string_value for each in process.resource.attributes}
        for scope in process.scope_spans:
            for span in scope.spans:
                yield Seen(
                    process=known["service.name"],
                    name=span.name,
                    trace=span.trace_id.hex(),
                    span=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    links=frozenset((e.trace_id.hex(), e.span_id.hex()) for e in span.links),
                    said={
                        each.key: each.value.string_value or each.value.int_value
                        for each in span.attributes
                    },
                    took_s=(span.end_time_unix_nano - span.start_time_unix_nano) / 1e9,
                )
