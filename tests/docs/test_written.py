"""What the program writes into the documents is what it would write now."""

from pathlib import Path

import pytest

from scripts import write_docs
from scripts.refusals import refusals
from tests.docs.documents import documents, name

WITH_BLOCKS = [path for path in documents() if write_docs.BLOCK.search(path.read_text())]


@pytest.mark.parametrize("path", WITH_BLOCKS, ids=name)
def test_what_is_written_is_current(path: Path) -> None:
    text = path.read_text()
    assert write_docs.written(text) == text, "Run: make docs"


def test_every_block_has_its_place() -> None:
    found = [match["name"] for path in WITH_BLOCKS for match in write_docs.BLOCK.finditer(path.read_text())]
    assert sorted(found) == sorted(write_docs.BLOCKS)


def test_every_refusal_has_a_sentence_to_show() -> None:
    assert [one.code for one in refusals() if not one.sentence] == []


def test_a_table_keeps_its_columns_when_a_cell_holds_a_bar() -> None:
    assert write_docs.table(("one", "two"), [("a|b", "c")]) == "| one | two |\n| --- | --- |\n| a\\|b | c |\n"
