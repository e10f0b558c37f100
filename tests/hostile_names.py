"""Names that customers could give their brand to have more shown than a name, and what a page is made of."""

from html.parser import HTMLParser

HOSTILE = (
    "[Pay here](https://evil.test)",
    "![x](https://evil.test/p.png)",
    "[Sign in](javascript:alert(1))",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><a href="javascript:alert(1)">in</a>',
    "'--></style></title><h1>Free</h1>",
    "**bold** `code` $x^2$ :red[now] # one",
    "https://evil.test www.evil.test",
    "{{ 7 * 7 }} {% raw %} ${7*7}",
    "&lt;b&gt; &amp; &#x6a;avascript:",
)
HARMLESS = "Hooli"


class _Seen(HTMLParser):
    def __init__(self, name: str) -> None:
        super().__init__(convert_charrefs=True)
        self.name, self.text = name, ""
        self.tags: list[tuple[str, tuple[tuple[str, str], ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = ((key, (value or "").replace(self.name, HARMLESS)) for key, value in attrs if key != "nonce")
        self.tags.append((tag, tuple(said)))

    def handle_data(self, data: str) -> None:
        self.text += data


def made_of(html: str, name: str) -> tuple[list[tuple[str, tuple[tuple[str, str], ...]]], str]:
    """Return a page's tags with their attributes, the name within them replaced by a harmless one, and all its text."""
    seen = _Seen(name)
    seen.feed(html)
    return seen.tags, seen.text
