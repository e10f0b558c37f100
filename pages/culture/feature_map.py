"""The map of features: what is used, tried and ignored, how deeply, and against peers."""

from collections.abc import Sequence

import pandas as pd

from core.culture.estimate import Abstention
from core.culture.features import Features, FeatureUse
from pages.culture.figures import Line, bounds, known, layer, line, lines, rounded, whole_percent
from pages.parts import columns, pills
from pages.parts import format as say
from pages.parts.cards import card

_DEFINITIONS = {
    "Used by": "Share of active person-days on which the feature was used. A person-day is one person on one UTC day.",
    "State": "Habitual: 8 days or more in 28. Adopted: 3 or more. Tried: once or twice. Lapsed: adopted before, not "
    "now. Never: not once, on record.",
    "A person-day": "Actions with the feature on a day on which somebody used it.",
    "Against peers": "Its share over that of customers of the same tier and size, shrunk towards theirs where there is "
    "little. “More” and “less” only where the interval excludes 1 after correction for asking of all features.",
    "Refused": "People who asked for the feature and were answered 402 or 403.",
}
_STANDS_OUT = {"above": "more", "below": "less", None: ""}


def show(features: Features) -> None:
    """Draw the map as a table, most used first."""
    place = card("features", "Feature map", _covers(features))
    layer(place.right, "observed", "features", {key: _DEFINITIONS[key] for key in ("State", "Refused")})
    rest = {key: _DEFINITIONS[key] for key in ("Used by", "A person-day", "Against peers")}
    layer(place.right, "inferred", "features", rest)
    with place.body:
        columns.table(
            _frame(features.items),
            {
                "feature": columns.name("Feature", width=130),
                "state": columns.pills("adoption", "State"),
                "share": columns.share("Used by", help=_DEFINITIONS["Used by"]),
                "interval": columns.text("95% interval", width=110),
                "days": columns.count("Days"),
                "people": columns.count("People"),
                "events": columns.count("Events"),
                "depth": columns.text("A person-day", width=130),
                "lift": columns.text("Against peers", width=150, help=_DEFINITIONS["Against peers"]),
                "refused": columns.text("In the tier", width=150),
                "last": columns.day("Last used"),
            },
            key="features",
            alt="Features with state, share of person-days, days, people, events, depth and lift against peers.",
            height="content",
        )
        lines(_summary(features), alt="Breadth, variety and depth over all features.")


def _covers(features: Features) -> str:
    adopted = f"{features.adopted} of {features.entitled} features of the tier adopted"
    peers = features.peers
    compared = f"compared with {say.count(peers.accounts, 'customer')}, {peers.basis}"
    return f"{adopted}; {compared if peers.accounts else 'too few peers to compare with'}"


def _frame(items: Sequence[FeatureUse]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "feature": [each.label for each in items],
            "state": pills.cells("adoption", [each.state for each in items]),
            "share": [rounded(each.share) for each in items],
            "interval": [bounds(each.share) for each in items],
            "days": [each.days for each in items],
            "people": [each.actors for each in items],
            "events": [each.events for each in items],
            "depth": [known(each.depth, say.decimal) for each in items],
            "lift": [_against(each) for each in items],
            "refused": [_included(each) for each in items],
            "last": [each.last_day for each in items],
        }
    )


def _against(each: FeatureUse) -> str:
    if isinstance(each.lift, Abstention):
        return say.DASH
    return f"×{known(each.lift, say.decimal)} {_STANDS_OUT[each.stands_out]}".strip()


def _included(each: FeatureUse) -> str:
    included = "yes" if each.entitled else "no"
    return (
        f"{included}, {say.count(each.denied_actors, 'person', 'people')} refused" if each.denied_actors else included
    )


def _summary(features: Features) -> list[Line]:
    rows = [
        line("Breadth", features.breadth, whole_percent, "Adopted features over those that the tier includes."),
        line(
            "Variety",
            features.effective,
            lambda value: f"like {say.decimal(value)} used alike",
            "exp(entropy): how many equally used features would be as spread out as these.",
        ),
        line("Depth", features.depth, say.decimal, "Actions a person and active day."),
    ]
    unlike = next((each.lift for each in features.items if isinstance(each.lift, Abstention)), None)
    if unlike is not None:
        rows.append(line("Against peers", unlike, say.decimal, _DEFINITIONS["Against peers"]))
    return rows
