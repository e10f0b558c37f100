"""What the doctor finds of the vendors' keys: whether those that are set are accepted."""

from collections.abc import Callable, Iterator

from core.ask import model_gateway
from core.billing import stripe_gateway
from core.config import Settings
from core.doctor.finding import Finding, bad, good
from core.errors import InvalidInput, UpstreamFailed


def findings(settings: Settings, *, stripe_url: str = stripe_gateway.API, openai_url: str = "") -> Iterator[Finding]:
    """Yield whether Stripe and OpenAI accept the keys that are set; without a key nothing is sent."""
    if settings.stripe_secret_key:
        yield _asked("Stripe", lambda: _stripe(settings.stripe_secret_key, stripe_url))
    else:
        yield good("Stripe", "off: STRIPE_SECRET_KEY is not set, and nothing needs it")
    if settings.openai_api_key:
        yield _asked("OpenAI", lambda: _openai(settings.openai_api_key, openai_url or settings.openai_base_url))
    else:
        yield good("OpenAI", "off: OPENAI_API_KEY is not set, and nothing needs it")


def _asked(vendor: str, ask: Callable[[], str]) -> Finding:
    try:
        return good(vendor, ask())
    except (InvalidInput, UpstreamFailed) as failure:
        said, _, mend = failure.message.partition(": ")
        return bad(vendor, said, mend[:1].upper() + mend[1:])


def _stripe(key: str, url: str) -> str:
    mode = stripe_gateway.mode_of_key(key, base_url=url)
    return f"the key is accepted, in {mode} mode{'' if mode == 'live' else ': no real money moves'}"


def _openai(key: str, url: str) -> str:
    models = model_gateway.models_for_key(key, base_url=url)
    return f"the key is accepted, for {len(models)} models" if models else "the key is accepted; it may not list models"
