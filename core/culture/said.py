"""How numbers are said in sentences."""

from typing import Final

_BYTES: Final = ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB"))


def metered(amount: int, unit: str) -> str:
    """Return an amount of a meter: “8,400”, or of bytes “9.1 GB” (1 GB is 10⁹ bytes)."""
    if unit == "bytes":
        for size, name in _BYTES:
            if amount >= size:
                return f"{amount / size:.4g} {name}"
    return f"{amount:,}"


def percent(share: float, digits: int = 0) -> str:
    """Return a fraction as “95%”, with a real minus."""
    return f"{share * 100:.{digits}f}%".replace("-", "−")


def signed_percent(share: float) -> str:
    """Return a fraction as “+5%” or “−8%”."""
    return f"{share * 100:+.0f}%".replace("-", "−")


def times(ratio: float) -> str:
    """Return a ratio of two levels as “rose 3.1×”, “rose by 40%” or “fell by 65%”."""
    if ratio >= 2:
        return f"rose {ratio:.1f}×" if ratio < 10 else f"rose {ratio:.0f}×"
    verb = "rose" if ratio >= 1 else "fell"
    return f"{verb} by {abs(ratio - 1) * 100:.0f}%"
