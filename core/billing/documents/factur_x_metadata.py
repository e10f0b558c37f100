"""What a PDF must say of itself to be Factur-X: the XMP properties `fx`, which the typesetter has no words for.

They are appended as an incremental update (ISO 32000-1, 7.5.6): one new version of the metadata stream and a table of
where it stands. Nothing that was written before is touched, so the PDF/A stays what it was.
"""

import re
from typing import Final

_START: Final = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*\Z")
_TRAILER: Final = re.compile(rb"trailer\s*<<(.*)>>\s*startxref", re.DOTALL)
_METADATA: Final = re.compile(rb"/Metadata (\d+) 0 R")
_ROOT: Final = re.compile(rb"/Root (\d+) 0 R")
_NAMESPACE: Final = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES: Final = {
    "DocumentFileName": ("factur-x.xml", "The name of the embedded XML document"),
    "DocumentType": ("INVOICE", "The type of the hybrid document in capital letters"),
    "Version": ("1.0", "The version of the standard that the embedded XML document follows"),
    "ConformanceLevel": ("EN 16931", "The conformance level of the embedded XML document"),
}
_PROPERTY: Final = (
    '<rdf:li rdf:parseType="Resource"><pdfaProperty:category>external</pdfaProperty:category>'
    "<pdfaProperty:description>{about}</pdfaProperty:description><pdfaProperty:name>{name}</pdfaProperty:name>"
    "<pdfaProperty:valueType>Text</pdfaProperty:valueType></rdf:li>"
)
_SCHEMA: Final = (
    '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>'
    f"<pdfaSchema:namespaceURI>{_NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>"
    "<pdfaSchema:property><rdf:Seq>"
    + "".join(_PROPERTY.format(name=name, about=about) for name, (_, about) in _PROPERTIES.items())
    + "</rdf:Seq></pdfaSchema:property></rdf:li>"
)
_DESCRIPTION: Final = (
    f'<rdf:Description rdf:about="" xmlns:fx="{_NAMESPACE}">'
    + "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _) in _PROPERTIES.items())
    + "</rdf:Description>"
)


def declared(pdf: bytes) -> bytes:
    """Return `pdf`, as the typesetter wrote it, declaring that it carries `factur-x.xml` of profile EN 16931.

    Raises ValueError where the file is not laid out as the pinned typesetter lays it out.
    """
    start, trailer = _START.search(pdf), _TRAILER.search(pdf, pdf.rfind(b"trailer"))
    if start is None or trailer is None:
        raise ValueError("no trailer at the end of the PDF")
    root = _object(pdf, int(start[1]), _number(_ROOT, trailer[1]))
    number = _number(_METADATA, root)
    packet = _with_properties(_stream(_object(pdf, int(start[1]), number)))
    at = len(pdf) + 1
    table = at + len(head := b"%d 0 obj\n<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n" % (number, len(packet)))
    table += len(packet) + len(tail := b"\nendstream\nendobj\n")
    entry = b"xref\n0 1\n0000000000 65535 f \n%d 1\n%010d 00000 n \n" % (number, at)
    end = b"trailer\n<<%s/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (trailer[1], int(start[1]), table)
    return b"".join((pdf, b"\n", head, packet, tail, entry, end))


def _number(pattern: re.Pattern[bytes], text: bytes) -> int:
    found = pattern.search(text)
    if found is None:
        raise ValueError(f"no {pattern.pattern.decode()} in the PDF")
    return int(found[1])


def _object(pdf: bytes, table: int, number: int) -> bytes:
    """Return an object's bytes by its place in the one table of places, whose entries are 20 bytes wide."""
    opening = re.compile(rb"xref\s+0 \d+\r?\n").match(pdf, table)
    if opening is None:
        raise ValueError("no table of places in the PDF")
    entry = opening.end() + 20 * number
    at = int(pdf[entry : entry + 10])
    if not pdf.startswith(b"%d 0 obj" % number, at):
        raise ValueError("the PDF's table of places points elsewhere")
    return pdf[at : pdf.index(b"endobj", at)]


def _stream(content: bytes) -> bytes:
    return content[content.index(b"stream\n") + 7 : content.rindex(b"endstream")].rstrip(b"\r\n")


def _with_properties(packet: bytes) -> bytes:
    text = packet.decode()
    bag, rdf = "<pdfaExtension:schemas><rdf:Bag>", "</rdf:RDF>"
    if text.count(bag) != 1 or text.count(rdf) != 1:
        raise ValueError("the PDF's metadata are not laid out as expected")
    return text.replace(bag, bag + _SCHEMA).replace(rdf, _DESCRIPTION + rdf).encode()
