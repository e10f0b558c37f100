"""What an import finds wrong: rows refused and rows that are doubtful, each with its file, line and reason."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from core.reports.tabular import harmless

Verdict = Literal["refused", "doubtful"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row was refused, or is imported all the same although something about it is odd."""

    code: str
    verdict: Verdict
    label: str


def _reasons(verdict: Verdict, **labels: str) -> dict[str, Reason]:
    return {code: Reason(code, verdict, label) for code, label in labels.items()}


REASONS: Final = {
    **_reasons(
        "refused",
        wrong_columns="The line has more or fewer cells than the header",
        missing_value="A value is missing that the row needs",
        bad_date="A date can't be read",
        ambiguous_date="A date can be read in two ways",
        in_the_future="A date lies in the future",
        bad_number="A number can't be read",
        bad_flag="Neither true nor false",
        bad_text="A text is too long or can't be stored",
        negative_amount="An amount is negative",
        fraction_of_cent="An amount has more digits than the currency",
        unknown_value="A word that the mapping does not translate",
        unknown_reference="Refers to a row that there is not",
        refused_reference="Refers to a row that was refused",
        end_before_start="Ends before it starts",
        more_errors="More errors than uses",
        repeated_id="An id stands twice, with different content",
        changed_since="Imported before with other content",
        ledger_goes_on="The customer's ledger goes on beyond this date",
        unknown_plan="A plan that the mapping gives no tier",
        unknown_currency="A currency that there is not, or that has no exchange rate",
        bad_interval="A plan paid at intervals that there are not here",
        missing_period="An invoice line without the time that it pays for",
        refused_line="One of the invoice's lines was refused, and no invoice comes in by half",
        missing_seller="No legal entity is there that could have sold",
    ),
    **_reasons(
        "doubtful",
        repeated_row="The same row stands twice; it counts once",
        mixed_dates="A date is written in another way than most of its column",
        before_start="Usage before its subscription starts",
        after_end="Usage after its subscription ended",
        before_signup="Dated before the customer signed up",
        after_as_of="Dated after the last day of these books",
        no_use="Reports no use at all",
        trial_with_price="A trial that costs something",
        unknown_country="A country that ISO 3166 does not know; left empty",
        same_name="A customer of this name is there already",
        flag_without_end="The churn flag and the end date disagree",
        churned_but_paying="Flagged as churned, and still paying",
        churn_not_in_ledger="A churn event, and the customer still pays",
        estimated_price="Only a prorated line tells the price; it is worked out from that",
        never_renewed="What was paid for is over, and nobody cancelled it",
        refund_left_out="A refund, which is not taken over",
        overpaid="More was paid than the invoice asks for; the rest is left out",
        other_sum="The movements don't add up to the MRR that stands beside them",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason found in one row; a row may have several."""

    file: str
    line: int
    id: str
    code: str
    sentence: str

    @property
    def verdict(self) -> Verdict:
        """Whether the row was refused or is doubtful."""
        return REASONS[self.code].verdict


class Refused(Exception):
    """A row, or one of its cells, can't be taken; `code` is one of REASONS."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def by_reason(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how often each reason was found, refusals first, most frequent first."""
    return ranked(Counter(finding.code for finding in findings))


def ranked(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts by reason in the order in which they are told: refusals first, most frequent first."""
    order = sorted(counts, key=lambda code: (REASONS[code].verdict != "refused", -counts[code], code))
    return {code: counts[code] for code in order}


HEADER: Final = ("file", "line", "id", "verdict", "reason", "sentence")


def as_csv(findings: Iterable[Finding]) -> str:
    """Return the report as CSV, a row a finding, in the order of files and lines; formulas are made harmless."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow(HEADER)
    for one in sorted(findings, key=lambda one: (one.file, one.line, one.code)):
        writer.writerow([harmless(cell) for cell in _cells(one)])
    return made.getvalue()


def compressed(findings: Iterable[Finding]) -> bytes:
    """Return the report as gzipped CSV, the same bytes for the same findings."""
    return gzip.compress(as_csv(findings).encode(), mtime=0)


def _cells(one: Finding) -> Iterator[str]:
    yield from (one.file, str(one.line), one.id, one.verdict, one.code, one.sentence)
