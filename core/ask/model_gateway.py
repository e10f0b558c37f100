"""OpenAI, as far as Calos speaks to it: the only file that knows its SDK."""

from pydantic import BaseModel, ValidationError

from core.errors import InvalidInput, UpstreamFailed

PATIENCE_SECONDS = 5.0
API = "https://api.openai.com/v1"


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Model]


def models_for_key(api_key: str, *, base_url: str = API, timeout: float = PATIENCE_SECONDS) -> frozenset[str]:
    """Ask OpenAI whether it accepts the key, and return the ids of the models it may use.

    A restricted key that may not list models is accepted and gives an empty set. Raises InvalidInput when OpenAI
    refuses the key and UpstreamFailed when it gives no answer; no message holds the key or words that quote it.
    """
    import openai  # half a second that only those pay who use a model

    _require_sendable(api_key)
    try:
        with openai.OpenAI(api_key=api_key, base_url=base_url, timeout=timeout, max_retries=0) as client:
            # Read as text: of an answer in another shape the SDK makes objects that fail later and elsewhere.
            answered = client.models.with_raw_response.list().text
    except openai.PermissionDeniedError:
        return frozenset()
    except openai.AuthenticationError:
        raise InvalidInput(
            "OpenAI does not accept OPENAI_API_KEY: make a new key on its platform's page of keys, or unset it; "
            "questions are answered without it.",
            field="OPENAI_API_KEY",
        ) from None  # the SDK's message quotes parts of the key
    except openai.APIConnectionError as silent:
        raise UpstreamFailed(
            f"OpenAI did not answer within {timeout:g} s: check that this machine reaches {base_url}."
        ) from silent
    except openai.APIStatusError as failed:
        raise UpstreamFailed(
            f"OpenAI answered with status {failed.status_code} instead of its models: try again later."
        ) from failed
    try:
        return frozenset(model.id for model in _Models.model_validate_json(answered).data)
    except ValidationError:
        raise UpstreamFailed(
            "What answers as OpenAI is not OpenAI: check what stands between this machine and it."
        ) from None  # what it sent may be anything


def _require_sendable(api_key: str) -> None:
    if not (api_key.isascii() and api_key.isprintable()) or " " in api_key:
        raise InvalidInput(
            "OPENAI_API_KEY holds a space, a line break or a character no key has: set it anew.", field="OPENAI_API_KEY"
        )
