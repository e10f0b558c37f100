"""How well our software runs at a customer's: errors by version and by feature, beside peers, and latency."""

from collections.abc import Sequence

import pandas as pd

from core.culture.estimate import Figure
from core.culture.reliability import LEAST_EVENTS, AgainstPeers, Reliability
from pages.culture.figures import Line, known, layer, line, lines
from pages.parts import columns
from pages.parts import format as say
from pages.parts.cards import card

_STANDS_OUT = {"above": "more", "below": "less", None: ""}
_BESIDE = {"above": "worse than most", "below": "better than most", None: "like most"}


def show(reliability: Reliability) -> None:
    """Draw the rates with their intervals, versions first: that is where a release shows."""
    rows = [
        line("Failed", reliability.error_rate, say.percent, "Errors and answers of 500 and above, of all events."),
        _peers(reliability.peers),
        line("Mean time", reliability.mean_ms, say.integer, "Mean duration of the events that report one.", unit="ms"),
        line(
            "Slowest twentieth",
            reliability.p95_ms,
            say.integer,
            "A twentieth takes longer (p95), from buckets.",
            unit="ms",
        ),
    ]
    place = card("reliability", "Errors and speed", "versions and features with most errors first")
    layer(place.right, "inferred", "reliability", rows)
    with place.body:
        lines(rows, alt="Error rate and latency with intervals, and the errors of peers.")
        versions = [(each.version, each.error_rate, _STANDS_OUT[each.stands_out]) for each in reliability.by_version]
        _table("versions", "Version", versions)
        _table("errors", "Feature", [(each.label, each.error_rate, "") for each in reliability.by_feature])


def _peers(peers: AgainstPeers) -> Line:
    meaning = (
        "The median of customers of the same tier and size with the range of their middle half; worse or better only "
        "where the whole interval lies outside of it."
    )
    beside = line("Peers", peers.median, say.percent, meaning)
    if beside.value == say.DASH:
        return beside
    return Line("Peers", beside.value, f"{_BESIDE[peers.stands_out]} · {beside.stands_on}", meaning)


def _table(key: str, what: str, rows: Sequence[tuple[str, Figure, str]]) -> None:
    if not rows:
        return
    beside = {"beside": columns.text("Beside the rest", width=110)} if any(words for *_, words in rows) else {}
    columns.table(
        pd.DataFrame(
            {
                "what": [name for name, _, _ in rows],
                "rate": [known(rate, say.percent) for _, rate, _ in rows],
                "n": [rate.n for _, rate, _ in rows],
                **({"beside": [words for *_, words in rows]} if beside else {}),
            }
        ),
        {
            "what": columns.name(what, width=80),
            "rate": columns.text("Failed", width=150),
            "n": columns.count("n", help=f"Events; of fewer than {LEAST_EVENTS} no rate is given."),
            **beside,
        },
        key=key,
        alt=f"Error rate by {what.lower()} with its interval and n.",
        height="content",
    )
