"""Books of the tests' own: a few rows of each entity, with every fault that an import tells of."""

from datetime import UTC, datetime
from uuid import UUID

from core.access.actor import Actor
from core.databases import Databases
from core.imports.checking import Checked, check
from core.imports.files import File
from core.imports.mapping import read_mapping
from core.imports.reads import Order
from core.imports.running import check_order
from core.imports.writes import record_check
from db.session import SYSTEM

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TIERS = ("free", "basic", "pro", "enterprise")
MAPPING = """\
books: Small
asOf: 2024-12-31
currency: USD
features: {pro: used}
sources:
  accounts:
    file: accounts.csv
    entity: customer
    fields:
      id: account
      name: name
      signedUp: {column: signed up, date: detect}
      tier: {column: plan, values: {Starter: basic, Pro: pro}}
      seats: seats
      country: {column: country, values: {UK: GB}}
      segment: industry
      churned: churned
  subscriptions:
    file: subscriptions.csv
    entity: subscription
    fields:
      id: id
      customer: account
      tier: {column: plan, values: {Starter: basic, Pro: pro}}
      starts: start
      ends: end
      mrr: mrr
      seats: seats
      billing: billing
      trial: trial
      churned: churned
  usage:
    file: usage.csv
    entity: feature_usage
    fields: {id: id, subscription: subscription, day: day, feature: feature, uses: uses, errors: errors, seconds: secs}
  tickets:
    file: tickets.csv
    entity: ticket
    fields:
      id: id
      customer: account
      submitted: opened
      closed: closed
      priority: priority
      responseMinutes: minutes
      satisfaction: stars
  churn:
    file: churn.csv
    entity: churn_event
    fields: {id: id, customer: account, day: day, reason: reason, refund: refund}
"""
ACCOUNTS = """\
account,name,signed up,plan,seats,country,industry,churned
A1,Ada Ltd,25/12/2022,Pro,10,UK,Health,no
A2,Bob & Sons,3/4/2023,Starter,5,US,Retail,yes
A3,Cyd GmbH,2023-05-06,Pro,3,Narnia,Retail,no
A4,No Plan Inc,1/1/2023,Gold,3,US,Retail,no
A5,,1/1/2023,Pro,3,US,Retail,no
A6,Late Inc,1/1/2031,Pro,3,US,Retail,no
A7,Ada Ltd,1/2/2023,Pro,1,US,Retail,perhaps
A8,Ada Ltd,1/2/2023,Pro,1,US,Retail,no
"""
SUBSCRIPTIONS = """\
id,account,plan,start,end,mrr,seats,billing,trial,churned
S1,A1,Pro,2023-01-10,,100.00,10,monthly,no,no
S2,A1,Pro,2023-02-01,2023-06-01,50,3,annual,no,yes
S3,A1,Starter,2023-06-01,,70.10,1,monthly,no,no
S4,A2,Starter,2023-04-03,2024-03-01,20,1,monthly,no,yes
S5,A2,Pro,2024-06-01,,30,1,monthly,no,yes
S6,A3,Pro,2023-05-06,2023-05-20,0,3,monthly,yes,yes
S7,A3,Pro,2023-06-01,2023-05-01,10,1,monthly,no,yes
S8,A3,Pro,2023-06-01,,-10,1,monthly,no,no
S9,A9,Pro,2023-06-01,,10,1,monthly,no,no
S10,A4,Pro,2023-06-01,,10,1,monthly,no,no
S11,A3,Pro,31/31/2023,,10,1,monthly,no,no
S12,A3,Pro,2023-06-01,,10.005,1,monthly,no,no
S13,A3,Pro,2023-06-01,,ten,1,monthly,no,no
S14,A3,Pro,2023-06-01,,5,1,weekly,no,no
S15,A3,Pro,2023-06-01
S16,A3,Pro,2023-06-02,2023-06-09,5,1,monthly,yes,yes
S17,A3,Pro,2023-06-02,2023-06-02,5,1,monthly,no,yes
"""
USAGE = """\
id,subscription,day,feature,uses,errors,secs
U1,S1,2024-12-21,search,9,1,60
U2,S1,2024-12-22,search,4,0,10
U3,S1,2024-12-22,export,3,0,10
U4,S1,2023-01-01,search,5,0,10
U5,S4,2024-05-01,search,2,0,10
U6,S1,2024-12-23,search,1,2,10
U7,S1,2024-12-23,search,0,0,0
U1,S1,2024-12-21,search,9,1,60
U2,S3,2024-12-09,search,9,1,60
U8,S8,2024-12-09,search,9,1,60
U9,S1,2024-12-09,,9,1,60
U10,S1,2025-01-09,search,1,0,60
U11,S1,2024-12-20,search,many,0,60
,S1,2024-12-20,search,1,0,60
"""
TICKETS = """\
id,account,opened,closed,priority,minutes,stars
T1,A1,2024-01-05,2024-01-06 13:00:00,high,30,4.0
T2,A1,2024-01-07,,urgent,,
T3,A2,2023-01-01,2023-01-02,low,10,5
T4,A2,2023-05-01,2023-04-02,low,10,5
T5,A2,2023-05-01,2023-05-02,whenever,10,5
T6,A2,2023-05-01,2023-05-02,low,10,9
"""
CHURN = """\
id,account,day,reason,refund
C1,A2,2024-03-01,budget,0
C2,A2,2024-07-01,=cmd|' /C calc'!A0,4.03
C3,A3,2023-05-20,pricing,0
"""
FILES = {
    "accounts.csv": ACCOUNTS,
    "subscriptions.csv": SUBSCRIPTIONS,
    "usage.csv": USAGE,
    "tickets.csv": TICKETS,
    "churn.csv": CHURN,
}


def files(**changed: str) -> dict[str, File]:
    """Return the files; `accounts=` and so on replace the content of one."""
    contents = {**FILES, **{f"{name}.csv": content for name, content in changed.items()}}
    return {name: File(name, content.encode()) for name, content in contents.items()}


def checked(mapping: str = MAPPING, **changed: str) -> Checked:
    """Return the check of the small books against an empty installation."""
    return check(read_mapping(mapping, "small.yaml"), files(**changed), known={}, tiers=TIERS, now=NOW)


def order(mapping: str = MAPPING, **changed: str) -> Order:
    """Return the small books as an order."""
    return Order(mapping, "small.yaml", files(**changed))


def checked_import(databases: Databases, actor: Actor) -> UUID:
    """Keep a check of the small books, with nothing taken over, and return its id."""
    with databases.control.write(SYSTEM) as session:
        asked = order()
        return record_check(session, actor, asked, check_order(session, asked, now=NOW), now=NOW)
