"""What an account of Keygen's becomes, what is refused, and what of its rules has no like here."""

import pytest

from core.errors import InvalidInput
from core.imports.keygen.export import read_export
from core.imports.keygen.plan import KeygenMapping, Plan, make_plan, read_keygen_mapping
from core.imports.keygen.rules import entitlement
from core.licensing.policy import Policy
from tests.core.imports.keygen.made import account, files

TIERS = ("free", "basic", "pro", "enterprise")
MAPPING = KeygenMapping(tiers={"Pro": "pro", "*": "basic"})


def plan() -> Plan:
    return make_plan(read_export(files()), MAPPING, tiers=TIERS)


def test_licenses_take_their_own_numbers_and_their_policys_rules() -> None:
    one, two, three = plan().licenses
    assert (one.install_id, one.customer, one.email, one.tier_id) == (
        "keygen-l-one", "Ada & Sons", "ada@example.test", "pro",
    )  # fmt: skip
    assert one.policy == Policy(
        max_installs=5, fingerprint_required=True, check_in_days=14, expiry_strategy="maintain", overage="1.5x",
        entitlements=("crypto", "offline_mode"),
    )  # fmt: skip
    assert [machine.fingerprint for machine in one.machines] == ["aa:bb:01", "aa:bb:02"]
    assert (two.customer, two.suspended, two.policy.max_installs) == ("Ada GmbH", True, 3)
    assert (three.tier_id, three.expires_at and three.expires_at.year) == ("basic", 2026)


def test_what_is_refused_or_changed_is_named_one_by_one() -> None:
    told = {(one.verdict, one.id): one.sentence for one in plan().differences}
    assert told["refused", "l-nokey"].startswith("It has no key")
    assert told["refused", "l-nopolicy"] == "Its policy is not in the export."
    assert told["refused", "l-twin"] == "Another license of the export has this key."
    assert told["refused", "l-broken"].startswith("created:")
    assert told["refused", "m-3"].startswith("Its fingerprint is empty, twice there")
    assert told["refused", "m-5"] == "Its license is not in the export."
    assert told["changed", "l-one"] == "Limited to 64 cores; there is no such limit here, so it is not enforced."
    assert told["changed", "l-three"] == (
        "The expiration strategy SOMETHING_NEW is not known here; the strictest is taken."
    )


def test_everything_that_was_read_is_planned_or_refused() -> None:
    made = plan()
    refused = [one for one in made.differences if one.verdict == "refused"]
    assert made.read == {"licenses": 7, "machines": 5, "policies": 2, "entitlements": 2, "users": 1}
    assert len(made.licenses) + sum(one.kind == "licenses" for one in refused) == 7


def test_a_policy_that_the_mapping_does_not_name_is_refused_without_a_star() -> None:
    made = make_plan(read_export(files()), KeygenMapping(tiers={"p-pro": "enterprise"}), tiers=TIERS)
    assert {one.tier_id for one in made.licenses} == {"enterprise"}
    assert "The mapping names no tier for the policy “Odd”." in [one.sentence for one in made.differences]


@pytest.mark.parametrize(
    ("code", "ours"), [("FEATURE_A", "feature_a"), (" Offline Mode! ", "offline_mode"), ("3D", "e_3d"), ("é", "e_")]
)
def test_codes_become_entitlements(code: str, ours: str) -> None:
    assert entitlement(code) == ours


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"policies.json": None}, "policies.json is missing"),
        ({"licenses.json": b"not json"}, "licenses.json is no JSON"),
        ({"licenses.json": b'{"errors": []}'}, "no JSON:API list"),
        ({"machines.json": b'{"data": [1]}'}, "no JSON:API list"),
        ({"users.json": b"[" * 100_000}, "users.json is no JSON"),
    ],
)
def test_files_that_are_no_export_are_refused_in_a_sentence(changed: dict[str, bytes | None], said: str) -> None:
    given = {name: held for name, held in {**files(), **changed}.items() if held is not None}
    with pytest.raises(InvalidInput, match=said):
        read_export(given)


@pytest.mark.parametrize(
    ("text", "said"),
    [("tiers: {}", "tiers"), ("tiers: {a: b}\nmore: 1", "more"), ("{", "no YAML"), ("3", "the file")],
)
def test_a_mapping_that_is_none_is_refused_by_its_place(text: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        read_keygen_mapping(text, "keygen.yaml")


def test_a_mapping_to_a_tier_that_is_not_sold_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no tier gold"):
        make_plan(read_export(files(account())), KeygenMapping(tiers={"*": "gold"}), tiers=TIERS)
