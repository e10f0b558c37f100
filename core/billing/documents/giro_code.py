"""The square that a banking app reads an SEPA credit transfer from (EPC069-12, in Germany GiroCode)."""

import io
from decimal import Decimal
from typing import Final

import segno
from segno import helpers

from core.billing.documents.plain_text import one_line
from core.billing.invoice_document import InvoiceDocument

# What the guideline allows in one transfer.
_LEAST: Final = Decimal("0.01")
_MOST: Final = Decimal("999999999.99")


def giro_code(document: InvoiceDocument) -> str | None:
    """Return the code for what is due as SVG, or None where the transfer is no SEPA one.

    That is another currency, no IBAN, a draft, or an amount, a name or an IBAN that the guideline has no place for.
    """
    bank, due = document.bank, document.due
    payable = document.kind == "invoice" and due.currency == "EUR" and _LEAST <= due.major() <= _MOST
    if bank is None or not bank.iban or not payable:
        return None
    try:
        code = helpers.make_epc_qr(
            name=one_line(bank.holder)[:70],
            iban=one_line(bank.iban).replace(" ", ""),
            amount=due.major(),
            text=one_line(document.number or "")[:140] or None,
            bic=one_line(bank.bic or "").replace(" ", "") or None,
            encoding="utf-8",
        )
    except (ValueError, segno.DataOverflowError):
        return None
    return _svg(code)


def _svg(code: segno.QRCode) -> str:
    out = io.BytesIO()
    code.save(out, kind="svg", border=0, xmldecl=False, svgns=True, nl=False)
    return out.getvalue().decode()
