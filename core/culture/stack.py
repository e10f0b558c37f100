"""Which browsers, systems, API clients, domains and versions an install is used from."""

import functools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import ua_parser
from crawlerdetect import CrawlerDetect

from core.culture.estimate import Abstention, Estimate, Figure, wilson
from core.culture.observations import Facet, Observations
from core.culture.said import percent

# Below this share nothing is claimed: it may be one person's afternoon.
LEAST_SHARE = 0.05
LEAST_EVENTS = 20

Kind = Literal["browser", "api_client", "bot", "unknown"]

# Product tokens that programs send, by the name people know them under. A crawler list calls these bots; here somebody
# of the customer's wrote the program.
_API_CLIENTS = {
    "axios": "axios",
    "calos-client": "Calos client",
    "curl": "curl",
    "dart": "Dart",
    "go-http-client": "Go net/http",
    "guzzlehttp": "Guzzle",
    "insomnia": "Insomnia",
    "java": "Java",
    "java-http-client": "Java",
    "node": "Node.js",
    "node-fetch": "Node.js",
    "okhttp": "OkHttp",
    "postmanruntime": "Postman",
    "python": "Python",
    "python-httpx": "HTTPX",
    "python-requests": "Python Requests",
    "python-urllib": "Python urllib",
    "reqwest": "reqwest",
    "ruby": "Ruby",
    "faraday": "Faraday",
    "undici": "Node.js",
    "wget": "Wget",
    "aiohttp": "aiohttp",
    "apache-httpclient": "Apache HttpClient",
}
_PRODUCT = re.compile(r"\s*([A-Za-z][A-Za-z0-9._-]*)")
# A host is no production by a part of its name, by a reserved ending, or by having no name at all. The endings .test
# and .example stand for real hosts: demonstrations and documents use them so.
_NOT_PRODUCTION = re.compile(
    r"(^|[.-])(test|testing|dev|development|staging|stage|qa|uat|preview|sandbox|ci)\d*[.-]"
    r"|(^|\.)(localhost|local|internal|invalid)(:\d+)?$"
    r"|^\[|^\d+\.\d+\.\d+\.\d+(:\d+)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Agent:
    """What one user agent says of itself."""

    kind: Kind
    name: str
    system: str | None


@dataclass(frozen=True)
class Part:
    """One client, system, domain or version with its share of the events that name one."""

    name: str
    kind: str
    events: int
    share: Figure


@dataclass(frozen=True)
class Stack:
    """Shares of 5 % and more; bots are counted apart and take no part in the shares of clients and systems."""

    clients: tuple[Part, ...]
    systems: tuple[Part, ...]
    domains: tuple[Part, ...]
    versions: tuple[Part, ...]
    others_share: float
    agents_n: int
    bots_share: Figure
    production_domains: tuple[str, ...]
    main_version: str | None
    sentence: str


def read_stack(observed: Observations) -> Stack:
    """Return the stack from the facets of the window."""
    by_client: Counter[tuple[str, str]] = Counter()
    by_system: Counter[tuple[str, str]] = Counter()
    bots = total = 0
    for facet in observed.facet("agent"):
        agent = classify(facet.value)
        total += facet.events
        if agent.kind == "bot":
            bots += facet.events
            continue
        by_client[agent.name, agent.kind] += facet.events
        if agent.system:
            by_system[agent.system, "system"] += facet.events
    clients = _parts(by_client)
    versions = _parts(_of_facets(observed.facet("version"), "version"))
    people = total - bots
    return Stack(
        clients=clients,
        systems=_parts(by_system),
        domains=_parts(_of_facets(observed.facet("domain"), "domain")),
        versions=versions,
        others_share=1 - sum(part.events for part in clients) / people if people else 0.0,
        agents_n=total,
        bots_share=wilson(bots, total) if total else Abstention("no event names a user agent", 0),
        production_domains=tuple(sorted({f.value for f in observed.facet("domain") if is_production(f.value)})),
        main_version=_main_version(observed.facet("version")),
        sentence=_sentence(clients, bots, total),
    )


@functools.lru_cache(maxsize=8192)
def classify(user_agent: str) -> Agent:
    """Say what a user agent is: a program of the customer's, a bot, a browser, or unknown.

    Bots are what either of two lists knows (they disagree on a tenth of a public log's hits).
    """
    product = _PRODUCT.match(user_agent)
    known = _API_CLIENTS.get(product.group(1).lower()) if product else None
    if known:
        return Agent("api_client", known, None)
    parsed = ua_parser.parse(user_agent)
    device = parsed.device.family if parsed.device else ""
    if device == "Spider" or _crawlers().is_crawler(user_agent):
        return Agent("bot", "Bots", None)
    system = parsed.os.family if parsed.os and parsed.os.family != "Other" else None
    family = parsed.user_agent.family if parsed.user_agent else ""
    if family and family != "Other":
        return Agent("browser", family, system)
    return Agent("unknown", "Unknown", system)


@functools.cache
def _crawlers() -> CrawlerDetect:
    """Return the crawler list; made on first use, for its pattern takes long to compile."""
    return CrawlerDetect()


def is_production(domain: str) -> bool:
    """Whether a domain is one that customers of the customer see: not localhost, an address, or a staging host."""
    return bool(domain) and not _NOT_PRODUCTION.search(domain)


def _of_facets(facets: Iterable[Facet], kind: str) -> Counter[tuple[str, str]]:
    return Counter({(facet.value, kind): facet.events for facet in facets})


def _parts(counted: Counter[tuple[str, str]]) -> tuple[Part, ...]:
    total = counted.total()
    if total < LEAST_EVENTS:
        return ()
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Part(name, kind, n, wilson(n, total)) for (name, kind), n in ordered if n >= LEAST_SHARE * total)


def _main_version(facets: Sequence[Facet]) -> str | None:
    """Return the version of most events on the newest day: the one that runs now, not the one that ran longest."""
    newest = max((facet.last_day for facet in facets if facet.last_day), default=None)
    current = [facet for facet in facets if facet.last_day == newest]
    return max(current, key=lambda facet: (facet.events, facet.value)).value if current else None


def _sentence(clients: Sequence[Part], bots: int, total: int) -> str:
    if total < LEAST_EVENTS:
        return f"{total:,} events name a user agent: too few to say what the customer works with."
    named = [part for part in clients if part.kind != "unknown"]
    said = ", ".join(f"{part.name} {_percent(part.share)}" for part in named[:3]) or "mostly unknown clients"
    return f"{said} of {total - bots:,} events by people and programs" + (f"; {bots:,} more by bots." if bots else ".")


def _percent(share: Figure) -> str:
    return percent(share.value) if isinstance(share, Estimate) else "—"
