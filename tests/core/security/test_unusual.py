"""What counts as unusual in an audit trail, and what doesn't."""

from datetime import UTC, datetime, timedelta

from core.security.unusual import Hour, find

SINCE = datetime(2026, 11, 1, tzinfo=UTC)
AT = datetime(2026, 11, 10, 14, tzinfo=UTC)
STAFF = frozenset({"1"})


def _hour(**given: object) -> Hour:
    values = {"hour": AT, "actor_id": "1", "label": "sam", "address": "10.0.0.1", "changes": 0, "refused": 0, **given}
    return Hour(**values)  # type: ignore[arg-type]


def test_five_refusals_of_one_person_in_an_hour_are_a_burst() -> None:
    hours = [_hour(refused=3), _hour(refused=2, address="10.0.0.2")]
    [found] = find(hours, STAFF, since=SINCE)
    assert (found.kind, found.who, found.count, found.at) == ("refused", "sam", 5, AT)
    assert found.words == ("5 refused sign-ins of sam within an hour, Nov 10, 14:00 UTC, from 10.0.0.1, 10.0.0.2.")
    assert find([_hour(refused=4), _hour(refused=4, hour=AT + timedelta(hours=1))], STAFF, since=SINCE) == ()


def test_one_address_that_tries_many_people_is_found_though_none_of_them_is() -> None:
    hours = [_hour(refused=4, actor_id=str(n), label=f"person {n}") for n in range(3)]
    [found] = find(hours, STAFF, since=SINCE)
    assert (found.kind, found.who, found.count) == ("address", "10.0.0.1", 12)


def test_a_hundred_changes_in_an_hour_are_many() -> None:
    assert [one.kind for one in find([_hour(changes=100)], STAFF, since=SINCE)] == ["many"]
    assert find([_hour(changes=99)], STAFF, since=SINCE) == ()


def _habit(days: int = 15, hour: int = 10, changes: int = 8) -> list[Hour]:
    return [_hour(hour=AT.replace(hour=hour) - timedelta(days=n), changes=changes) for n in range(1, days + 1)]


def test_an_hour_at_which_nobody_works_is_odd_only_once_there_is_a_habit() -> None:
    night = _hour(hour=AT.replace(hour=3), changes=2)
    [found] = find([*_habit(), night], STAFF, since=SINCE)
    assert (found.kind, found.count) == ("odd_hour", 2)
    assert find([*_habit(days=5), night], STAFF, since=SINCE) == ()
    assert find([*_habit(changes=1), night], STAFF, since=SINCE) == ()
    assert find([*_habit(), _hour(hour=AT.replace(hour=11), changes=2)], STAFF, since=SINCE) == ()
    assert find([*_habit(), _hour(hour=AT.replace(hour=3), changes=2, actor_id="customer")], STAFF, since=SINCE) == ()


def test_what_is_older_than_asked_for_serves_for_comparison_only() -> None:
    assert find([_hour(hour=SINCE - timedelta(hours=1), refused=9, changes=500)], STAFF, since=SINCE) == ()
