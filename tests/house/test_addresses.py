"""Nothing that people open fetches from elsewhere: every outside address in the product is listed with its reason."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import ROOT, name, product_files, tree

OUTSIDE = re.compile(r"(?:https?:)?//(?!localhost|127\.0\.0\.1)[a-z0-9-]+\.[a-z0-9.-]+[^\s\"'<>)]*", re.IGNORECASE)
ALLOWED = {
    "http://www.w3.org/": "names of XML vocabularies; nothing is fetched",
    "https://api.stripe.com": "Stripe, asked by the server once a key is set",
    "https://api.openai.com/v1": "OpenAI, likewise",
    "https://api.hubapi.com": "HubSpot, asked by the server once somebody adds it as a destination",
    "https://hooks.slack.com/services/…": "an example in a form; nothing is fetched",
    "https://yourcompany.my.salesforce.com": "likewise",
    "https://example.com/hook": "likewise, and in a refusal",
    "http://www.google.com/bot.html": "part of a robot's user agent in the demo world; nothing is fetched",
}
# Other people's code, kept here so that nothing is fetched; its own addresses are in comments, schemas and messages.
THEIRS = "assets/static/vendor/"


def test_python_names_no_outside_address_without_a_reason() -> None:
    found = {address for path in product_files() for address in _addresses_in_strings(path)}
    assert sorted(address for address in found if not _is_allowed(address)) == []


def test_every_reason_is_still_needed() -> None:
    found = {address for path in product_files() for address in _addresses_in_strings(path)}
    found |= {address for path in _assets() for address in OUTSIDE.findall(path.read_text(encoding="utf-8"))}
    assert [one for one in ALLOWED if not any(address.startswith(one) for address in found)] == []


def test_assets_fetch_nothing_from_elsewhere() -> None:
    for path in _assets():
        outside = [one for one in OUTSIDE.findall(path.read_text(encoding="utf-8")) if not _is_allowed(one)]
        assert outside == [], name(path)


def _is_allowed(address: str) -> bool:
    return address.startswith(tuple(ALLOWED))


def _assets() -> list[Path]:
    kinds = {".html", ".css", ".js", ".svg", ".toml", ".typ", ".json"}
    folders = (ROOT / "assets", ROOT / "pages", ROOT / ".streamlit")
    found = [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in kinds]
    return [path for path in found if not name(path).startswith(THEIRS)]


def _addresses_in_strings(path: Path) -> Iterator[str]:
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield from OUTSIDE.findall(node.value)
