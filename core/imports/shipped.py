"""The mappings that come with Calos."""

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "imports"


def shipped() -> dict[str, str]:
    """Return the text of each mapping by its file name."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.yaml"))}
