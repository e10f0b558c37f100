"""The versions of the metric policy: what changed, who changed it, when and why."""

from collections.abc import Sequence
from itertools import pairwise

import pandas as pd

from core.finance.policy import MetricPolicy, switch_of
from core.finance.policy_reads import Version
from pages.parts import columns
from pages.parts.cards import card


def show(versions: Sequence[Version]) -> None:
    """Draw the versions, the newest first."""
    place = card(
        "policy-versions", "Versions", "Every one that was in force; figures follow the newest", height="content"
    )
    with place.body:
        columns.table(
            _frame(versions),
            {
                "version": columns.count("Version"),
                "changed": columns.text("Changed", width=420),
                "why": columns.text("Reason", width=260),
                "who": columns.text("By", width=140),
                "when": columns.moment("Since"),
            },
            key="policy-versions-table",
            alt="Versions of the metric policy with what changed, the reason, who changed it and when.",
        )


def _frame(versions: Sequence[Version]) -> pd.DataFrame:
    steps = [_changed(older.policy, newer.policy) for newer, older in pairwise(versions)]
    return pd.DataFrame(
        {
            "version": [one.number for one in versions],
            "changed": [*steps, "The standard: what the ledger holds"],
            "why": [one.reason for one in versions],
            "who": [one.made_by for one in versions],
            "when": pd.Series([one.made_at for one in versions], dtype="datetime64[us, UTC]"),
        }
    )


def _changed(before: MetricPolicy, after: MetricPolicy) -> str:
    was, is_ = before.settings(), after.settings()
    said = []
    for name, choice in is_.items():
        if was[name] != choice:
            switch = switch_of(name)
            said.append(f"{switch.question} {next(one.words for one in switch.choices if one.id == choice)}")
    return "; ".join(said)
