"""The company that an e-mail suggests."""

import pytest

from core.accounts.requests import name_from_email


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("ada@acme.com", "Acme"),
        ("ada@acme-foods.co.uk", "Acme Foods"),
        ("it@mail.globex.de", "Globex"),
        ("ada.lovelace@gmail.com", "Ada Lovelace"),
        ("shop_24+news@proton.me", "Shop 24 News"),
        ("x@com.au", "Com"),
    ],
)
def test_a_company_is_named_after_its_domain(email: str, name: str) -> None:
    assert name_from_email(email) == name
