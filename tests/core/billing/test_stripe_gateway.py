"""Stripe's gateway against a server of our own that speaks HTTP: accepted, refused, broken, slow."""

import pytest

from core.billing import stripe_gateway
from core.errors import CalosError, InvalidInput, UpstreamFailed
from tests.loopback import vendor

KEY = "sk_test_calos51SecretPart"


def balance(*, live: bool) -> dict[str, object]:
    return {"object": "balance", "available": [], "pending": [], "livemode": live}


@pytest.mark.parametrize(("live", "mode"), [(True, "live"), (False, "test")])
def test_an_accepted_key_says_whether_it_moves_real_money(live: bool, mode: str) -> None:
    with vendor(body=balance(live=live)) as stripe:
        assert stripe_gateway.mode_of_key(KEY, base_url=stripe.url) == mode
    ((method, path, headers),) = stripe.asked
    assert (method, path, headers["authorization"]) == ("GET", "/v1/balance", f"Bearer {KEY}")


def test_a_restricted_key_is_accepted_although_it_may_not_read_the_balance() -> None:
    with vendor(403, {"error": {"type": "invalid_request_error", "message": "not allowed"}}) as stripe:
        assert stripe_gateway.mode_of_key("rk_live_calosSecretPart", base_url=stripe.url) == "live"


def test_a_refused_key_is_told_without_being_quoted() -> None:
    with vendor(401, {"error": {"type": "invalid_request_error", "message": f"Invalid API Key: {KEY}"}}) as stripe:
        with pytest.raises(InvalidInput, match="does not accept STRIPE_SECRET_KEY") as told:
            stripe_gateway.mode_of_key(KEY, base_url=stripe.url)
        assert_unsaid(told.value)


def test_a_broken_answer_is_not_the_keys_fault_and_is_asked_for_once() -> None:
    with vendor(500, {"error": {"type": "api_error", "message": KEY}}) as stripe:
        with pytest.raises(UpstreamFailed, match="status 500"):
            stripe_gateway.mode_of_key(KEY, base_url=stripe.url)
        assert len(stripe.asked) == 1


@pytest.mark.parametrize("body", [b"<html>proxy</html>", b"", b"[]", b"{}", b'{"object": "balance"}'])
def test_an_answer_of_another_shape_is_told(body: bytes) -> None:
    with vendor(200, body) as stripe, pytest.raises(UpstreamFailed):
        stripe_gateway.mode_of_key(KEY, base_url=stripe.url)


def test_a_slow_server_is_not_waited_for() -> None:
    with vendor(body=balance(live=True), delay=1.0) as stripe, pytest.raises(UpstreamFailed, match=r"within 0\.1 s"):
        stripe_gateway.mode_of_key(KEY, base_url=stripe.url, timeout=0.1)


def test_a_server_that_is_not_there_is_told() -> None:
    with vendor() as stripe:
        gone = stripe.url
    with pytest.raises(UpstreamFailed, match="did not answer"):
        stripe_gateway.mode_of_key(KEY, base_url=gone)


@pytest.mark.parametrize("key", ["sk_test_two words", "sk_test_line\nbreak", "sk_test_schlüssel"])
def test_a_key_that_no_header_can_carry_is_never_sent(key: str) -> None:
    with vendor() as stripe:
        with pytest.raises(InvalidInput) as told:
            stripe_gateway.mode_of_key(key, base_url=stripe.url)
        assert stripe.asked == []
        assert key not in told.value.message


def assert_unsaid(error: CalosError) -> None:
    """Neither the sentence nor what a log would print below it holds the key."""
    assert KEY not in error.message
    assert error.__cause__ is None
    assert error.__suppress_context__
