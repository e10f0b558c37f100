"""The files of the house as its rules read them: every Python file, its text and its syntax tree."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("core", "db", "api", "pages", "client", "scripts")
TOP_FILES = ("app.py", "manage.py")
# Made by Alembic and then read; ruff and mypy leave them alone as well.
GENERATED = ("db/migrations/control/", "db/migrations/telemetry/")


def name(path: Path) -> str:
    """Return the file's place in the house, with forward slashes."""
    return path.relative_to(ROOT).as_posix()


def python_files(*folders: str) -> Iterator[Path]:
    """Yield the Python files below these folders, but for generated ones."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not name(path).startswith(GENERATED):
                yield path


def product_files() -> list[Path]:
    """Return every Python file that is no test."""
    return [*(ROOT / one for one in TOP_FILES), *python_files(*PRODUCT)]


def all_files() -> list[Path]:
    """Return every Python file."""
    return [*product_files(), *python_files("tests")]


@functools.cache
def text(path: Path) -> str:
    """Return the file's text."""
    return path.read_text(encoding="utf-8")


@functools.cache
def tree(path: Path) -> ast.Module:
    """Return the file's syntax tree."""
    return ast.parse(text(path), filename=name(path))


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of every module that the file imports, anywhere in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{one.name}") for one in node.names)


def is_in(module: str, *packages: str) -> bool:
    """Whether the module is one of these packages or lies in one."""
    return any(module == package or module.startswith(f"{package}.") for package in packages)
