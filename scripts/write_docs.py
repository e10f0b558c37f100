"""Writes the parts of the documentation that the program itself knows best: endpoints, codes, permissions, commands."""

import inspect
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click
from fastapi import FastAPI

import manage
from api import closed_list, house, main
from api.problems import TITLES
from core.access.permissions import ALLOWS, ROLE_PERMISSIONS, Permission, Role
from core.culture import rulebook
from core.licensing import transitions, verification
from core.metrics.catalog import METRICS
from core.metrics.fields import ENTITIES
from core.security.gates import GATES
from core.security.scoring import CHECKS
from core.telemetry.events import RETENTION_DAYS
from core.telemetry.manifest import FIELDS
from core.telemetry.retention import classes
from scripts.refusals import refusals

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"(?P<open><!-- written by make docs: (?P<name>[a-z-]+) -->\n).*?(?P<close><!-- end -->)", re.DOTALL)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def endpoints() -> str:
    """Return every route of the API's OpenAPI description with what it does, marked where it takes a key."""
    described = api().openapi()["paths"]
    rows = [
        (
            f"`{method.upper()}`",
            f"`/api{path}`",
            _first_sentence(told.get("description") or told["summary"]),
            "yes" if "idempotency-key" in {one["name"].lower() for one in told.get("parameters", ())} else "",
        )
        for path, methods in sorted(described.items())
        for method, told in methods.items()
    ]
    return table(("Method", "Address", "What it does", "Idempotency-Key"), rows)


def api() -> FastAPI:
    """Return the API as it is served, with nothing opened behind it."""
    return main.create_api(house.build())


def statuses() -> str:
    """Return the statuses of problems with their titles."""
    return table(("Status", "Title"), [(str(status), title) for status, title in sorted(TITLES.items())])


def codes() -> str:
    """Return every stable code with its status and the sentence beside which it is raised."""
    rows = [(f"`{one.code}`", str(one.status), one.sentence) for one in refusals()]
    return table(("Code", "Status", "For example"), rows)


def permissions() -> str:
    """Return the permissions by role."""
    rows = [
        (f"`{one.value}`", ALLOWS[one], *("●" if one in ROLE_PERMISSIONS[role] else "" for role in Role))
        for one in Permission
    ]
    return table(("Permission", "Allows to", *(role.value for role in Role)), rows)


def public_paths() -> str:
    """Return what an anonymous caller reaches."""
    exact = sorted(closed_list.PUBLIC_PATHS)
    return "".join(f"- `{path}`\n" for path in (*exact, *(f"{one}…" for one in closed_list.PUBLIC_PREFIXES)))


def commands() -> str:
    """Return the operator's commands."""
    return table(("Command", "What it does"), sorted(_commands(manage.main, "")))


def _commands(group: click.Group, before: str) -> Iterable[tuple[str, str]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")
        else:
            context = click.Context(command)
            places = [one.make_metavar(context) for one in command.params if isinstance(one, click.Argument)]
            yield f"`{' '.join((before + name, *places))}`", _first_sentence(command.help or "")


def ladder() -> str:
    """Return the rungs of the core, high to low, as import-linter enforces them, each with what lives there."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (rungs,) = (one["layers"] for one in contracts if one.get("containers") == ["core"])
    names = [name.strip(" ()") for rung in rungs for name in rung.split("|")]
    # A rung in parentheses may not have been built yet.
    rows = [(f"`{name}`", _purpose(f"core.{name}")) for name in names if find_spec(f"core.{name}")]
    return table(("Rung", "What lives there"), rows)


def metrics() -> str:
    """Return every number of the catalogue with its meaning, formula and what it can be split by."""
    rows = [
        (
            f"{one.label} (`{one.id}`)",
            one.definition,
            one.formula,
            one.unit,
            ", ".join(one.dimensions),
            f"`{one.permission}`",
        )
        for one in METRICS.values()
    ]
    return table(("Number", "Meaning", "Formula", "Unit", "By", "Permission"), rows)


def entities() -> str:
    """Return what questions can list, and the fields of each."""
    rows = [
        (entity.capitalize(), ", ".join(one.label for one in fields.values())) for entity, fields in ENTITIES.items()
    ]
    return table(("List", "Fields"), rows)


def security_checks() -> str:
    """Return every check of the security score with its weight, and the practice that it answers for."""
    rows = [
        (one.title, one.category.value, f"{one.weight:g}", str(one.practice or ""), f"`{one.id}`") for one in CHECKS
    ]
    return table(("Check", "Category", "Weight", "Practice", "Id"), rows)


def security_gates() -> str:
    """Return the critical failures that hold the security score."""
    return "".join(f"- {gate.sentence}\n" for gate in GATES)


def collected() -> str:
    """Return every member of an event with what it says and what it is used for."""
    rows = [[f"`{one.name}`", "required" if one.required else "", one.meaning, one.purpose] for one in FIELDS]
    return table(("Field", "", "Meaning", "Used for"), rows)


def kept() -> str:
    """Return every class of what is kept, with the default retention."""
    rows = [
        [one.label, one.holds, "as long as the customer" if one.days is None else f"{one.days} days", one.ends]
        for one in classes(RETENTION_DAYS)
    ]
    return table(("Class", "Holds", "Kept", "Then"), rows)


def _purpose(module: str) -> str:
    return _first_sentence(inspect.getdoc(import_module(module)) or "")


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.)\s|\n\n", text.strip(), maxsplit=1)[0].replace("\n", " ").rstrip(".")


BLOCKS: dict[str, Callable[[], str]] = {
    "endpoints": endpoints,
    "statuses": statuses,
    "codes": codes,
    "permissions": permissions,
    "public-paths": public_paths,
    "security-checks": security_checks,
    "security-gates": security_gates,
    "commands": commands,
    "collected": collected,
    "kept": kept,
    "ladder": ladder,
    "metrics": metrics,
    "entities": entities,
    "verdicts": verification.table,
    "license-acts": transitions.table,
    **rulebook.TABLES,
}


def written(document: str) -> str:
    """Return the document with every block written anew."""
    return BLOCK.sub(lambda found: f"{found['open']}\n{BLOCKS[found['name']]()}\n{found['close']}", document)


def write() -> None:
    """Write every document that has blocks, and name those that changed."""
    for path in sorted(DOCS.rglob("*.md")):
        before = path.read_text()
        after = written(before)
        if after != before:
            path.write_text(after)
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    write()
