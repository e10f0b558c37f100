"""How numbers are said in sentences."""


def percent(share: float, digits: int = 0) -> str:
    """Return a fraction as “95%”, with a real minus."""
    return f"{share * 100:.{digits}f}%".replace("-", "−")


def signed_percent(share: float) -> str:
    """Return a fraction as “+5%” or “−8%”."""
    return f"{share * 100:+.0f}%".replace("-", "−")
