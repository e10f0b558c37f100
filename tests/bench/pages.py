"""Every page of the demo world against a trivial one, alone and with 50 tabs: `python -m tests.bench.pages`."""

import argparse
import asyncio
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core.demo.customers import DEMO_INSTALL
from pages.parts.registry import SCREENS, Screen
from tests.bench.many_customers import FOUNDER, serving_many
from tests.bench.visitors import Query, Run, tab
from tests.running import ROOT, Running, running_calos

PEOPLE = ("fiona", "adam", "sam")
TRIVIAL: Query = {"trivial": "1"}
# So that 1,200 requests a minute and person, which is what the front door allows, are never reached.
PAUSE_SECONDS = 0.025


@contextmanager
def _serving() -> Iterator[Running]:
    """Yield the demo world, started anew so that no page of it was ever run by this process."""
    with running_calos(CALOS_DEMO="1") as calos:
        for _ in ("build", "serve"):
            calos.start(sys.executable, "-m", "tests.bench.served_pages")
            calos.wait_until_ready()
            if _ == "build":
                calos.end()
        yield calos


@contextmanager
def _serving_books(folder: str) -> Iterator[Running]:
    """Yield a Calos with the RavenStack books of a folder instead of the demo world."""
    with running_calos(CALOS_DEMO="0") as calos:
        for words in (["migrate"], ["import", "docs/imports/ravenstack.yaml", folder], FOUNDER):
            subprocess.run([sys.executable, "manage.py", *words], env=calos.environment, check=True, cwd=ROOT)
        calos.start(sys.executable, "-m", "tests.bench.served_pages")
        calos.wait_until_ready()
        yield calos


def _token(port: int, person: str) -> str:
    body = {"email": f"{person}@calos.test", "password": "calos-demo-password"}
    status, answer = _asked(http.client.HTTPConnection("localhost", port), "POST", "/api/auth/token", body)
    assert status == 200, answer
    return str(json.loads(answer)["access_token"])


def _asked(
    connection: http.client.HTTPConnection, method: str, path: str, body: object = None, token: str = ""
) -> tuple[int, bytes]:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    connection.request(method, path, json.dumps(body) if body else None, headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def _largest(port: int, token: str) -> str:
    """Return the install of a customer to look at: the demo's, or else the first there is."""
    _, answer = _asked(http.client.HTTPConnection("localhost", port), "GET", "/api/enterprise/customers", None, token)
    installs = [one["installId"] for one in json.loads(answer)["customers"]]
    return DEMO_INSTALL if DEMO_INSTALL in installs else str(installs[0])


def _visited(screen: Screen, install_id: str) -> tuple[str, Query]:
    """Return where a person finds the screen with something to see on it; the first screen has the bare address."""
    named = {"install_id": install_id} if screen.path in {"customer", "culture"} else {}
    return ("" if screen is SCREENS[0] else screen.path), named


async def _page(port: int, token: str, path: str, query: Query, times: int) -> tuple[Run, list[Run], list[Run]]:
    """Return the first run since the start, the first run of a new tab each, and the reruns of the last tab."""
    opened, reruns = [], []
    for _ in range(times + 1):
        async with tab(port, token) as at:
            opened.append(await at.run(path, query))
            reruns = [await at.run(path, query) for _ in range(times)]
    return opened[0], opened[1:], reruns


def _spread(runs: list[Run]) -> str:
    took = sorted(run.seconds * 1000 for run in runs)
    return f"{took[0]:5.0f} {statistics.median(took):5.0f} {took[-1]:5.0f}"


def measure_pages(port: int, token: str, times: int) -> tuple[str, Query]:
    """Print every page beside the trivial one of the same run; return where the heaviest is found."""
    sys.stdout.write("milliseconds until a run is done, min median max (first: the first visitor since the start)\n")
    medians: dict[str, float] = {}
    install_id = _largest(port, token)
    visited = {screen.title: _visited(screen, install_id) for screen in SCREENS}
    found: dict[str, tuple[str, Query]] = {"trivial page": ("", TRIVIAL), **visited}
    for title, (path, query) in found.items():
        first, opened, reruns = asyncio.run(_page(port, token, path, query, times))
        median = medians[title] = statistics.median(run.seconds for run in reruns)
        trivial = medians["trivial page"]
        wrong = {said for run in (first, *opened, *reruns) for said in run.wrong}
        sys.stdout.write(
            f"{title:16} first {first.seconds * 1000:5.0f}  new tab {_spread(opened)}  rerun {_spread(reruns)}  "
            f"ours {(median - trivial) * 1000:5.0f}  {median / trivial:5.1f} of trivial  "
            f"{first.messages:3} messages {first.bytes / 1000:6.1f} kB{f'  WRONG {wrong}' if wrong else ''}\n"
        )
        sys.stdout.flush()
    return found[max(medians, key=lambda title: medians[title])]


@contextmanager
def _crowd(
    port: int, tokens: list[str], at: tuple[str, Query], tabs: int, seconds: float
) -> Iterator[dict[str, float]]:
    """Yield, once all tabs ask, what will hold their rate after the block."""
    given = {"port": port, "tokens": tokens, "path": at[0], "query": at[1], "tabs": tabs, "seconds": seconds}
    command, found = [sys.executable, "-m", "tests.bench.visitors"], dict[str, float]()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as crowd:
        assert crowd.stdin
        assert crowd.stdout
        crowd.stdin.write(json.dumps(given) + "\n")
        crowd.stdin.flush()
        crowd.stdout.readline()
        yield found
        found.update(json.loads(crowd.stdout.readline()))


def measure_crowd(port: int, tokens: list[str], heaviest: tuple[str, Query], tabs: int, seconds: float) -> None:
    """Print runs a second with many tabs that ask again at once: the trivial page, then the heaviest."""
    sys.stdout.write(f"\n{tabs} tabs of {len(tokens)} people, each asking again as soon as it is answered\n")
    ceiling = 0.0
    for name, at in (("trivial page", ("", TRIVIAL)), (f"/{heaviest[0]}", heaviest)):
        with _crowd(port, tokens, at, tabs, seconds) as found:
            pass
        ceiling = ceiling or found["rate"]
        sys.stdout.write(
            f"{name:16} {found['rate']:6.1f} runs/s  p50 {found['p50']:5.2f}  p95 {found['p95']:5.2f} s  "
            f"{found['rate'] / ceiling:5.2f} of trivial  wrong {found['wrong']:.0f}\n"
        )
        sys.stdout.flush()


def _latencies(port: int, tokens: list[str], seconds: float) -> dict[str, list[float]]:
    """Return sorted milliseconds of one caller of each route, asking in turn with a pause."""
    connection, took = http.client.HTTPConnection("localhost", port), dict[str, list[float]]()
    until, turn = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        turn += 1
        for method, path, body, token in (
            ("GET", "/api/enterprise/stats", None, tokens[turn % len(tokens)]),
            (
                "POST",
                "/api/licenses/verify",
                {"installId": DEMO_INSTALL, "nonce": f"{turn:016}"},
                "demo-install-secret",
            ),
        ):
            began = time.perf_counter()
            status, answer = _asked(connection, method, path, body, token)
            took.setdefault(f"{method} {path}", []).append((time.perf_counter() - began) * 1000)
            assert status == 200, answer
        time.sleep(PAUSE_SECONDS)
    return {route: sorted(each) for route, each in took.items()}


def measure_api(port: int, tokens: list[str], heaviest: tuple[str, Query], crowds: list[int], seconds: float) -> None:
    """Print what a caller of the API waits while nobody, and while several tabs run the heaviest page."""
    sys.stdout.write("\nthe API beside reruns of the heaviest page, in the same process\n")
    _latencies(port, tokens, 2)
    idle = _latencies(port, tokens, seconds)
    _print_api("nobody", idle, idle)
    for tabs in crowds:
        with _crowd(port, tokens, heaviest, tabs, seconds + 2):
            busy = _latencies(port, tokens, seconds)
        _print_api(f"{tabs} tabs", busy, idle)


def _print_api(who: str, took: dict[str, list[float]], idle: dict[str, list[float]]) -> None:
    for route, each in took.items():
        p50, p99 = (each[min(len(each) - 1, len(each) * share // 100)] for share in (50, 99))
        base = statistics.median(idle[route])
        sys.stdout.write(
            f"{who:8} {route:26} n {len(each):4}  p50 {p50:7.2f}  p99 {p99:7.2f} ms  {p50 / base:6.1f} of idle\n"
        )
    sys.stdout.flush()


def main() -> None:
    """Measure pages one by one, then with a crowd, then the API beside the crowd."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--times", type=int, default=10, help="tabs, and reruns, of each page")
    asked.add_argument("--tabs", type=int, default=50)
    asked.add_argument("--seconds", type=float, default=15.0)
    asked.add_argument("--quick", action="store_true", help="few times and short")
    asked.add_argument(
        "--books", metavar="DIR", help="import the RavenStack files of a folder, and measure pages alone"
    )
    asked.add_argument("--customers", type=int, help="measure pages alone, with so many licenses made by COPY")
    given = asked.parse_args()
    times, seconds = (3, 5.0) if given.quick else (given.times, given.seconds)
    if given.books:
        with _serving_books(given.books) as calos:
            measure_pages(calos.port, _token(calos.port, PEOPLE[0]), times)
        return
    if given.customers:
        with serving_many(given.customers) as calos:
            measure_pages(calos.port, _token(calos.port, PEOPLE[0]), times)
        return
    with _serving() as calos:
        tokens = [_token(calos.port, person) for person in PEOPLE]
        heaviest = measure_pages(calos.port, tokens[0], times)
        measure_crowd(calos.port, tokens, heaviest, given.tabs, seconds)
        measure_api(calos.port, tokens, heaviest, [4, given.tabs], seconds)


if __name__ == "__main__":
    main()
