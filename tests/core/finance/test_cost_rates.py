"""Costs by rates: what usage costs on the days a rate is in force, booked once a month, and refused in sentences."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.databases import Databases
from core.errors import Conflict, InvalidInput, NotPermitted
from core.finance.booked import booked_costs
from core.finance.booking import reverse_cost
from core.finance.cost_rates import CostRate, NewRate, add_rate, cost_of, cost_rates, end_rate, price_given, rate_on
from core.finance.metered_costs import SOURCE, book_due, book_rated, rated_costs
from core.ids import new_id
from core.periods import month_of
from core.usage.records import UsageRecord, record_usage
from db.models.licensing import license as licenses
from db.session import SYSTEM
from tests.books import bare_license, customer
from tests.cast import Cast

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OCTOBER = month_of(datetime(2026, 10, 5, tzinfo=UTC))
FIRST = date(2026, 10, 1)


def rate(
    price: str, begins: date, until: date | None = None, meter: str = "compute_seconds_month", per: int = 1
) -> CostRate:
    return CostRate(new_id(), "compute", None, meter, Decimal(price), per, "USD", begins, until)


def test_the_youngest_that_has_begun_is_in_force_until_its_last_day() -> None:
    old, new = rate("1", FIRST), rate("2", date(2026, 10, 11), date(2026, 10, 20))
    found = [rate_on([new, old], date(2026, 10, day)) for day in (1, 10, 11, 20, 21)]
    assert found == [old, old, new, new, None]
    assert rate_on([old], date(2026, 9, 30)) is None


def test_usage_is_priced_by_the_rate_of_its_day() -> None:
    old, new = rate("0.001", FIRST), rate("0.003", date(2026, 10, 11))
    used = {date(2026, 10, 10): 1_000, date(2026, 10, 11): 1_000}
    # $1.00 and $3.00.
    assert cost_of([old, new], used, 31) == {old.id: Decimal(100), new.id: Decimal(300)}


def test_a_level_costs_its_price_for_a_month_of_it() -> None:
    """A gigabyte for half of thirty days at $0.10 a gigabyte and month: five cents."""
    one = rate("0.10", date(2026, 9, 1), meter="storage_bytes", per=10**9)
    used = {date(2026, 9, 1) + timedelta(days=step): 10**9 for step in range(15)}
    assert round(cost_of([one], used, 30)[one.id], 9) == 5


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 10**15), min_size=1, max_size=31),
    st.integers(1, 31),
    st.decimals("0.000000000001", "1000", places=12),
)
def test_a_change_of_rates_to_the_same_price_changes_no_cost(amounts: list[int], turn: int, price: Decimal) -> None:
    used = {FIRST + timedelta(days=at): amount for at, amount in enumerate(amounts)}
    whole, before, after = (rate(str(price), FIRST if at == 0 else FIRST.replace(day=at)) for at in (0, 1, turn))
    apart = cost_of([before, after] if turn > 1 else [before], used, 31)
    assert sum(apart.values()) == sum(cost_of([whole], used, 31).values())


def used_in_october(databases: Databases, cast: Cast, name: str, meter: str, amounts: dict[int, int]) -> str:
    """A customer of whom an install reports amounts by day of October; its name."""
    with databases.control.write(SYSTEM) as session:
        who = customer(session, cast.system, name, NOW - timedelta(days=90))
        held = bare_license(session, who, "pro", NOW - timedelta(days=90))
        install = session.execute(licenses.select().where(licenses.c.id == held)).one().install_id
    with databases.telemetry.write(SYSTEM) as session:
        records = [
            UsageRecord(f"{meter}-{day}", meter, amount, datetime(2026, 10, day, 9, tzinfo=UTC))
            for day, amount in amounts.items()
        ]
        record_usage(session, install, records, now=NOW)
    return name


def test_a_months_usage_is_booked_once_and_stands(databases: Databases, cast: Cast) -> None:
    heavy = used_in_october(databases, cast, "Rated Heavy", "compute_seconds_month", {3: 7_200, 20: 3_600})
    light = used_in_october(databases, cast, "Rated Light", "compute_seconds_month", {4: 1_800})
    with databases.control.write(SYSTEM) as session:
        made = add_rate(
            session,
            cast.adam,
            NewRate("compute", "compute_seconds_month", Decimal("0.40"), "USD", FIRST, 3_600, "analytics"),
            now=NOW,
        )
    with databases.control.read(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
        found = rated_costs(control, telemetry, cast.sam, OCTOBER)
    # 3 hours at $0.40, and half an hour.
    said = [(each.customer, each.entry.amount.minor, each.units, each.booked) for each in found]
    assert said == [(heavy, 120, 10_800, False), (light, 20, 1_800, False)]
    for expected in (2, 0):
        with databases.control.write(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
            assert book_rated(control, telemetry, cast.adam, OCTOBER, now=NOW) == expected
    with databases.control.read(SYSTEM) as session:
        rows = [each for each in booked_costs(session, cast.sam, as_of=NOW) if each.source == SOURCE]
    assert {(each.customer, each.amount.minor, each.product_id, each.booked_on) for each in rows} == {
        (heavy, 120, "analytics", date(2026, 10, 31)),
        (light, 20, "analytics", date(2026, 10, 31)),
    }
    # What a person took back stays taken back, and what comes late changes nothing.
    with databases.control.write(SYSTEM) as session:
        reverse_cost(session, cast.adam, rows[0].id, reason="A test of theirs.", now=NOW)
    with databases.control.write(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
        assert book_due(control, telemetry, cast.system, now=NOW) == 0
    with databases.control.write(SYSTEM) as session:
        end_rate(session, cast.adam, made.id, last_day=date(2026, 10, 31), now=NOW)
        assert cost_rates(session, cast.sam)[0].until_on == date(2026, 10, 31)


def test_a_level_holds_between_reports(databases: Databases, cast: Cast) -> None:
    who = used_in_october(databases, cast, "Rated Store", "storage_bytes", {17: 2 * 10**12})
    with databases.control.write(SYSTEM) as session:
        add_rate(
            session, cast.adam, NewRate("storage", "storage_bytes", Decimal("0.031"), "USD", FIRST, 10**9), now=NOW
        )
    with databases.control.read(SYSTEM) as control, databases.telemetry.read(SYSTEM) as telemetry:
        [found] = [each for each in rated_costs(control, telemetry, cast.sam, OCTOBER) if each.rate.kind == "storage"]
        november = rated_costs(control, telemetry, cast.sam, month_of(NOW))
    # 2,000 GB for 15 of 31 days at 3.1 cents.
    assert (found.customer, found.entry.amount.minor) == (who, 3_000)
    assert any(each.customer == who for each in november)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (NewRate("compute", "members_per_moon", Decimal(1), "USD", FIRST), "no meter"),
        (NewRate("compute", "api_calls_minute", Decimal(1), "USD", FIRST), "no meter"),
        (NewRate("rent", "api_calls_day", Decimal(1), "USD", FIRST), "no kind of cost"),  # type: ignore[arg-type]
        (NewRate("compute", "api_calls_day", Decimal(0), "USD", FIRST), "above zero"),
        (NewRate("compute", "api_calls_day", Decimal("1e-13"), "USD", FIRST), "12 decimals"),
        (NewRate("compute", "api_calls_day", Decimal(1), "USD", FIRST, 0), "how many units"),
        (NewRate("compute", "api_calls_day", Decimal(1), "USD", FIRST, until_on=date(2026, 9, 1)), "not before it"),
        (NewRate("compute", "api_calls_day", Decimal(1), "USD", FIRST, product_id="fax"), "no product"),
        (NewRate("compute", "api_calls_day", Decimal(1), "ISK", FIRST), "ISK"),
    ],
)
def test_what_cannot_be_a_rate_is_refused(databases: Databases, cast: Cast, asked: NewRate, said: str) -> None:
    with databases.control.write(SYSTEM) as session, pytest.raises(InvalidInput, match=said):
        add_rate(session, cast.adam, asked, now=NOW)


def test_two_rates_do_not_begin_at_once_and_not_everybody_makes_them(databases: Databases, cast: Cast) -> None:
    asked = NewRate("bandwidth", "bandwidth_bytes_month", Decimal("0.05"), "USD", FIRST, 10**9)
    with databases.control.write(SYSTEM) as session:
        add_rate(session, cast.adam, asked, now=NOW)
        with pytest.raises(Conflict, match="begins on that day already"):
            add_rate(session, cast.adam, asked, now=NOW)
        with pytest.raises(NotPermitted):
            add_rate(session, cast.sam, asked, now=NOW)
        with pytest.raises(NotPermitted):
            cost_rates(session, cast.otto)


def test_prices_are_typed_exactly() -> None:
    assert price_given(" 1,000.000000000001 ") == Decimal("1000.000000000001")
    for text in ("ten", "nan", "inf", "0.0000000000001", ""):
        with pytest.raises(InvalidInput):
            price_given(text)
