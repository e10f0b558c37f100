"""Customers of the demo world who came, stayed some months and left: without them retention would have no story."""

from core.demo.behavior import Behavior
from core.demo.build import MONTH
from core.demo.customers import OFFICE, DemoCustomer

# Name, tier, country, segment; how many months ago they came, and left.
_CAME_AND_LEFT = (
    ("Larkspur Florists", "basic", "US", "Retail", 33, 21.0),
    ("Northgate Motors", "basic", "US", "Retail", 31, 19.0),
    ("Harvest Box", "pro", "GB", "Food", 30, 16.5),
    ("Pinecrest Dental", "basic", "US", "Health", 27, 14.0),
    ("Copper Kettle", "basic", "FR", "Food", 25, 12.0),
    ("Sable Interiors", "pro", "DE", "Retail", 24, 10.5),
    ("Lakeside Gym", "basic", "US", "Health", 20, 9.0),
    ("Sterling Tutors", "basic", "GB", "Software", 19, 7.5),
    ("Tandem Bikes", "basic", "NL", "Retail", 16, 6.6),
    ("Amber Cosmetics", "basic", "FR", "Retail", 13, 4.2),
    ("Vista Realty", "basic", "US", "Software", 14, 2.6),
    ("Cinder Pottery", "basic", "US", "Retail", 11, 1.3),
)

FORMER = tuple(
    DemoCustomer(
        name,
        tier,
        country,
        segment,
        Behavior(people=3, events=6, features=OFFICE, calls=700, silent=round(left * MONTH.days)),
        months=months,
        churned_months_ago=left,
    )
    for name, tier, country, segment, months, left in _CAME_AND_LEFT
)
