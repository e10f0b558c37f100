"""Structured logs: one line a request with its id; JSON for machines, colors for a person at a terminal."""

import logging
import sys

import sentry_sdk
import structlog

from core.config import Settings, interactive

# What a log line may never hold, whoever writes it.
SECRETS = frozenset({"password", "token", "secret", "install_secret", "authorization", "cookie", "jwt_secret"})


def configure(settings: Settings) -> None:
    """Set up structlog and the standard library's logging so that both speak in one format on standard error."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not interactive())
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
        _to_error_tracker,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.WARNING)
    if settings.sentry_dsn:
        # Errors only, without bodies, headers or people.
        sentry_sdk.init(settings.sentry_dsn, max_request_body_size="never", traces_sample_rate=0)
    for noisy in ("uvicorn.access", "uvicorn.error", "procrastinate", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _without_secrets(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key in SECRETS & event.keys():
        event[key] = "…"
    return event


def _to_error_tracker(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Report what is logged with a trace; without SENTRY_DSN the SDK drops it."""
    if event.get("level") == "error" and (cause := event.get("exc_info")):
        with sentry_sdk.new_scope() as scope:
            scope.set_tag("request_id", str(event.get("request_id", "")))
            sentry_sdk.capture_exception(cause if isinstance(cause, BaseException) else None)
    return event
