"""Every setting is documented with its default, every documented one exists, and every one is read by something."""

import re
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from core.config import Settings
from tests.docs.documents import ROOT, documents, name
from tests.house.sources import product_files, text

ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
MENTION = re.compile(r"\b(?:CALOS_[A-Z_]+|DATABASE_URL|TELEMETRY_URL|JWT_SECRET|[A-Z]+_(?:API_KEY|SECRET_KEY|DSN))\b")
# The home depends on who runs Calos.
DESCRIBED = {"CALOS_HOME"}
# Names reserved in docs/operating.md, for what is not built yet.
RESERVED: set[str] = set()


def documented() -> dict[str, tuple[str, str]]:
    """Return default and meaning by name, from the table in docs/operating.md."""
    rows = ROW.findall((ROOT / "docs" / "operating.md").read_text())
    assert len({row[0] for row in rows}) == len(rows), "A setting is documented once."
    return {name: (default.strip(), meaning.strip()) for name, default, meaning in rows}


def fields() -> dict[str, FieldInfo]:
    return {str(field.alias): field for field in Settings.model_fields.values()}


# What customers set beside the software that embeds the client.
READ_BY_CLIENTS = frozenset(
    {"CALOS_INSTALL_ID", "CALOS_INSTALL_SECRET", "CALOS_URL", "CALOS_TELEMETRY"}
    | {"CALOS_STATE_DIR", "CALOS_CA_FILE", "CALOS_ALLOW_HTTP"}
)


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    assert set(documented()) == set(fields())


def test_defaults_are_documented_as_they_are() -> None:
    for setting, field in fields().items():
        if setting not in DESCRIBED:
            assert documented()[setting][0].strip("`") == _shown(field.default), setting


def _shown(default: object) -> str:
    if isinstance(default, bool):
        return str(int(default))
    return str(default) or "none"


def test_every_meaning_is_a_sentence() -> None:
    for setting, (_, meaning) in documented().items():
        assert meaning.endswith("."), setting


@pytest.mark.parametrize("path", documents(), ids=name)
def test_no_document_names_a_setting_that_does_not_exist(path: Path) -> None:
    for span in MENTION.findall(path.read_text()):
        assert span in fields() or span in READ_BY_CLIENTS or span.endswith("_"), span


def test_what_clients_read_is_read_by_ours() -> None:
    source = Path(__file__).parents[2].joinpath("client", "src", "calos", "environment.py").read_text()
    assert {name for name in READ_BY_CLIENTS if f'"{name}"' not in source} == set()


def test_every_setting_is_read_by_something() -> None:
    sources = [text(path) for path in product_files()]
    idle = {
        setting
        for setting in Settings.model_fields
        if not any(re.search(rf"\b\w+\.{setting}\b", source) for source in sources)
    }
    assert idle == RESERVED, "Read it, or remove it; a reserved one that is read now is reserved no longer."
