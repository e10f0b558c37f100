"""The rest of the demo world's customers: unremarkable companies varied around the archetypes, from one seed."""

import random

from core.demo.behavior import EVERY_DAY, WEEKDAYS, Behavior
from core.demo.customers import DemoCustomer

SEED = 20_261_121

# How many of each tier beside the named ones, so that the whole has 25 % Free, 35 % Basic, 28 % Pro, 12 % Enterprise.
TIERS = ("free",) * 15 + ("basic",) * 16 + ("pro",) * 6 + ("enterprise",) * 5
NAMES = (
    "Alder & Co", "Bluebird Books", "Cascade Cycles", "Delta Dental", "Ember Coffee", "Fjord Travel", "Granite Tools",
    "Harbor Hotels", "Iris Optics", "Juniper Garden", "Kestrel Media", "Lumen Lighting", "Maple Toys", "Nimbus Games",
    "Orchid Spa", "Pebble Pets", "Quartz Watches", "Riverside Clinic", "Saffron Foods", "Tidal Sports",
    "Umber Ceramics", "Violet Fashion", "Willow Schools", "Xenon Labs", "Yonder Tours", "Zephyr Air", "Atlas Freight",
    "Beacon Legal", "Cobalt Steel", "Dynamo Energy", "Echo Audio", "Falcon Security", "Glacier Water", "Horizon Homes",
    "Ivory Music", "Jade Jewelry", "Kiwi Farms", "Lotus Yoga", "Meridian Maps", "Nova Print", "Opal Bakery",
    "Prism Analytics",
)  # fmt: skip
PLACES = (
    ("US", "America/New_York"), ("US", "America/Denver"), ("DE", "Europe/Berlin"), ("FR", "Europe/Paris"),
    ("GB", "Europe/London"), ("NL", "Europe/Amsterdam"), ("PT", "Europe/Lisbon"), ("FI", "Europe/Helsinki"),
    ("JP", "Asia/Tokyo"), ("BR", "America/Sao_Paulo"),
)  # fmt: skip
SEGMENTS = ("Retail", "Food", "Software", "Logistics", "Health")
ENTITLED = {
    "free": ("pos", "email"),
    "basic": ("pos", "email", "chatbot"),
    "pro": ("pos", "email", "chatbot", "sales", "crypto", "analytics"),
    "enterprise": ("pos", "email", "chatbot", "sales", "crypto", "analytics"),
}
# So that there is always something that happened within the last week, and something before.
WON_DAYS_AGO = (3, 18, 33, 45)
LEFT_MONTHS_AGO = (0.15, 5.0)
UPGRADED_MONTHS_AGO = 8.4
SIZES = {"free": (1, 3), "basic": (2, 9), "pro": (5, 30), "enterprise": (12, 60)}
CALLS = {"free": (20, 600), "basic": (300, 5_500), "pro": (3_000, 55_000), "enterprise": (40_000, 300_000)}


def varied() -> tuple[DemoCustomer, ...]:
    """Return the same 42 customers each time."""
    dice = random.Random(SEED)  # noqa: S311 - a story, not a secret
    return tuple(
        _customer(number, name, tier, dice) for number, (name, tier) in enumerate(zip(NAMES, TIERS, strict=True))
    )


def _customer(number: int, name: str, tier: str, dice: random.Random) -> DemoCustomer:
    country, zone = dice.choice(PLACES)
    people = dice.randint(*SIZES[tier])
    months = dice.randint(3, 33)
    lost = number % 11 == 4 and tier != "free"
    left = number % 13 == 7 and tier != "free" and not lost
    converted = number % 7 == 3 and tier != "free" and not lost
    grew = tier in {"basic", "pro"} and months > 12 and dice.random() < 0.4 and not (lost or converted)
    # So that there is expansion in the last year, from customers who stayed.
    upgraded = tier == "pro" and not (grew or lost or left or converted) and months > UPGRADED_MONTHS_AGO
    return DemoCustomer(
        name=name,
        tier={"basic": "free", "pro": "basic"}[tier] if grew or upgraded else tier,
        country=country,
        segment=dice.choice(SEGMENTS),
        behavior=_behavior(tier, zone, people, dice),
        months=2 if converted else 3 if lost else months,
        period=dice.choice(("monthly", "monthly", "quarterly", "annual")) if tier != "enterprise" else "annual",
        changes=((dice.uniform(1, 10), tier, "monthly"),)
        if grew
        else ((UPGRADED_MONTHS_AGO - 2.1 * (number % 4), tier, "monthly"),)
        if upgraded
        else (),
        trial_lost_days_ago=dice.randint(8, 60) if lost else None,
        trial_won_days_ago=WON_DAYS_AGO[number % len(WON_DAYS_AGO)] if converted else None,
        churned_months_ago=LEFT_MONTHS_AGO[number % len(LEFT_MONTHS_AGO)] if left else None,
        seats=round(people * dice.uniform(1.05, 1.9)) + 1 if tier in {"pro", "enterprise"} else None,
    )


def _behavior(tier: str, zone: str, people: int, dice: random.Random) -> Behavior:
    features = {feature: dice.lognormvariate(0, 0.9) for feature in ENTITLED[tier] if dice.random() < 0.75}
    kind = dice.random()
    fading = tier != "free" and dice.random() < 0.16
    return Behavior(
        people=people,
        events=min(60.0, 4 + people * dice.uniform(0.8, 2.4)),
        features=features or {"pos": 1.0},
        zone=zone,
        sends_zone=dice.random() < 0.4,
        days=EVERY_DAY if kind > 0.85 else WEEKDAYS,
        outside=0.4 if kind > 0.85 else dice.uniform(0.02, 0.1),
        api_share=0.7 if kind < 0.08 else dice.uniform(0.05, 0.3),
        error_rate=dice.uniform(0.05, 0.12) if fading else dice.uniform(0.002, 0.02),
        weekly_growth=dice.uniform(-0.3, -0.18) if fading else dice.gauss(0.004, 0.02),
        version="4.1" if fading else dice.choice(("4.3", "4.3", "4.3", "4.2.1", "4.1")),
        silent=dice.randint(4, 9) if fading else 0,
        calls=dice.uniform(*CALLS[tier]),
        calls_growth=dice.gauss(0.003, 0.01),
    )
