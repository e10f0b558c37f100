"""Running the web server: everything on one port, or a part of it by itself."""

import asyncio
import errno
import os
import signal
import socket
import ssl
from pathlib import Path

import click
import uvicorn

from api import background, house, logs
from core.config import Settings, settings
from core.databases import open_databases
from core.demo.people import PEOPLE
from core.errors import InvalidInput

ROOT = Path(__file__).parents[1]
APPS = {
    "all": "app:app",
    "ui": "app:app",
    "api": "api.main:create_standalone",
    "live": "api.main:create_live_standalone",
}


def serve(part: str, port: int, workers: int) -> None:
    """Serve until interrupted; the port opens first, and shows how far the start has come."""
    os.chdir(ROOT)  # Streamlit looks for .streamlit/ where the process stands
    current = settings()
    _require_free(current.host, port)
    _require_certificate(current)
    _say_where(port)
    uvicorn.run(
        APPS[part],
        factory=APPS[part].endswith("create_standalone"),
        host=current.host,
        port=port,
        workers=workers if part == "api" else 1,
        ws="websockets-sansio",
        ws_max_size=64 * 2**20,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        # uvicorn would believe any local caller; the front door believes a proxy that has been declared.
        proxy_headers=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
        ssl_certfile=current.tls_cert or None,
        ssl_keyfile=current.tls_key or None,
    )


def _require_free(host: str, port: int) -> None:
    """Raise InvalidInput where nothing can listen there: uvicorn finds out only once it has started everything."""
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            pass
    except OSError as refused:
        if refused.errno == errno.EADDRINUSE:
            sentence = f"Something listens on port {port} already; end it, or set CALOS_PORT to a free one."
        else:
            sentence = f"Calos can't listen at {host}, port {port} ({refused.strerror}): set CALOS_HOST and CALOS_PORT."
        raise InvalidInput(sentence) from refused


def _require_certificate(current: Settings) -> None:
    if not current.tls_cert:
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(current.tls_cert, current.tls_key)
    except OSError as refused:
        raise InvalidInput(
            f"CALOS_TLS_CERT and CALOS_TLS_KEY can't be used ({refused.strerror or refused}): name readable PEM files "
            "of a certificate and its key."
        ) from refused


def _say_where(port: int) -> None:
    current = settings()
    scheme = "https" if current.tls_cert else "http"
    click.echo(f"\nCalos starts at {scheme}://localhost:{port} (the page shows how far it is).")
    if current.demo:
        click.echo(f"Demo sign-ins, all with the password {current.demo_password}:")
        for person in PEOPLE:
            click.echo(f"  {person.email:<20} {person.role.value:<8} {person.title}")
    click.echo("Stop with Ctrl-C.\n")


def work() -> None:
    """Do background work until interrupted."""
    of = house.build()
    logs.configure(of.settings)
    asyncio.run(_work(of))


async def _work(of: house.House) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    of.opened = open_databases(of.settings)
    async with background.running(of, work=True, live=None):
        await stop.wait()
    of.opened.close()
