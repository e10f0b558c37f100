"""Floating seats against the real vendor: taken, refused, extended by heartbeats, given back, and outages survived."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.client.python.conftest import Site


def test_a_seat_is_taken_and_given_back(site: Site) -> None:
    client, other = site.client(), site.client()
    with client.seat("anna") as seat:
        assert seat.granted
        assert seat.lease.confirmed
        assert (seat.lease.seats_in_use, seat.lease.max_seats) == (1, 1)
        with other.seat("ben") as second:
            assert not second.granted
            assert second.lease.code == "TOO_MANY_SEATS"
            assert second.lease.detail
    assert not seat.granted
    with other.seat("ben") as second:
        assert second.granted


def test_the_same_holder_takes_one_seat_until_the_last_window_closes(site: Site) -> None:
    client, other = site.client(), site.client()
    with client.seat("anna"):
        with client.seat("anna") as again:
            assert again.granted
        assert not other.seat("ben").take().granted
    assert other.seat("ben").take().granted


def test_heartbeats_extend_the_lease(site: Site) -> None:
    client = site.client()
    seat = client.seat("anna")
    first = seat.take().expires_at
    assert first is not None
    client._seats._due["anna"] = 0.0
    client._seats._beat()
    later = seat.lease.expires_at
    assert later is not None
    assert later > first


@pytest.mark.parametrize("fault", ["reset", "500 Oops", "429 Too Many Requests", "200 OK"])
def test_a_seat_that_cannot_be_asked_for_is_let_pass(site: Site, fault: str) -> None:
    site.way.answer(fault, b"<html>")
    with site.client().seat("anna") as seat:
        assert seat.granted
        assert not seat.lease.confirmed


def test_a_granted_seat_survives_an_outage_until_its_end(site: Site) -> None:
    client = site.client()
    with client.seat("anna") as seat:
        site.way.mode = "reset"
        client._seats._due["anna"] = 0.0
        client._seats._beat()
        assert seat.granted
        assert seat.lease.confirmed
        site.wall.turn(days=1)
        client._seats._due["anna"] = 0.0
        client._seats._beat()
        assert seat.granted
        assert not seat.lease.confirmed


def test_closing_the_client_gives_every_seat_back(site: Site) -> None:
    client = site.client()
    client.seat("anna").take()
    client.close()
    assert site.client().seat("ben").take().granted


def test_a_refusal_stays_one_through_a_close(site: Site) -> None:
    holding = site.client()
    seat = holding.seat("anna")
    seat.take()
    assert seat.lease.expires_at is not None
    assert seat.lease.expires_at > datetime.now(UTC)
    refused = site.client()
    assert not refused.seat("ben").take().granted
    refused.close()
    assert seat.take().granted
    assert seat.lease.heartbeat_seconds < timedelta(days=1).total_seconds()
