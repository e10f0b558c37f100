"""An invoice as PDF/A-3b, with its EN 16931 data inside where that is asked for, and as pictures for a screen."""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from itertools import islice
from multiprocessing import get_context
from typing import Final

from core.billing.documents.factur_x import factur_x_xml
from core.billing.documents.factur_x_gaps import factur_x_gap
from core.billing.documents.factur_x_metadata import declared
from core.billing.documents.typesetting import pdf_pages, png_pages
from core.billing.documents.wording import VAT_COUNTRIES, page_of
from core.billing.invoice_document import InvoiceDocument, Paper

_TEMPLATE: Final = "invoice/invoice.typ"
# Documents on their way to a process and back: enough that none waits, few enough that memory stays flat.
_AHEAD: Final = 8


def invoice_pdf(document: InvoiceDocument, *, paper: Paper | None = None, embed: bool = True) -> bytes:
    """Return the document as PDF/A-3b on `paper` (its own by default); same document, same bytes.

    With `embed` it carries its EN 16931 data as `factur-x.xml` where a party is in Europe and the standard has a place
    for the document (factur_x_gap says why not).
    """
    data = _on(document, paper)
    if not (embed and carries_data(document)):
        return pdf_pages(_TEMPLATE, page_of(data), dated=document.issued_on)
    xml = factur_x_xml(document).decode()
    return declared(pdf_pages(_TEMPLATE, page_of(data), dated=document.issued_on, attached=xml))


def invoice_png(
    document: InvoiceDocument, *, paper: Paper | None = None, dots_per_inch: int = 110
) -> tuple[bytes, ...]:
    """Return the same pages as PNG, one a page; twice 110 dots for screens of high density."""
    return png_pages(_TEMPLATE, page_of(_on(document, paper)), dots_per_inch=dots_per_inch)


def carries_data(document: InvoiceDocument) -> bool:
    """Whether its PDF carries EN 16931 data: a party is in Europe, and nothing speaks against it."""
    countries = {document.seller.country, document.buyer.country}
    return bool(countries & VAT_COUNTRIES) and factur_x_gap(document) is None


def render_many(documents: Iterable[InvoiceDocument], workers: int = 1) -> Iterator[bytes]:
    """Yield the PDFs in the order of the documents, with memory that does not grow with their number.

    More than one worker are processes of their own, started fresh: call it where the main module may be imported.
    """
    if workers == 1:
        yield from map(invoice_pdf, documents)
        return
    waiting = iter(documents)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        begun: list[Future[bytes]] = [pool.submit(invoice_pdf, each) for each in islice(waiting, workers * _AHEAD)]
        while begun:
            yield begun.pop(0).result()
            begun += [pool.submit(invoice_pdf, each) for each in islice(waiting, 1)]


def _on(document: InvoiceDocument, paper: Paper | None) -> InvoiceDocument:
    return document if paper is None else replace(document, paper=paper)
