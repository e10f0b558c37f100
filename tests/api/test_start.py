"""Starting and ending as an operator does: the port answers first, nothing is left behind, nothing is lost."""

import asyncio
import json
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
import websockets

from tests.running import Running, running_calos

STREAMLIT = Path(sys.executable).with_name("streamlit")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("running")]


def _post(url: str, body: object, token: str = "") -> tuple[int, dict[str, object]]:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def _gone(calos: Running) -> bool:
    for _ in range(100):
        if not calos.left_over():
            return True
        time.sleep(0.1)
    return False


def _first_answer(calos: Running) -> tuple[int, str]:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{calos.url}/", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except urllib.error.URLError:
            time.sleep(0.02)
    raise AssertionError(calos.log)


async def _probe(calos: Running) -> list[str]:
    """Open Streamlit's websocket as anybody could, from before the port is open until it is ready; return what came."""
    seen = []
    url = f"ws://localhost:{calos.port}/_stcore/stream"
    end = asyncio.get_running_loop().time() + 60
    while asyncio.get_running_loop().time() < end:
        try:
            async with websockets.connect(url, origin=websockets.Origin(calos.url), open_timeout=2):
                seen.append("accepted")
        except websockets.InvalidStatus as refused:
            seen.append(str(refused.response.status_code))
            if await asyncio.to_thread(_ready, calos):
                return seen
        except (OSError, websockets.InvalidHandshake, TimeoutError):
            pass
        await asyncio.sleep(0.02)
    raise AssertionError(calos.log)


def _ready(calos: Running) -> bool:
    try:
        with urllib.request.urlopen(f"{calos.url}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def test_an_anonymous_websocket_is_refused_from_the_first_moment_on() -> None:
    with running_calos(CALOS_DEMO="0") as calos:
        calos.start()
        seen = asyncio.run(_probe(calos))
    assert len(seen) >= 2
    assert set(seen) == {"403"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_progress_first_then_an_empty_house_whose_link_makes_the_first_owner(number: int) -> None:
    with running_calos(CALOS_DEMO="0") as calos:
        calos.start()
        status, page = _first_answer(calos)
        assert (status, "Start PostgreSQL" in page) == (503, True)
        calos.wait_until_ready()
        link = next(word for word in calos.log.split() if "/setup?token=" in word).strip("\",'")
        link = link[link.index("http") :]
        with urllib.request.urlopen(link, timeout=10) as answer:
            assert "password" in answer.read().decode()
        assert calos.end(number) in {0, -number, 128 + number}
        assert _gone(calos), calos.left_over()


def test_killed_app_leaves_no_server_and_the_next_start_heals() -> None:
    with running_calos(CALOS_DEMO="0") as calos:
        calos.start()
        calos.wait_until_ready()
        calos.end(signal.SIGKILL)
        assert _gone(calos), calos.left_over()
        calos.start()
        assert calos.wait_until_ready() < 60
        assert calos.end() is not None


def test_streamlit_run_serves_it_too() -> None:
    with running_calos(CALOS_DEMO="0") as calos:
        calos.start(str(STREAMLIT), "run", "app.py", "--server.port", str(calos.port), "--server.headless", "true")
        calos.wait_until_ready()
        status, body = _post(f"{calos.url}/api/auth/token", {"email": "nobody@calos.test", "password": "x" * 20})
        assert (status, body["status"]) == (401, 401)
        calos.end(signal.SIGINT)
        assert _gone(calos), calos.left_over()
