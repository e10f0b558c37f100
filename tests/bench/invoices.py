"""A thousand invoices of 12 lines as PDF with their e-invoices inside: `python -m tests.bench.invoices`.

Against it, in the same run: the typesetter alone on an empty page, which is what a PDF costs before anything stands on
it. Memory is that of this process and of its workers, at a tenth of the way and at the end.
"""

import argparse
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import typst

from core.billing.documents.invoice_paper import carries_data, render_many
from core.billing.invoice_document import InvoiceDocument
from core.money import Money
from tests.core.billing.documents import specimens

TARGET_SECONDS = 60
# Twice the pages in hand at a time, and what an allocator keeps.
GROWTH_MIB = 64
_EMPTY = b'#set page(paper: "a4")\n#sys.inputs.at("number")\n'


def documents(count: int) -> Iterator[InvoiceDocument]:
    """Invoices that differ as those of a run do: number, customer, amounts."""
    base = specimens.domestic(12)
    for at in range(count):
        lines = tuple(replace(line, text=f"{line.text} ({at})") for line in base.lines)
        buyer = replace(base.buyer, name=f"{base.buyer.name} {at}")
        yield replace(
            base,
            number=f"NL-2026-{at:05}",
            buyer=buyer,
            lines=lines,
            paid=Money(at, "EUR"),
            due=base.due - Money(at, "EUR"),
        )


def _mib(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _memory() -> float:
    """MiB of this process and its children."""
    me = os.getpid()
    children = Path(f"/proc/{me}/task/{me}/children").read_text().split()
    return sum(_mib(int(process)) for process in [str(me), *children])


def _cpu() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, kinds))


def _empty_pages(count: int) -> float:
    """Return the CPU seconds of `count` PDFs with one number on them."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=["assets/invoice/fonts"])
    began = _cpu()
    for at in range(count):
        typst.Compiler(_EMPTY, font_paths=fonts, ignore_system_fonts=True, sys_inputs={"number": str(at)}).compile(
            format="pdf", pdf_standards=["a-3b"], timestamp=0
        )
    return _cpu() - began


def main() -> None:
    """Render, and print what it took."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--invoices", type=int, default=1_000)
    asked.add_argument("--workers", type=int, default=2)
    given = asked.parse_args()
    assert all(carries_data(each) for each in documents(3))
    empty = _empty_pages(given.invoices)
    began, cpu, size, memory = time.perf_counter(), _cpu(), 0, []
    for done, pdf in enumerate(render_many(documents(given.invoices), given.workers), start=1):
        size += len(pdf)
        if done in (max(1, given.invoices // 10), given.invoices):
            memory.append(_memory())
    took, cpu = time.perf_counter() - began, _cpu() - cpu
    early, late = memory[0], memory[-1]
    flat = late - early < GROWTH_MIB
    verdict = "met" if took / given.invoices * 1000 < TARGET_SECONDS else "MISSED"
    if given.invoices < 1_000:
        verdict = "too few to say, since the workers' start is half of it"
    sys.stdout.write(
        "| invoices | workers | s | CPU s | ms each | KiB each | CPU × empty page | MiB at a tenth | at the end |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
        f"| {given.invoices:,} | {given.workers} | {took:.1f} | {cpu:.1f} | {took / given.invoices * 1000:.0f} "
        f"| {size / given.invoices / 1024:.0f} | {cpu / empty:.1f} | {early:.0f} | {late:.0f} |\n\n"
        f"target {TARGET_SECONDS} s for 1,000: {verdict}; "
        f"memory flat within {GROWTH_MIB} MiB: {'yes' if flat else 'NO'}\n"
    )


if __name__ == "__main__":
    main()
