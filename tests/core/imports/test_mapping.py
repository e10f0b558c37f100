"""Mappings: read as closed models; what is wrong is told with file, line and key."""

import pytest

from core.errors import InvalidInput
from core.imports.mapping import bindings, read_mapping
from core.imports.shipped import shipped
from tests.core.imports.small import MAPPING


def _refusal(changed: str, into: str = "") -> str:
    text = MAPPING.replace(changed, into) if changed else into
    assert text != MAPPING
    with pytest.raises(InvalidInput) as refused:
        read_mapping(text, "books.yaml")
    return refused.value.message


def test_the_mappings_that_come_with_calos_are_good() -> None:
    assert "ravenstack.yaml" in shipped()
    for name, text in shipped().items():
        assert read_mapping(text, name).sources, name


def test_a_field_is_a_column_a_constant_or_both_with_words_replaced() -> None:
    text = MAPPING.replace("billing: billing", "billing: {constant: annual}")
    source = read_mapping(text, "books.yaml").sources["subscriptions"]
    assert bindings(source)["billing"].constant == "annual"
    assert bindings(source)["id"].column == "id"
    assert bindings(source)["tier"].values == {"Starter": "basic", "Pro": "pro"}


def test_words_stay_words_whatever_yaml_would_make_of_them() -> None:
    text = MAPPING.replace("values: {UK: GB}", "values: {NO: NO, 1_0: 2024-01-01}")
    source = read_mapping(text, "books.yaml").sources["accounts"]
    assert bindings(source)["country"].values == {"NO": "NO", "1_0": "2024-01-01"}


@pytest.mark.parametrize(
    ("changed", "into", "said"),
    [
        ("      name: name\n", "", "books.yaml, line 9: sources.accounts.fields lacks “name”."),
        ("seats: seats\n      country", "chairs: 3\n      country", "line 14: there is no key “chairs” here"),
        (
            "entity: ticket",
            "entity: tickets",
            "line 38: sources.tickets.entity is none that there is; use one of customer",
        ),
        ("currency: USD", "currency: TALER", "line 3: currency: “TALER” is no ISO 4217 currency"),
        ("asOf: 2024-12-31", "asOf: someday", "line 2: asOf: input should be a valid date"),
        ("date: detect", "date: dd/mm", "line 12: sources.accounts.fields.signedUp.date: “dd/mm” is no date format"),
        ("      mrr: mrr\n", "", "give it either mrr (a month) or amount (a billing period)"),
        ("mrr: mrr", "mrr: {column: mrr, date: detect}", "line 27: sources.subscriptions.fields.mrr.date says how"),
        ("reason: reason,", "reason: {column: reason, constant: x},", "give it either a column or a constant"),
        (
            "customer: account\n      submitted",
            "customer: {column: account, source: churn}\n      submitted",
            "must refer",
        ),
        ("", "books: [", "line 1: this is not YAML"),
        ("", "books: a\nbooks: b\n", "line 2: the key “books” stands here twice"),
        ("", "", "the file is empty"),
    ],
)
def test_what_is_wrong_is_told_with_file_line_and_key(changed: str, into: str, said: str) -> None:
    assert said in _refusal(changed, into)


def test_nothing_is_read_from_a_mapping_beyond_its_keys() -> None:
    with pytest.raises(InvalidInput):
        read_mapping("!!python/object/apply:os.system [echo]\n", "books.yaml")
