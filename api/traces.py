"""Traces of requests over OTLP, where an endpoint is set: one span a request with its id and status, no bodies."""

from collections.abc import Callable

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.closed_list import INSTALL_DOORS


def provider(endpoint: str) -> TracerProvider:
    """Return a provider that sends spans to `endpoint` (…/v1/traces is added), in batches behind the requests."""
    made = TracerProvider(resource=Resource.create({"service.name": "calos"}))
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")))
    return made


class Traced:
    """Stands in front of the front door. The install doors are left out: they are counted, not traced."""

    def __init__(self, app: ASGIApp, provider: TracerProvider) -> None:
        self.app = app
        self.tracer = provider.get_tracer("calos")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer within a span."""
        if scope["type"] != "http" or scope["path"] in INSTALL_DOORS:
            await self.app(scope, receive, send)
            return
        with self.tracer.start_as_current_span(_name(scope), kind=trace.SpanKind.SERVER) as span:
            span.set_attribute("http.request.method", scope["method"])
            await self.app(scope, receive, _watched(send, span.set_attribute))
            span.set_attribute("calos.request_id", str(scope.get("state", {}).get("request_id", "")))


def _name(scope: Scope) -> str:
    """Return method and door; the whole path would make a span name of every install id."""
    return f"{scope['method']} /{scope['path'].split('/', 2)[1]}"


def _watched(send: Send, note: Callable[[str, int], None]) -> Send:
    async def watched(message: Message) -> None:
        if message["type"] == "http.response.start":
            note("http.response.status_code", message["status"])
        await send(message)

    return watched
