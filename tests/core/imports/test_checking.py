"""The check: each fault is found in its row with its reason, and what is sound is counted."""

import csv
import io

import pytest

from core.errors import InvalidInput
from core.imports.findings import REASONS, Finding, as_csv
from tests.core.imports.small import ACCOUNTS, MAPPING, SUBSCRIPTIONS, USAGE, checked

FOUND = {
    ("accounts.csv", 4, "A3", "unknown_country"),
    ("accounts.csv", 4, "A3", "mixed_dates"),
    ("accounts.csv", 5, "A4", "unknown_value"),
    ("accounts.csv", 6, "A5", "missing_value"),
    ("accounts.csv", 7, "A6", "in_the_future"),
    ("accounts.csv", 8, "A7", "bad_flag"),
    ("accounts.csv", 9, "A8", "same_name"),
    ("accounts.csv", 3, "A2", "churned_but_paying"),
    ("subscriptions.csv", 16, "", "wrong_columns"),
    ("subscriptions.csv", 8, "S7", "end_before_start"),
    ("subscriptions.csv", 9, "S8", "negative_amount"),
    ("subscriptions.csv", 12, "S11", "bad_date"),
    ("subscriptions.csv", 13, "S12", "fraction_of_cent"),
    ("subscriptions.csv", 14, "S13", "bad_number"),
    ("subscriptions.csv", 15, "S14", "unknown_value"),
    ("subscriptions.csv", 17, "S16", "trial_with_price"),
    ("subscriptions.csv", 6, "S5", "flag_without_end"),
    ("subscriptions.csv", 10, "S9", "unknown_reference"),
    ("subscriptions.csv", 11, "S10", "refused_reference"),
    ("usage.csv", 9, "U1", "repeated_row"),
    ("usage.csv", 10, "U2", "repeated_id"),
    ("usage.csv", 15, "", "missing_value"),
    ("usage.csv", 7, "U6", "more_errors"),
    ("usage.csv", 8, "U7", "no_use"),
    ("usage.csv", 12, "U9", "missing_value"),
    ("usage.csv", 13, "U10", "after_as_of"),
    ("usage.csv", 14, "U11", "bad_number"),
    ("usage.csv", 5, "U4", "before_start"),
    ("usage.csv", 6, "U5", "after_end"),
    ("usage.csv", 11, "U8", "refused_reference"),
    ("tickets.csv", 5, "T4", "end_before_start"),
    ("tickets.csv", 6, "T5", "unknown_value"),
    ("tickets.csv", 7, "T6", "bad_number"),
    ("tickets.csv", 4, "T3", "before_signup"),
    ("churn.csv", 3, "C2", "churn_not_in_ledger"),
}


def test_every_fault_is_found_in_its_row_and_no_other() -> None:
    found = checked().findings
    assert {(one.file, one.line, one.id, one.code) for one in found} == FOUND
    assert all(one.sentence.endswith(".") for one in found)


def test_rows_add_up() -> None:
    made = checked()
    rows = {one.source: (one.read, one.new, one.known, one.refused, one.doubtful) for one in made.counts}
    assert rows == {
        "accounts": (8, 4, 0, 4, 3),
        "subscriptions": (17, 8, 0, 9, 2),
        "usage": (14, 7, 1, 6, 4),
        "tickets": (6, 3, 0, 3, 1),
        "churn": (3, 3, 0, 0, 1),
    }
    assert all(read == new + known + refused for read, new, known, refused, _ in rows.values())
    assert made.mrr.minor == 100_00 + 70_10 + 30_00


def test_three_contradicting_churns_are_told_in_numbers() -> None:
    made = checked()
    (said,) = [note for note in made.notes if note.startswith("Three")]
    assert "1 of 4 customers are flagged as churned (1 of them still pay on the last day)" in said
    assert "3 churn events name 2 customers, 1 of them not flagged" in said
    assert "MRR fell to zero 2 times, at 2 customers" in said


def test_formats_that_differ_between_columns_are_told() -> None:
    (said,) = [note for note in checked().notes if "Dates" in note]
    assert said.startswith("Dates are written in 2 ways: yyyy-mm-dd (47 values in ")
    assert "d/m/yyyy (7 values in accounts.csv: signed up)" in said


def test_a_column_that_can_be_read_in_two_ways_is_asked_for_and_nothing_else_happens() -> None:
    unclear = ACCOUNTS.replace("25/12/2022", "5/12/2022")
    with pytest.raises(InvalidInput) as asked:
        checked(accounts=unclear)
    assert asked.value.code == "ambiguous_dates"
    assert "accounts.csv, column signed up: 1/1/2023" not in asked.value.message  # the same day either way
    assert "1/2/2023 can be 1 February 2023 (d/m/yyyy) or 2 January 2023 (m/d/yyyy)" in asked.value.message
    answered = MAPPING.replace("date: detect", "date: [m/d/yyyy, yyyy-mm-dd]")
    ada = checked(answered, accounts=unclear).accounts[0].customer
    assert ada is not None
    assert f"{ada.signed_up:%Y-%m-%d}" == "2022-05-12"


def test_a_value_that_two_declared_formats_read_differently_is_refused() -> None:
    both = MAPPING.replace("date: detect", "date: [d/m/yyyy, m/d/yyyy, yyyy-mm-dd]")
    codes = {one.id: one.code for one in checked(both).findings if one.file == "accounts.csv"}
    assert codes["A2"] == "ambiguous_date"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"accounts": ACCOUNTS.replace("churned\n", "gone\n", 1)}, "line 1: there is no column “churned”"),
        ({"usage": USAGE.replace("id,subscription", "id,id", 1)}, "line 1: the column “id” stands twice"),
        ({"usage": USAGE + '"open'}, "this is not CSV"),
        ({"usage": ""}, "there is no column"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_whole(changed: dict[str, str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        checked(**changed)


def test_lines_are_counted_as_the_file_has_them() -> None:
    torn = SUBSCRIPTIONS.replace("S7,A3,Pro", '"S7\nbis",A3,Pro')
    lines = {one.id: one.line for one in checked(subscriptions=torn).findings if one.file == "subscriptions.csv"}
    assert (lines["S7\nbis"], lines["S8"]) == (8, 10)


def test_the_report_is_csv_that_no_spreadsheet_runs() -> None:
    evil = Finding("a.csv", 2, "=cmd|' /C calc'!A0", "bad_number", "-1+1 is “@SUM(1)”, no number.")
    rows = list(csv.reader(io.StringIO(as_csv([evil, *checked().findings]))))
    assert rows[0] == ["file", "line", "id", "verdict", "reason", "sentence"]
    assert len(rows) == 2 + len(FOUND)
    assert rows[1][2] == "'=cmd|' /C calc'!A0"
    assert rows[1][5].startswith("'-1+1")
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_every_reason_has_a_label_of_its_own() -> None:
    assert len({reason.label for reason in REASONS.values()}) == len(REASONS)
