"""Reports as files: who may take which, which columns they get, what the trail says, and every page of the rows."""

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import insert, select

from core.access.actor import Actor
from core.access.permissions import Permission
from core.accounts.requests import Created
from core.culture.upsell_contacts import record_contact
from core.culture.upsell_reads import upsells
from core.errors import InvalidInput
from core.licensing.releases import record_release
from core.reports import customers, installs, licenses
from core.reports.exporting import Exported, export
from core.reports.report import Narrowed
from db.models.access import audit_entry
from db.models.licensing import installation
from db.session import WriteSession
from tests.cast import Cast
from tests.core.reports.conftest import OTHERS

ALL = Narrowed()


def _export(
    session: WriteSession, actor: Actor, now: datetime, name: str, narrowed: Narrowed = ALL, kind: str = "csv"
) -> tuple[Exported, list[dict[str, Any]]]:
    into = io.BytesIO()
    made = export(session, actor, name, kind, narrowed, into, now=now)
    if kind == "xlsx":
        sheet: Any = openpyxl.load_workbook(io.BytesIO(into.getvalue())).active
        head, *rows = sheet.iter_rows(values_only=True)
        return made, [dict(zip(head, row, strict=True)) for row in rows]
    return made, list(csv.DictReader(io.StringIO(into.getvalue().decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_customers_are_whole_however_many_pages_they_take(
    session: WriteSession, cast: Cast, now: datetime, acme: Created, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customers, "MOST", 2)
    made, rows = _export(session, cast.sam, now, "customers", kind=kind)
    assert made == Exported(f"calos-customers-{now:%Y-%m-%d}.{kind}", made.media_type, 5)
    assert {str(row["Customer"]).lstrip("'") for row in rows} == {*OTHERS, "Acme GmbH"}
    hooli = next(row for row in rows if row["Customer"] == "Hooli")
    assert (float(hooli["MRR"]), hooli["MRR currency"], hooli["Tier"]) == (499.0, "USD", "pro")
    assert all(row["Customer"] for row in rows)


def test_filters_are_those_of_the_page(session: WriteSession, cast: Cast, now: datetime, acme: Created) -> None:
    _, rows = _export(session, cast.sam, now, "customers", Narrowed(tier="pro"))
    assert [row["Customer"] for row in rows] == ["Hooli"]
    _, rows = _export(session, cast.sam, now, "customers", Narrowed(text="acme", live=True))
    assert [row["Customer"] for row in rows] == ["Acme GmbH"]
    _, rows = _export(session, cast.sam, now, "customers", Narrowed(archetype="No such"))
    assert rows == []


def test_upsells_come_with_their_evidence_and_with_who_was_called(
    session: WriteSession, cast: Cast, now: datetime, acme: Created
) -> None:
    (found,) = upsells(session, cast.sam, now=now, kind="tier")
    record_contact(session, cast.sam, found.id, "They think about it.", now=now)
    _, rows = _export(session, cast.sam, now, "upsells", Narrowed(priority="HIGH"))
    (row,) = rows
    assert (row["Customer"], row["Offer"], row["Expected in a year"]) == ("Acme GmbH", "Upgrade to Pro", "508.98")
    assert "Crypto refused: 3 people were refused" in row["Evidence"]
    assert row["Called"] == f"{now:%Y-%m-%d %H:%M:%S}"
    assert _export(session, cast.sam, now, "upsells", Narrowed(assigned_to="sam@calos.test"))[1] == []
    assert len(_export(session, cast.sam, now, "upsells", Narrowed(assigned_to="", priority="HIGH"))[1]) == 1


def test_licenses_are_whole_too(
    session: WriteSession, cast: Cast, now: datetime, acme: Created, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(licenses, "MOST", 2)
    made, rows = _export(session, cast.sam, now, "licenses")
    assert made.rows == len(rows) == 5
    assert {row["Install ID"] for row in rows} >= {acme.install_id}
    with pytest.raises(InvalidInput, match="There is no status"):
        _export(session, cast.sam, now, "licenses", Narrowed(status="fine"))
    with pytest.raises(InvalidInput, match="There is no need"):
        _export(session, cast.sam, now, "licenses", Narrowed(need="love"))


@pytest.mark.parametrize("name", ["customers", "upsells"])
def test_money_is_only_for_who_may_see_it(
    session: WriteSession, cast: Cast, now: datetime, acme: Created, name: str
) -> None:
    blind = replace(cast.sam, permissions=cast.sam.permissions - {Permission.FINANCE_READ})
    _, rows = _export(session, blind, now, name)
    assert rows
    assert not {"MRR", "MRR currency", "Expected in a year", "How it is made"} & set(rows[0])


def test_every_export_is_in_the_trail(session: WriteSession, cast: Cast, now: datetime, acme: Created) -> None:
    _export(session, cast.adam, now, "customers", Narrowed(tier="pro"), "xlsx")
    statement = select(audit_entry).where(audit_entry.c.action == "report.exported")
    entry = session.execute(statement.where(audit_entry.c.actor_id == cast.adam.id)).one()
    assert (entry.target_kind, entry.target_id) == ("report", "customers")
    assert entry.after == {"format": "xlsx", "rows": 1, "filters": {"tier": "pro"}}


def test_installations_come_with_how_their_version_stands(
    session: WriteSession, cast: Cast, now: datetime, acme: Created, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version, days in (("4.0", 300), ("4.1", 200), ("4.2", 100)):
        until = now - timedelta(days=1) if version == "4.0" else None
        record_release(
            session, cast.fiona, version, released_at=now - timedelta(days=days), supported_until=until, now=now
        )
    for fingerprint, version, silent in (("a-1", "4.0.3", 9), ("=b-2", "4.2", 0), ("c-3", "odd", 1)):
        seen = now - timedelta(days=silent)
        row = {"fingerprint": fingerprint, "version": version, "domain": "shop.acme.test"}
        when = {"activated_at": now - timedelta(days=60), "last_seen_at": seen}
        session.execute(
            insert(installation).values(license_id=acme.license_id, organization_id=acme.organization_id, **row, **when)
        )
    monkeypatch.setattr(installs, "MOST", 2)
    made, rows = _export(session, cast.sam, now, "installs", Narrowed(text="acme"))
    assert (made.filename, made.rows) == (f"calos-installs-{now:%Y-%m-%d}.csv", 3)
    shown = ("Fingerprint", "Version", "Releases behind", "Supported", "Supported until")
    ended = (now - timedelta(days=1)).strftime("%Y-%m-%d")
    assert [tuple(row[name] for name in shown)[:4] for row in rows] == [
        ("a-1", "4.0.3", "2", "no"),
        ("c-3", "odd", "", ""),
        ("'=b-2", "4.2", "0", "yes"),
    ]
    assert rows[0]["Supported until"].startswith(ended)
    for need, left in (("silent", ["a-1"]), ("unsupported", ["a-1"]), ("ending", [])):
        _, rows = _export(session, cast.sam, now, "installs", Narrowed(need=need, text="acme"))
        assert [row["Fingerprint"] for row in rows] == left
    with pytest.raises(InvalidInput, match="silent, unsupported, ending, behind"):
        _export(session, cast.sam, now, "installs", Narrowed(need="any"))


def test_what_there_is_not_is_refused_with_what_there_is(session: WriteSession, cast: Cast, now: datetime) -> None:
    with pytest.raises(InvalidInput, match="costs, credit-notes, customers, installs"):
        _export(session, cast.sam, now, "secrets")
    with pytest.raises(InvalidInput, match="csv, xlsx, pdf"):
        _export(session, cast.sam, now, "customers", kind="exe")
    with pytest.raises(InvalidInput, match="not narrowed by rule"):
        _export(session, cast.sam, now, "customers", Narrowed(rule="seats"))
