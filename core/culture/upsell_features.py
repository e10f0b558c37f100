"""Upsell rules about features: what people were refused, what goes well with what they use, and old versions."""

from typing import Final

from core.culture.estimate import Estimate, known
from core.culture.features import ZERO_IS_EVIDENCE, FeatureUse, label
from core.culture.peers import co_adoption
from core.culture.picture import Picture
from core.culture.said import percent
from core.culture.upsell_findings import Confidence, Evidence, Finding, NotListed, Priority, Result, fact, people

LEAST_REFUSED: Final = 3
SURELY_REFUSED: Final = 5
HEAVY_SHARE: Final = 0.5
COMPLEMENT_LIFT: Final = 1.5
NEW_LICENSE_DAYS: Final = 28
FAR_BEHIND: Final = 2


def refused_features(picture: Picture) -> list[Result]:
    """Three people or more were refused what their tier lacks: the strongest sign there is."""
    uses = [row for row in picture.observed.feature_actors if row.denied and picture.observed.window.holds(row.day)]
    gated = [row for row in uses if row.feature not in picture.account.features]
    refused = {row.actor for row in gated}
    wanted = sorted({row.feature for row in gated})
    results: list[Result] = [
        NotListed(
            "refused_features", name, f"{label(name)} is part of the tier: a permission at the customer's, no upsell."
        )
        for name in sorted({row.feature for row in uses} - set(wanted))
    ]
    if not gated:
        return results
    names = " and ".join(label(name) for name in wanted)
    if len(refused) < LEAST_REFUSED:
        why = f"{people(len(refused))} refused {names}; the rule asks for {LEAST_REFUSED}."
        return [*results, NotListed("refused_features", "", why)]
    facts = tuple(_refusals(picture, name) for name in wanted)
    clause = f"{people(len(refused))} refused {names}"
    sure: Confidence = "high" if len(refused) >= SURELY_REFUSED else "medium"
    return [*results, Finding("refused_features", "tier", "", "HIGH", clause, facts, confidence=sure)]


def unused_complement(picture: Picture) -> list[Result]:
    """Something is used heavily and a feature that is paid for never: training, not a sale."""
    heavy = next((item for item in picture.features.items if is_heavy(item)), None)
    if heavy is None or not picture.untouched:
        return []
    if picture.events < ZERO_IS_EVIDENCE:
        why = f"{picture.events:,} events are too few to say what is not wanted: {ZERO_IS_EVIDENCE} are needed."
        return [NotListed("unused_complement", "", why)]
    if picture.account.age_days(picture.now) < NEW_LICENSE_DAYS:
        return [NotListed("unused_complement", "", f"The license is younger than {NEW_LICENSE_DAYS} days.")]
    found = [_training(picture, heavy, item) for item in picture.untouched]
    # Where peers single none out, one course is offered and not one for each.
    return [*([one for one in found if one.priority != "LOW"] or found[:1])]


def missing_complement(picture: Picture) -> list[Result]:
    """Something is used heavily whose heavy users on higher tiers adopt more than others what this tier lacks."""
    if picture.account.age_days(picture.now) < NEW_LICENSE_DAYS:
        return []
    above = {name for tier in picture.account.tiers if tier.rank > picture.account.tier.rank for name in tier.features}
    best: tuple[float, FeatureUse, str, Estimate] | None = None
    for heavy in filter(is_heavy, picture.features.items):
        for name in sorted(above - picture.account.features):
            lift = co_adoption(picture.above, heavy.feature, name)
            strong = known(lift) and lift.value > COMPLEMENT_LIFT and lift.low is not None and lift.low > 1
            if strong and known(lift) and (best is None or lift.value > best[0]):
                best = (lift.value, heavy, name, lift)
    if best is None:
        return []
    _, heavy, name, lift = best
    facts = (
        _share(heavy, "missing_complement"),
        _lift(heavy, name, lift, "missing_complement", f"{picture.above.accounts} on higher tiers"),
    )
    clause = f"uses {heavy.label} heavily, and {lift.value:.1f} times as many who do adopt {label(name)}"
    return [Finding("missing_complement", "tier", name, "MEDIUM", clause, facts)]


def versions_behind(picture: Picture) -> list[Result]:
    """The version in use is two releases or more behind: help with the upgrade is offered, at a price or not."""
    behind, main = picture.releases_behind, picture.stack.main_version
    if behind is None or behind < FAR_BEHIND or main is None:
        return []
    runs = picture.observed.facet("version")
    events = sum(facet.events for facet in runs if facet.value == main)
    facts = (
        fact("versions_behind", "Version in use", main, events, "newest day"),
        fact("versions_behind", "Releases behind", str(behind), behind, "of the field"),
    )
    clause = f"runs {main}, {behind} releases behind"
    return [Finding("versions_behind", "services", "", "LOW", clause, facts, confidence="high")]


def is_heavy(item: FeatureUse) -> bool:
    """Whether a feature is habitual and used on half of all active person-days."""
    return item.state == "habitual" and known(item.share) and item.share.value >= HEAVY_SHARE


def _training(picture: Picture, heavy: FeatureUse, item: FeatureUse) -> Finding:
    lift = co_adoption(picture.peers, heavy.feature, item.feature)
    facts = [
        _share(heavy, "unused_complement"),
        fact("unused_complement", f"{item.label}: events", "none", picture.events, "all time"),
    ]
    priority: Priority = "LOW"
    sure: Confidence = "low"
    if known(lift) and lift.low is not None:
        facts.append(_lift(heavy, item.feature, lift, "unused_complement", "peers"))
        strong = lift.value > COMPLEMENT_LIFT and lift.low > 1
        priority, sure = ("MEDIUM", "medium") if strong else ("LOW", "low")
    clause = f"uses {heavy.label} heavily but never touches {item.label}"
    return Finding("unused_complement", "training", item.feature, priority, clause, tuple(facts), confidence=sure)


def _share(heavy: FeatureUse, rule: str) -> Evidence:
    share = percent(heavy.share.value) if known(heavy.share) else "—"
    return fact(rule, f"{heavy.label}: share of active person-days", share, heavy.share.n, "28 d")


def _lift(heavy: FeatureUse, other: str, lift: Estimate, rule: str, whom: str) -> Evidence:
    bounds = f" ({lift.low:.1f} to {lift.high:.1f})" if lift.low is not None and lift.high is not None else ""
    told = f"{lift.value:.1f} times as often as others{bounds}"
    return fact(rule, f"Who use {heavy.label} adopt {label(other)}", told, lift.n, whom)


def _refusals(picture: Picture, feature: str) -> Evidence:
    rows = [row for row in picture.observed.feature_actors if row.feature == feature and row.denied]
    rows = [row for row in rows if picture.observed.window.holds(row.day)]
    refused, times = len({row.actor for row in rows}), sum(row.denied for row in rows)
    told = f"{people(refused)} refused, {times:,} times"
    return fact("refused_features", f"{label(feature)} refused", told, refused, "28 d")
