"""What made costs move: in a sentence, by kind over a year, and from the month before to the last one."""

from decimal import Decimal
from typing import Final

import pandas as pd
import streamlit as st

from core.access.actor import Actor
from core.finance.exchange import REPORTING
from core.finance.margins import NOISE, Driver, cost_months, driver
from core.money import Money
from pages.finance.cost_figures import Seen
from pages.finance.products import product_name
from pages.parts import charts, links
from pages.parts import format as say
from pages.parts.cards import card
from pages.parts.charts import units
from pages.parts.load import load
from pages.parts.theme import SCREEN

KINDS: Final = {"compute": "Compute", "support": "Support", "bandwidth": "Bandwidth", "storage": "Storage"}


def sentence(actor: Actor, seen: Seen) -> None:
    """Say what moved most against the month before, and who made it move."""
    found = load(driver, actor, seen.month, as_of=seen.now)
    with card("driver", height="content").body, st.container(horizontal=True, vertical_alignment="center", key="why"):
        if found is None:
            st.markdown(
                f":green-badge[Steady] No kind of cost moved by more than {say.percent(NOISE, digits=0)} of all."
            )
            return
        st.markdown(_moved(found, seen))
        if found.organization_id is not None and found.customer is not None:
            links.link("customer", f"Open {found.customer}", {"id": str(found.organization_id)}, icon="arrow_forward")


def _moved(found: Driver, seen: Seen) -> str:
    rose = found.kind_after.minor > found.kind_before.minor
    badge = ":orange-badge[What moved]" if rose else ":green-badge[What moved]"
    share = found.growth
    by = "began" if share is None else f"{'rose' if rose else 'fell'} {say.percent(abs(share), digits=0)}"
    whose = found.customer or "What is shared by all"
    where = f" in {product_name(found.product_id)}" if found.product_id else ""
    return (
        f"{badge} **{say.plain(KINDS[found.kind])} cost {say.plain(by)} in {seen.name}**, to "
        f"{say.plain(_whole(found.kind_after))}. {say.plain(whose + where)} explains "
        f"{say.plain(say.percent(min(found.share, Decimal(1)), digits=0))} of it: {say.plain(_whole(found.before))} in "
        f"{seen.before}, {say.plain(_whole(found.after))} now."
    )


def _whole(amount: Money) -> str:
    return say.amount(amount, whole=True)


def kinds(actor: Actor, seen: Seen) -> None:
    """Costs by kind, month by month."""
    found = load(cost_months, actor, seen.months[:-1], "cost_kind", as_of=seen.now)
    frame = found.assign(kind=[KINDS[each] for each in found["name"]])
    with card("kinds").body:
        charts.show(
            charts.area_stack(
                frame,
                x="month",
                y="cost",
                series="kind",
                title="Costs by kind",
                unit=units.money(REPORTING, "a month"),
                order=[each for each in KINDS.values() if each in set(frame["kind"])],
            ),
            "kinds",
        )


def bridge(actor: Actor, seen: Seen) -> None:
    """How the costs of the month before became those of the last one."""
    found = load(cost_months, actor, seen.months[:-1], "cost_kind", as_of=seen.now)
    then, now = (found[found["month"] == _start(seen, at)].set_index("name")["cost"].to_dict() for at in (-3, -2))
    moved = [(label, "change", int(now.get(kind, 0)) - int(then.get(kind, 0))) for kind, label in KINDS.items()]
    rows = [
        (seen.before, "total", int(sum(then.values()))),
        *(row for row in moved if row[2]),
        (f"{seen.month.start:%b}", "total", int(sum(now.values()))),
    ]
    with card("bridge").body:
        charts.show(
            charts.waterfall(
                pd.DataFrame(rows, columns=["step", "kind", "minor"]),
                label="step",
                value="minor",
                kind="kind",
                title=f"From {seen.before} to {seen.month.start:%b}",
                unit=units.money(REPORTING, "a month"),
                growth_is_good=False,
                palette=SCREEN,
            ),
            "bridge",
        )


def _start(seen: Seen, at: int) -> pd.Timestamp:
    return pd.Timestamp(seen.months[at].start.replace(tzinfo=None))
