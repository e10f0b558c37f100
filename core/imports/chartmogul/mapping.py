"""What a person says about a ChartMogul account: its currency, which tier each plan is, who sells."""

from datetime import date
from typing import Annotated, Final

from pydantic import Field, ValidationError, field_validator

from core.errors import InvalidInput
from core.finance.exchange import REPORTING
from core.imports.located import Located
from core.imports.mapping import Closed
from core.imports.mapping import Mapping as Books

ANY: Final = "*"


class SellerSaid(Closed):
    """The legal entity that sold, added where there is none yet."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    prefix: Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9-]{0,19}$")] = "CM"


class ChartMogulMapping(Closed):
    """`plans` are tiers by a plan's external id, name or uuid, `*` for every other; `currency` is the account's."""

    books: Annotated[str, Field(min_length=1, max_length=80)] = "ChartMogul"
    as_of: date | None = None
    currency: str = REPORTING
    plans: Annotated[dict[str, str], Field(min_length=1)]
    seller: SellerSaid | None = None

    @field_validator("currency")
    @classmethod
    def _reported(cls, code: str) -> str:
        if code != REPORTING:
            raise ValueError(f"figures are reported in {REPORTING}: switch the account to it, then export")
        return code

    def tier_of(self, names: tuple[str, ...]) -> str | None:
        """Return the tier that a plan of any of these names becomes, None where nobody said."""
        return next((self.plans[name] for name in (*names, ANY) if name in self.plans), None)

    def as_books(self) -> Books:
        """Return it as the books of an import; its sources are read by this package."""
        return Books.model_construct(
            books=self.books, as_of=self.as_of, currency=self.currency, trial_days=14, features={}, sources={}
        )


def read_chartmogul_mapping(text: str, name: str, tiers: tuple[str, ...]) -> ChartMogulMapping:
    """Return the mapping, or raise InvalidInput with file, line and what is wrong; `tiers` are ours."""
    document = Located(text, name)
    try:
        found = ChartMogulMapping.model_validate(document.value)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InvalidInput(
            f"{name}, line {document.line(first['loc'])}: {where}: {first['msg']}.",
            code="invalid_mapping",
            field="mapping",
        ) from wrong
    unknown = [(plan, tier) for plan, tier in found.plans.items() if tier not in tiers]
    if unknown:
        plan, tier = unknown[0]
        line = document.line(("plans", plan))
        raise InvalidInput(
            f"{name}, line {line}: there is no tier {tier[:40]}; there are {', '.join(tiers)}.",
            code="invalid_mapping",
            field="mapping",
        )
    return found
