"""Charges as JSON, in rows and on the wire: numbers are decimal strings, and every mistake names its field."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from core.billing.charges import Charge, Model
from core.billing.charges_tiers import ZERO, Tier
from core.billing.graduated import Graduated
from core.billing.package import Package, Standard
from core.billing.percentage import GraduatedPercentage, Percentage
from core.billing.volume import Volume
from core.errors import InvalidInput

_MOST_TIERS = 50
_LONGEST = 32  # characters of a number
_LARGEST = Decimal(10) ** 18
_FINEST = -18  # no number has more decimal digits
_TIERED: Final[dict[str, type[Graduated | Volume | GraduatedPercentage]]] = {
    "graduated": Graduated,
    "volume": Volume,
    "graduated_percentage": GraduatedPercentage,
}
_NAMES: Final[dict[type, str]] = {
    Standard: "standard",
    Package: "package",
    Percentage: "percentage",
    **{model: name for name, model in _TIERED.items()},
}
MODELS: Final = ("standard", "graduated", "volume", "package", "percentage", "graduated_percentage")


def model_name(model: Model) -> str:
    """Return what a way to charge is called in rows and on the wire."""
    return _NAMES[type(model)]


def charge_of(stored: Mapping[str, Any]) -> Charge:
    """Return the charge that JSON stands for; InvalidInput, naming the field, where it is none."""
    taken = _Fields(stored)
    name = taken.text("model")
    if name in _TIERED:
        model: Model = _TIERED[name](_tiers(taken.rows("tiers")))
    elif name == "standard":
        model = Standard(taken.number("price"), taken.number("free", ZERO))
    elif name == "package":
        model = Package(taken.number("price"), taken.number("size"), taken.number("free", ZERO))
    elif name == "percentage":
        model = _percentage(taken)
    else:
        raise InvalidInput(f"“{name}” is no way to charge. Give one of {', '.join(MODELS)}.", field="model")
    minimum = taken.number("minimum", ZERO)
    taken.require_all_taken()
    return Charge(model, minimum)


def as_json(charge: Charge) -> dict[str, Any]:
    """Return what `charge_of` reads back as the same charge."""
    model = charge.model
    made: dict[str, Any] = {"model": model_name(model)}
    match model:
        case Graduated() | Volume() | GraduatedPercentage():
            made["tiers"] = [
                {"upTo": None if tier.up_to is None else _plain(tier.up_to)}
                | {"price": _plain(tier.price), "flat": _plain(tier.flat)}
                for tier in model.tiers
            ]
        case Standard():
            made |= {"price": _plain(model.price), "free": _plain(model.free)}
        case Package():
            made |= {"price": _plain(model.price), "size": _plain(model.size), "free": _plain(model.free)}
        case Percentage():
            made |= {"rate": _plain(model.rate), "fixed": _plain(model.fixed), "freeEvents": model.free_events}
            bounds = {"freeUnits": model.free_units, "least": model.least, "most": model.most}
            made |= {name: None if value is None else _plain(value) for name, value in bounds.items()}
    return {**made, "minimum": _plain(charge.minimum)}


def _percentage(taken: "_Fields") -> Percentage:
    return Percentage(
        taken.number("rate"),
        taken.number("fixed", ZERO),
        taken.bound("freeUnits"),
        taken.count("freeEvents"),
        taken.bound("least"),
        taken.bound("most"),
    )


def _tiers(rows: Sequence[Mapping[str, Any]]) -> tuple[Tier, ...]:
    found = []
    for at, row in enumerate(rows):
        taken = _Fields(row, f"tiers[{at}].")
        found.append(Tier(taken.bound("upTo"), taken.number("price", ZERO), taken.number("flat", ZERO)))
        taken.require_all_taken()
    return tuple(found)


class _Fields:
    """What JSON holds, taken field by field, so that what nobody asked for is refused rather than lost."""

    def __init__(self, stored: Mapping[str, Any], within: str = "") -> None:
        self._stored, self._within = stored, within
        self._taken: set[str] = set()

    def number(self, name: str, default: Decimal | None = None) -> Decimal:
        value = self.bound(name)
        if value is not None:
            return value
        if default is None:
            raise self._wrong(name, "is missing: give a decimal number as text, such as 0.05")
        return default

    def bound(self, name: str) -> Decimal | None:
        value = self._value(name)
        if value is None:
            return None
        try:
            # A JSON number would have been a float on its way here.
            made = Decimal(value) if isinstance(value, str) and len(value) <= _LONGEST else None
        except InvalidOperation:
            made = None
        if made is None or not _is_sane(made):
            raise self._wrong(name, "is a decimal number as text, such as 0.05")
        return made

    def count(self, name: str) -> int | None:
        value = self._value(name)
        if value is not None and type(value) is not int:
            raise self._wrong(name, "is a whole number")
        return value

    def text(self, name: str) -> str:
        value = self._value(name)
        if not isinstance(value, str):
            raise self._wrong(name, f"is missing: give one of {', '.join(MODELS)}")
        return value

    def rows(self, name: str) -> Sequence[Mapping[str, Any]]:
        value = self._value(name)
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self._wrong(name, "is a list of tiers, each with upTo, price and flat")
        if len(value) > _MOST_TIERS:
            raise self._wrong(name, f"holds at most {_MOST_TIERS} tiers")
        return value

    def require_all_taken(self) -> None:
        left = sorted(set(self._stored) - self._taken)
        if left:
            raise self._wrong(left[0], "is no part of this charge")

    def _value(self, name: str) -> Any:
        self._taken.add(name)
        return self._stored.get(name)

    def _wrong(self, name: str, what: str) -> InvalidInput:
        return InvalidInput(f"“{name}” {what}.", field=f"{self._within}{name}")


def _is_sane(number: Decimal) -> bool:
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= _FINEST and abs(number) < _LARGEST


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
