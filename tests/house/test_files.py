"""How files look: short, opened by a sentence, named by what they hold, every exception with its reason beside it."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.house.sources import PRODUCT, ROOT, all_files, name, product_files, python_files, text, tree

LONGEST = 350
VAGUE = {"utils", "util", "helpers", "helper", "manager", "managers", "common", "misc", "base", "shared", "tools"}
EXCEPTION = re.compile(r"#\s*(noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|type:\s*ignore(?:\[[^\]]*\])?)(?P<reason>.*)")
# Outermost edges, where whatever happened has to be told to somebody.
EDGES = {
    "api/boot.py": "a start that failed stays, and its page says why",
    "client/src/calos/shield.py": "what customers embed must never fail what it is part of",
}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def test_no_file_is_longer_than_one_sitting() -> None:
    long = {name(path): count for path in all_files() if (count := text(path).count("\n")) > LONGEST}
    assert long == {}, f"Split these by noun; {LONGEST} lines is the end, 200 the aim."


def test_every_file_opens_with_a_sentence() -> None:
    silent = [name(path) for path in all_files() if not _sentence(path)]
    assert silent == [], "The first line of a file says in one sentence what lives there."


def _sentence(path: Path) -> bool:
    said = ast.get_docstring(tree(path)) or ""
    first = said.partition("\n")[0]
    return first.endswith((".", "?", "`")) and len(first) > 8 and first[0] != first[0].lower()


def test_no_name_says_nothing() -> None:
    vague = [name(path) for path in all_files() if {path.stem, path.parent.name} & VAGUE]
    assert vague == [], "Name a file by the noun it holds."


def test_every_exception_has_its_reason_beside_it() -> None:
    bare = [f"{name(path)}:{line}" for path in product_files() for line in _unexplained(path)]
    assert bare == [], "Say why: `# noqa: CODE - reason`, `# type: ignore[code]  # reason`, or a comment just above."


def _unexplained(path: Path) -> Iterator[int]:
    comments = {
        token.start[0]: token.string
        for token in tokenize.generate_tokens(io.StringIO(text(path)).readline)
        if token.type == tokenize.COMMENT
    }
    lines = text(path).splitlines()
    for line, comment in comments.items():
        found = EXCEPTION.search(comment)
        above = lines[line - 2].lstrip() if line > 1 else ""
        if found and not found["reason"].strip(" -#") and not above.startswith("#"):
            yield line


def test_nothing_is_left_for_later() -> None:
    here = name(Path(__file__))
    left = [name(path) for path in all_files() if name(path) != here and UNFINISHED.search(text(path))]
    assert left == [], "Finish it, or open an issue."


def test_errors_are_named_when_caught() -> None:
    broad = {name(path): line for path in product_files() for line in _catch_alls(path)}
    assert sorted(set(broad) - set(EDGES)) == [], "Catch what can happen, by name; a bug must be seen."
    assert sorted(set(EDGES) - set(broad)) == [], "These catch by name now: take them off the list."


def _catch_alls(path: Path) -> Iterator[int]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler) and _is_broad(node) and not _raises_again(node):
            yield node.lineno


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {one.id if isinstance(one, ast.Name) else "" for one in caught if one is not None}
    return None in caught or bool(names & {"Exception", "BaseException"})


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """Noting that something failed and letting it go on up hides nothing."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_every_folder_is_a_package() -> None:
    """A folder without __init__.py is invisible to import-linter, and would escape the ladder."""
    folders = {path.parent for path in python_files(*PRODUCT)}
    assert [name(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_no_page_lies_where_streamlit_would_discover_it() -> None:
    assert sorted(path.name for path in (ROOT / "pages").glob("*.py")) == ["__init__.py", "shell.py"]
    assert not (ROOT / "pages" / "pages").exists()
