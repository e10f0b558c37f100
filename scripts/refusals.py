"""Every way in which the house says no, read from its source: code, status and the sentence beside it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from api.problems import STATUS
from core.errors import CalosError

ROOT = Path(__file__).parents[1]
# A caller from outside meets these alone.
FOLDERS = ("api", "core")
STATUS_BY_NAME = {kind.__name__: status for kind, status in STATUS.items()}


@dataclass(frozen=True, order=True)
class Refusal:
    """A stable code with its status; `sentence` is one that comes with it, with … for its holes."""

    code: str
    status: int
    sentence: str


def refusals() -> list[Refusal]:
    """Return one refusal for each code and status, by code; of a kind's own code, what the kind means."""
    found = {(kind.code, status): Refusal(kind.code, status, _meaning(kind)) for kind, status in STATUS.items()}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for one in _in(ast.parse(path.read_text())):
                found.setdefault((one.code, one.status), one)
    return sorted(found.values())


def _in(tree: ast.Module) -> Iterator[Refusal]:
    said = _Texts(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id == "problem":
            yield from _problem(node, said)
        elif node.func.id in STATUS_BY_NAME and node.args:
            yield from _raised(node, said)


def _problem(call: ast.Call, said: "_Texts") -> Iterator[Refusal]:
    """`problem(status, code, sentence)`: what a door answers by itself."""
    if len(call.args) >= 3 and isinstance(call.args[0], ast.Constant) and (code := said(call.args[1])):
        yield Refusal(code, int(str(call.args[0].value)), said(call.args[2]))


def _raised(call: ast.Call, said: "_Texts") -> Iterator[Refusal]:
    """`NotFound(sentence, code=…)`; without a code of its own it is the kind's."""
    given = next((one.value for one in call.keywords if one.arg == "code"), None)
    if given is not None and (code := said(given)):
        yield Refusal(code, STATUS_BY_NAME[ast.unparse(call.func)], said(call.args[0]))


def _meaning(kind: type[CalosError]) -> str:
    return (kind.__doc__ or "").partition("\n")[0].split("; ")[0].rstrip(".") + "."


class _Texts:
    """The texts of a file: literals, and names by what was last assigned to them above."""

    def __init__(self, tree: ast.Module) -> None:
        self._named = [
            (node.lineno, target.id, node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        ]

    def __call__(self, node: ast.expr) -> str:
        """Return the text, its holes as …; empty where it is made elsewhere."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.JoinedStr):
            return "".join(str(one.value) if isinstance(one, ast.Constant) else "…" for one in node.values)
        if isinstance(node, ast.IfExp):
            return self(node.body)
        if isinstance(node, ast.Name):
            above = [one for one in self._named if one[1] == node.id and one[0] <= node.lineno]
            return self(max(above, key=lambda one: one[0])[2]) if above else ""
        return ""
