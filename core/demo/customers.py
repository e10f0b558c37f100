"""The customers of the demo world that carry its stories; the others are varied around the archetypes."""

from dataclasses import dataclass, field

from core.demo.behavior import BOT, BROWSERS, EVERY_DAY, FIREFOX, PHONE, Behavior, Burst

DEMO_INSTALL = "demo-install-abc123456789abcdef"

# Days ago on which each release of the suite came out; 4.2 broke Email's send path and 4.2.1 mended it.
RELEASES = {"4.0": 365, "4.1": 240, "4.2": 38, "4.2.1": 21, "4.3": 9}


@dataclass(frozen=True)
class DemoCustomer:
    """One customer: who they are, what they hold, since when, and how they behave.

    `changes` are (months ago, tier, billing period) of later tier changes; `trial_days_left` makes it a running trial.
    """

    name: str
    tier: str
    country: str
    segment: str
    behavior: Behavior
    months: int = 12
    period: str = "monthly"
    install_id: str | None = None
    domains: tuple[str, ...] = ()
    trial_days_left: int | None = None
    trial_lost_days_ago: int | None = None
    trial_won_days_ago: int | None = None
    telemetry_days: int = 84
    changes: tuple[tuple[float, str, str], ...] = ()
    churned_months_ago: float | None = None
    returned: tuple[float, str] | None = None
    suspended_days_ago: tuple[int, int] | None = None
    expires_in_days: int | None = None
    seats: int | None = None
    owner: str = "sam@calos.test"
    note: str = ""
    policy: dict[str, object] = field(default_factory=dict)


OFFICE = {"pos": 6.0, "email": 3.0, "chatbot": 1.0}

NAMED = (
    DemoCustomer(
        "Demo Customer",
        "pro",
        "US",
        "SaaS",
        # About 100 events in 30 days, as the seed says.
        Behavior(
            people=5,
            events=4.3,
            features={"pos": 5, "email": 3, "chatbot": 2, "analytics": 1},
            outside=0.06,
            calls=0,
            domains=("demo.calos.sh",),
        ),
        months=7,
        telemetry_days=30,
        install_id=DEMO_INSTALL,
        domains=("demo.calos.sh",),
    ),
    DemoCustomer(
        "Northwind Markets",
        "pro",
        "PT",
        "Retail",
        Behavior(
            people=8,
            events=95,
            features={"pos": 9, "email": 2.5, "chatbot": 1.6, "analytics": 1.8, "sales": 1.2},
            zone="Europe/Lisbon",
            sends_zone=True,
            error_rate=0.003,
            outside=0.02,
            domains=("pos.northwind.test",),
            weekly_growth=0.012,
            calls=52_000,
        ),
        months=26,
        period="annual",
        domains=("pos.northwind.test",),
        seats=10,
        note="Happy. Ask for a reference in spring.",
    ),
    DemoCustomer(
        "Acme GmbH",
        "free",
        "DE",
        "Manufacturing",
        Behavior(
            people=3,
            events=200,
            features={"pos": 4, "email": 3},
            zone="Europe/Berlin",
            days=EVERY_DAY,
            outside=0.25,
            denied={"analytics": 3},
            domains=("shop.acme.test",),
            api_share=0.45,
            calls=880,
            calls_growth=0.02,
        ),
        months=9,
    ),
    DemoCustomer(
        "Globex",
        "enterprise",
        "DE",
        "Logistics",
        Behavior(
            people=14,
            events=240,
            features={"sales": 5, "analytics": 4, "chatbot": 3, "pos": 2, "email": 1},
            hours=(0, 24),
            days=EVERY_DAY,
            outside=0.5,
            api_share=0.86,
            error_rate=0.002,
            domains=("api.globex.test", "staging.globex.test", "dev.globex.test"),
            calls=410_000,
        ),
        months=30,
        period="annual",
    ),
    DemoCustomer(
        "Initech",
        "pro",
        "US",
        "Software",
        Behavior(
            people=22,
            events=120,
            features={"email": 7, "pos": 1, "sales": 3, "analytics": 2},
            zone="America/Chicago",
            sends_zone=True,
            bursts=(Burst(38, 21, error_rate=0.22, feature="email"),),
            domains=("app.initech.test",),
            calls=31_000,
        ),
        months=18,
        seats=30,
    ),
    DemoCustomer(
        "Umbrella Logistics",
        "pro",
        "FR",
        "Logistics",
        Behavior(
            people=12,
            events=130,
            features={"pos": 8, "chatbot": 1, "analytics": 2},
            zone="Europe/Paris",
            hours=(22, 30),
            days=EVERY_DAY,
            sends_zone=True,
            domains=("warehouse.umbrella.test",),
            calls=12_000,
        ),
        months=14,
    ),
    DemoCustomer(
        "Hooli",
        "pro",
        "US",
        "Software",
        Behavior(
            people=48,
            events=170,
            features={"chatbot": 4, "sales": 4, "email": 3, "analytics": 3},
            zone="America/Los_Angeles",
            domains=("hooli.test", "shop.hooli.test", "help.hooli.test", "labs.hooli.test"),
            weekly_growth=0.03,
            calls=64_000,
        ),
        months=20,
        seats=50,
    ),
    DemoCustomer(
        "Apex Clinics",
        "pro",
        "US",
        "Health",
        Behavior(
            people=16,
            events=60,
            features={"pos": 3, "chatbot": 3, "analytics": 1},
            zone="America/New_York",
            agents={FIREFOX: 1.0},
            version="4.2.1",
        ),
        months=16,
        period="annual",
        note="Air-gapped: telemetry comes as bundles.",
    ),
    DemoCustomer(
        "Apex Foods",
        "basic",
        "US",
        "Food",
        Behavior(people=6, events=40, features=OFFICE, zone="America/New_York", calls=1_900),
        months=11,
    ),
    DemoCustomer(
        "Nova Bank",
        "pro",
        "GB",
        "Finance",
        Behavior(
            people=9,
            events=85,
            features={"chatbot": 4, "crypto": 3, "analytics": 2, "email": 1},
            zone="Europe/London",
            sends_zone=True,
            calls=9_000,
        ),
        months=1,
        trial_days_left=6,
        note="Security questionnaire is open; legal asks for the SOC 2 report.",
    ),
    DemoCustomer(
        "Stark Retail",
        "pro",
        "US",
        "Retail",
        Behavior(
            people=7, events=90, features={"pos": 7, "analytics": 3}, champion=0.72, champion_silent=12, calls=6_000
        ),
        months=15,
    ),
    DemoCustomer(
        "Wayne Foundation",
        "enterprise",
        "US",
        "Nonprofit",
        Behavior(
            people=20,
            events=48,
            features={"email": 5, "sales": 2, "analytics": 1},
            weekly_growth=-0.17,
            error_rate=0.03,
            version="4.1",
        ),
        months=23,
        period="annual",
        expires_in_days=40,
        note="An invoice is 45 days late; their director has not answered since October.",
    ),
    DemoCustomer(
        "Soylent",
        "basic",
        "US",
        "Food",
        Behavior(people=4, events=34, features=OFFICE, calls=1_200),
        months=10,
        note="The card was declined twice.",
    ),
    DemoCustomer(
        "Vandelay Imports",
        "pro",
        "US",
        "Logistics",
        Behavior(people=5, events=38, features=OFFICE, calls=1_500),
        months=22,
        churned_months_ago=8,
        returned=(2, "basic"),
    ),
    DemoCustomer(
        "Tyrell",
        "enterprise",
        "NL",
        "Manufacturing",
        Behavior(
            people=30,
            events=150,
            features={"pos": 4, "chatbot": 3, "sales": 3, "email": 2, "analytics": 3, "crypto": 1},
            zone="Europe/Amsterdam",
            sends_zone=True,
            calls=120_000,
        ),
        months=27,
        period="annual",
    ),
    DemoCustomer(
        "Wonka Sweets",
        "basic",
        "GB",
        "Food",
        Behavior(
            people=6, events=30, features={"pos": 9, "email": 2}, seasonal_december=4.0, zone="Europe/London", calls=900
        ),
        months=25,
    ),
    DemoCustomer(
        "Cyberdyne",
        "basic",
        "JP",
        "Software",
        Behavior(
            people=6,
            events=50,
            features=OFFICE,
            zone="Asia/Tokyo",
            api_share=0.4,
            calls=1_700,
            bursts=(Burst(6, 6, factor=5.6),),
        ),
        months=12,
    ),
    DemoCustomer(
        "Pied Piper",
        "pro",
        "US",
        "Software",
        Behavior(people=10, events=80, features={"sales": 5, "email": 4, "analytics": 2}, calls=21_000),
        months=17,
        changes=((4, "pro", "annual"),),
    ),
    DemoCustomer(
        "Dunder Paper",
        "pro",
        "US",
        "Retail",
        Behavior(people=2, events=12, features={"email": 3, "pos": 1}, calls=150),
        months=13,
        seats=20,
    ),
    DemoCustomer(
        "Gekko Capital",
        "basic",
        "US",
        "Finance",
        Behavior(
            people=7,
            events=75,
            features={"chatbot": 3, "email": 3, "pos": 1},
            api_share=0.5,
            days=EVERY_DAY,
            outside=0.4,
            calls=7_650,
            calls_growth=0.125,
        ),
        months=12,
    ),
    DemoCustomer(
        "Massive Dynamic",
        "pro",
        "US",
        "Manufacturing",
        Behavior(
            people=18,
            events=100,
            features={"analytics": 5, "pos": 3, "sales": 2},
            hours=(9, 12),
            outside=0.3,
            calls=58_000,
        ),
        months=19,
    ),
    DemoCustomer(
        "Oscorp",
        "basic",
        "US",
        "Manufacturing",
        Behavior(people=6, events=35, features=OFFICE, silent=31, calls=1_100),
        months=14,
        suspended_days_ago=(60, 55),
    ),
    DemoCustomer(
        "Aperture Labs",
        "pro",
        "FI",
        "Software",
        Behavior(
            people=11,
            events=70,
            features={"analytics": 4, "chatbot": 2, "crypto": 2},
            zone="Europe/Helsinki",
            version="4.0",
            agents={**BROWSERS, BOT: 0.2, PHONE: 0.05},
            calls=14_000,
        ),
        months=21,
    ),
)
