"""OpenAI's gateway against a server of our own that speaks HTTP: accepted, refused, broken, slow."""

import pytest

from core.ask import model_gateway
from core.errors import InvalidInput, UpstreamFailed
from tests.loopback import vendor

KEY = "sk-calos-SecretPart-51"
MODELS = {"object": "list", "data": [{"id": "gpt-6-luna", "object": "model", "created": 1, "owned_by": "openai"}]}


def test_an_accepted_key_says_which_models_it_may_use() -> None:
    with vendor(body=MODELS) as openai:
        assert model_gateway.models_for_key(KEY, base_url=f"{openai.url}/v1") == {"gpt-6-luna"}
    ((method, path, headers),) = openai.asked
    assert (method, path, headers["authorization"]) == ("GET", "/v1/models", f"Bearer {KEY}")


def test_a_restricted_key_is_accepted_although_it_may_not_list_models() -> None:
    with vendor(403, {"error": {"message": "Missing scopes: api.model.read"}}) as openai:
        assert model_gateway.models_for_key(KEY, base_url=openai.url) == frozenset()


def test_a_refused_key_is_told_without_being_quoted() -> None:
    refusal = {"error": {"message": f"Incorrect API key provided: {KEY}"}}
    with vendor(401, refusal) as openai, pytest.raises(InvalidInput, match="does not accept OPENAI_API_KEY") as told:
        model_gateway.models_for_key(KEY, base_url=openai.url)
    assert KEY not in told.value.message
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_broken_answer_is_not_the_keys_fault_and_is_asked_for_once(status: int) -> None:
    with vendor(status, {"error": {"message": KEY}}) as openai:
        with pytest.raises(UpstreamFailed, match=f"status {status}") as told:
            model_gateway.models_for_key(KEY, base_url=openai.url)
        assert len(openai.asked) == 1
    assert KEY not in told.value.message


@pytest.mark.parametrize("body", [b"<html>proxy</html>", b"", b"[]", b"{}", b'{"data": 7}', b'{"data": [{}]}'])
def test_an_answer_of_another_shape_is_told(body: bytes) -> None:
    with vendor(200, body) as openai, pytest.raises(UpstreamFailed):
        model_gateway.models_for_key(KEY, base_url=openai.url)


def test_a_slow_server_is_not_waited_for() -> None:
    with vendor(body=MODELS, delay=1.0) as openai, pytest.raises(UpstreamFailed, match=r"within 0\.1 s"):
        model_gateway.models_for_key(KEY, base_url=openai.url, timeout=0.1)


def test_a_server_that_is_not_there_is_told() -> None:
    with vendor() as openai:
        gone = openai.url
    with pytest.raises(UpstreamFailed, match="did not answer"):
        model_gateway.models_for_key(KEY, base_url=gone)


@pytest.mark.parametrize("key", ["sk-two words", "sk-line\nbreak", "sk-schlüssel"])
def test_a_key_that_no_header_can_carry_is_never_sent(key: str) -> None:
    with vendor() as openai:
        with pytest.raises(InvalidInput) as told:
            model_gateway.models_for_key(key, base_url=openai.url)
        assert openai.asked == []
    assert key not in told.value.message
