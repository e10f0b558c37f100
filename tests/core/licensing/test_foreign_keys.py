"""Keys that another system signed: believed when their signature verifies under a trusted key, and only then."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.licensing.foreign_keys import read_public_key, signed
from tests.core.imports.keygen.made import PUBLIC_HEX, SIGNER, signed_key

TRUSTED = read_public_key(PUBLIC_HEX)
KEY = signed_key("user@example.test")


def pem(key: Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_a_key_is_one_however_it_is_written() -> None:
    assert read_public_key(pem(SIGNER)) == TRUSTED
    assert read_public_key(f"  {PUBLIC_HEX.upper()}\n") == TRUSTED


def test_a_signed_key_verifies_with_and_without_padding() -> None:
    assert signed(KEY, [TRUSTED])
    assert signed(KEY.rstrip("="), [TRUSTED])
    assert not signed(KEY, [])
    assert not signed(KEY, [read_public_key("11" * 32)])


@settings(max_examples=300)
@given(st.integers(0, len(KEY) - 1), st.characters(min_codepoint=33, max_codepoint=126))
def test_any_other_character_anywhere_fails(at: int, letter: str) -> None:
    changed = KEY[:at] + letter + KEY[at + 1 :]
    assert signed(changed, [TRUSTED]) == (changed == KEY or (KEY[at] == "=" and changed.rstrip("=") == KEY.rstrip("=")))


@pytest.mark.parametrize(
    "scheme", [padding.PKCS1v15(), padding.PSS(padding.MGF1(SHA256()), padding.PSS.MAX_LENGTH)], ids=["pkcs1", "pss"]
)
def test_rsa_of_either_padding_verifies(scheme: padding.AsymmetricPadding) -> None:
    private = rsa.generate_private_key(65537, 2048)
    message = "key/" + base64.urlsafe_b64encode(b"payload").decode()
    signature = private.sign(message.encode(), scheme, SHA256())
    key = f"{message}.{base64.urlsafe_b64encode(signature).decode()}"
    assert signed(key, [TRUSTED, read_public_key(pem(private))])
    assert not signed(key.replace("key/", "key/A"), [read_public_key(pem(private))])


@pytest.mark.parametrize("key", ["", "key/", "key/.", "key/a.b", "KEY/a.b", "key/" + "a" * 9_000 + ".b", "plain-key-1"])
def test_what_is_no_signed_key_is_none(key: str) -> None:
    assert not signed(key, [TRUSTED])


@pytest.mark.parametrize(
    "text",
    ["", "zz" * 32, PUBLIC_HEX[:-2], "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
     pem(ec.generate_private_key(ec.SECP256R1())), pem(rsa.generate_private_key(65537, 1024))],  # noqa: S505 - refused for that
    ids=["empty", "no hex", "short", "no key", "curve", "small"],
)  # fmt: skip
def test_other_public_keys_are_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_public_key(text)
    assert refused.value.field == "publicKey"
