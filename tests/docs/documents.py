"""The documents as their tests read them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")


def documents() -> list[Path]:
    """Return every Markdown file of the project: those at the top, docs/, and the guide of the client."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "client" / "README.md"]


def name(path: Path) -> str:
    """Return the file's place in the project."""
    return path.relative_to(ROOT).as_posix()


def without_fences(text: str) -> str:
    """Return the text without its fenced blocks."""
    return FENCE.sub("", text)


def code_spans(text: str) -> list[str]:
    """Return what stands in backticks on one line, and every line of fenced blocks."""
    fenced = [line.strip() for block in FENCE.findall(text) for line in block.splitlines()[1:-1]]
    return [*CODE.findall(without_fences(text)), *fenced]
