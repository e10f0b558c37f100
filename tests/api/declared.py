"""How a route is declared for the walk over all of them."""

from dataclasses import dataclass
from typing import Any

from core.access.permissions import Permission


@dataclass(frozen=True)
class Declared:
    """Who may call a route: a permission (None: anybody signed in), of the vendor only or of any tenant.

    `body` is what a call that changes something sends; `{new}` in it is an install id made for the call. `query` is
    what a route that names its install there needs. `own`: it answers only whoever made what it is about, Fiona here.
    `issued` is what the license of the call is issued with besides.
    """

    permission: Permission | None
    vendor: bool = True
    body: dict[str, Any] | None = None
    query: str = ""
    own: bool = False
    issued: dict[str, Any] | None = None
