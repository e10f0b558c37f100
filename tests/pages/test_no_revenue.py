"""The screens of the ledger before the first movement: each says what will appear and what to do."""

import pytest

from tests.pages.conftest import AsPerson, words


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("revenue", "No revenue yet"),
        ("movements", "No revenue yet"),
        ("subscriptions", "No revenue yet"),
        ("retention", "Nobody to keep yet"),
    ],
)
def test_empty_books_say_what_to_do(as_person: AsPerson, path: str, title: str) -> None:
    app = as_person("fiona", path)
    assert not app.exception
    said = words(app)
    assert title in said
    assert "MRR appears here with the first paid license" in said
    assert "Licenses" in said
    assert not app.metric
