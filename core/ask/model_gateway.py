"""OpenAI, as far as Calos speaks to it: the only file that knows its SDK."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from core.errors import InvalidInput, UpstreamFailed

PATIENCE_SECONDS = 5.0
READING_SECONDS = 20.0
MOST_TOKENS = 1_500
# The model answered, but nothing that can be used: another one may do better.
UNUSABLE = "model_unusable"
Shape = TypeVar("Shape", bound=BaseModel)
API = "https://api.openai.com/v1"


class _Model(BaseModel):
    id: str


class _Models(BaseModel):
    data: list[_Model]


@dataclass(frozen=True)
class Ask(Generic[Shape]):
    """What a model is asked: what it is to do, the question, and the one shape that it may answer in."""

    instructions: str
    question: str
    shape: type[Shape]
    # The same for everybody with the same catalogue, so that the unchanging part of the prompt is charged as cached.
    cache_key: str
    # A digest of who asks, by which the vendor tells one person's misuse from another's.
    person: str


@dataclass(frozen=True)
class Told(Generic[Shape]):
    """What a model answered and the tokens it took."""

    answer: Shape
    tokens_in: int
    tokens_out: int


class _Content(BaseModel):
    type: str


class _Output(BaseModel):
    type: str
    content: list[_Content] | None = None


class _Usage(BaseModel):
    input_tokens: int
    output_tokens: int


class _Response(BaseModel):
    status: str
    output: list[_Output]
    usage: _Usage


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


def answer_of(
    ask: Ask[Shape], *, api_key: str, model: str, base_url: str = API, timeout: float = READING_SECONDS
) -> Told[Shape]:
    """Return a model's answer in the shape asked for; nothing of it is stored at the vendor.

    Raises UpstreamFailed in a sentence for every way in which there is none: code `model_unusable` where the model
    answered something else (it refused, was cut off, or left the shape), `upstream_failed` where nobody answered.
    """
    import openai  # half a second that only those pay who use a model

    _require_sendable(api_key)
    try:
        with openai.OpenAI(api_key=api_key, base_url=base_url, timeout=timeout, max_retries=1) as client:
            raw = client.responses.with_raw_response.parse(
                model=model,
                instructions=ask.instructions,
                input=ask.question,
                text_format=ask.shape,
                store=False,
                max_output_tokens=MOST_TOKENS,
                reasoning={"effort": "low"},
                prompt_cache_key=ask.cache_key,
                safety_identifier=ask.person,
            )
            # Looked at before the SDK does: of another shape it makes objects that fail later and elsewhere.
            _require_answer(raw.text, model)
            parsed = raw.parse()
    except openai.RateLimitError:
        raise UpstreamFailed("The model takes no more questions right now (429): its quota is used up.") from None
    except openai.APITimeoutError:
        raise UpstreamFailed(f"The model did not answer within {timeout:g} s.") from None
    except openai.APIConnectionError:
        raise UpstreamFailed(f"The model can't be reached at {base_url}.") from None
    except openai.APIStatusError as failed:
        raise UpstreamFailed(f"The model could not be asked: its server answered {failed.status_code}.") from None
    except (ValidationError, openai.APIResponseValidationError):
        raise UpstreamFailed("The model's answer was not in the shape asked for.", code=UNUSABLE) from None
    if parsed.output_parsed is None or parsed.usage is None:
        raise UpstreamFailed("The model gave no answer.", code=UNUSABLE)
    return Told(parsed.output_parsed, parsed.usage.input_tokens, parsed.usage.output_tokens)


def _require_answer(text: str, model: str) -> None:
    try:
        found = _Response.model_validate_json(text)
    except ValidationError:
        raise UpstreamFailed("What answers as OpenAI is not OpenAI: its answer has another shape.") from None
    if found.status == "incomplete":
        raise UpstreamFailed(f"The answer of {model} was cut off.", code=UNUSABLE)
    if found.status != "completed":
        raise UpstreamFailed(f"{model} failed to answer.", code=UNUSABLE)
    if any(part.type == "refusal" for output in found.output for part in output.content or ()):
        raise UpstreamFailed(f"{model} refused to read this.", code="model_refused")
