"""Stripe, as far as Calos speaks to it: the only file that knows its SDK."""

from typing import Literal

from core.errors import InvalidInput, UpstreamFailed

PATIENCE_SECONDS = 5.0
API = "https://api.stripe.com"

Mode = Literal["live", "test"]


def mode_of_key(secret_key: str, *, base_url: str = API, timeout: float = PATIENCE_SECONDS) -> Mode:
    """Ask Stripe whether it accepts the key, and return whether it moves real money (`live`) or not (`test`).

    A restricted key that may not read the balance is accepted all the same. Raises InvalidInput when Stripe refuses
    the key and UpstreamFailed when it gives no answer; no message holds the key or words of Stripe's that quote it.
    """
    import stripe  # its time and memory are for those who use Stripe

    _require_sendable(secret_key)
    client = stripe.StripeClient(
        secret_key,
        base_addresses={"api": base_url},
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=timeout),
    )
    try:
        balance = client.v1.balance.retrieve()
    except stripe.PermissionError:
        return "live" if "_live_" in secret_key else "test"
    except stripe.AuthenticationError:
        raise InvalidInput(
            "Stripe does not accept STRIPE_SECRET_KEY: copy the secret key again from Stripe's dashboard, or unset it.",
            field="STRIPE_SECRET_KEY",
        ) from None  # the SDK's message may quote the key
    except stripe.APIConnectionError as silent:
        raise UpstreamFailed(
            f"Stripe did not answer within {timeout:g} s: check that this machine reaches {base_url}."
        ) from silent
    except stripe.StripeError as failed:
        raise UpstreamFailed(
            f"Stripe answered with status {failed.http_status or 'none'} instead of a balance: try again later."
        ) from failed
    return _mode(balance)


def _mode(balance: object) -> Mode:
    live = getattr(balance, "livemode", None)
    if not isinstance(live, bool):
        raise UpstreamFailed("What answers as Stripe is not Stripe: check what stands between this machine and it.")
    return "live" if live else "test"


def _require_sendable(secret_key: str) -> None:
    if not (secret_key.isascii() and secret_key.isprintable()) or " " in secret_key:
        raise InvalidInput(
            "STRIPE_SECRET_KEY holds a space, a line break or a character no key has: set it anew.",
            field="STRIPE_SECRET_KEY",
        )
