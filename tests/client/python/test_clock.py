"""The clock of an installation, turned back and forward, with the vendor there and gone."""

from datetime import timedelta

from tests.client.python.conftest import Site


def test_a_clock_turned_back_is_noticed_and_mends_when_it_is_right_again(site: Site) -> None:
    client = site.client()
    client.start()
    site.way.mode = "reset"
    site.wall.turn(days=-30)
    assert client.verify().code == "CLOCK_TAMPERED"
    assert not client.entitled("chatbot")
    fresh = site.client().verify()
    assert (fresh.valid, fresh.code) == (False, "CLOCK_TAMPERED")
    site.wall.turn(days=30)
    assert client.state.valid
    assert site.client().verify().valid


def test_a_clock_turned_back_does_not_matter_while_the_vendor_answers(site: Site) -> None:
    client = site.client()
    client.start()
    site.wall.turn(days=-30)
    assert client.verify().valid
    assert client.state.valid, "a fresh signed answer tells the time"
    site.way.mode = "reset"
    site.wall.turn(days=-30)
    assert client.state.code == "CLOCK_TAMPERED"


def test_a_clock_that_jumps_ahead_leaves_no_mark(site: Site) -> None:
    client = site.client()
    client.start()
    site.way.mode = "reset"
    site.wall.turn(days=3_000)
    assert client.state.code == "GRACE_OVER"
    site.wall.turn(days=-3_000)
    assert client.state.valid
    assert site.client().verify().valid


def test_a_clock_a_little_back_buys_no_time(site: Site) -> None:
    site.client().start()
    site.way.mode = "reset"
    site.wall.turn(days=4, hours=23, minutes=59)
    assert site.client(grace=timedelta(days=5)).state.valid
    # Within the tolerance, so no tampering; but time goes on from where it was.
    site.wall.turn(hours=-23)
    ran = [0.0]
    client = site.client(grace=timedelta(days=5), monotonic=lambda: ran[0])
    assert client.state.valid
    ran[0] += 120
    assert client.state.code == "GRACE_OVER"


def test_the_mark_survives_the_loss_of_its_file(site: Site) -> None:
    site.client().start()
    (site.folder / "clock.json").unlink()
    site.way.mode = "reset"
    site.wall.turn(days=-3)
    assert site.client().state.code == "CLOCK_TAMPERED", "the kept answer says when it was signed"
