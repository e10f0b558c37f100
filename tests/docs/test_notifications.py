"""What docs/notifications.md lists is what the program sends."""

import re

from core.notify.destinations import EVENTS
from core.notify.retries import DELIVERY, MAIL
from core.notify.salesforce import FIELDS
from tests.docs.documents import ROOT

TEXT = (ROOT / "docs" / "notifications.md").read_text()


def test_every_event_is_listed_as_the_page_says_it() -> None:
    rows = dict(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| (.+)\. \|$", TEXT, re.MULTILINE))
    assert rows == dict(EVENTS)


def test_every_field_of_salesforce_is_listed() -> None:
    for name, fields in FIELDS.items():
        [row] = [line for line in TEXT.splitlines() if line.startswith(f"| `{name}` |")]
        assert set(re.findall(r"`(\w+__c)`", row)) == set(fields)


def test_the_waits_are_those_of_the_schedule() -> None:
    minutes = [int(wait.total_seconds() // 60) for wait in MAIL]
    assert minutes == [1, 5, 15, 60, 240, 720, 1440], "docs/notifications.md says: 1, 5, 15 minutes, 1, 4, 12, 24 hours"
    seconds = [int(wait.total_seconds()) for wait in DELIVERY]
    hours = [7200, 18000, 36000, 50400, 72000, 86400]
    assert seconds == [5, 300, 1800, *hours], "it says: 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours"
    assert len(MAIL) == 7
