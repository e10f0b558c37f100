"""Telemetry without a connection: bundles as the vectors say, carried to the real vendor, counted once."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from calos import Bounds, Misconfigured, Telemetry
from calos.bundles import export, header_of, unpacked
from calos.spool import Spool
from calos.wire import instant

from core import clock
from tests.client.python.conftest import Site
from tests.client.python.test_telemetry import kept
from tests.client.python.test_vectors import FOLDER
from tests.client.python.web import fiona, post_file


def carry(site: Site, file: Path) -> Any:
    token = fiona(site.way.upstream)
    return post_file(site.way.upstream, "/api/telemetry/bundles", file.read_bytes(), token)


def air_gapped(site: Site) -> Telemetry:
    made = Telemetry(site.license.install_id, site.license.install_secret, state_dir=site.folder, clock=site.wall)
    site.made.append(made)
    return made


def test_a_bundle_is_written_as_the_vectors_say() -> None:
    case = json.loads((FOLDER / "bundles.json").read_text(encoding="utf-8"))
    header, lines = case["header"], case["unpacked"].encode().split(b"\n")[1:-1]
    made = header_of(header["installId"], header["bundleId"], instant(header["createdAt"]), lines)
    assert made == header
    assert unpacked(case["installSecret"], made, lines) == case["unpacked"].encode()


def test_events_travel_in_a_file_and_count_once(site: Site, tmp_path: Path) -> None:
    telemetry = air_gapped(site)
    for number in range(30):
        telemetry.track("feature_used", feature=f"f{number}", user="anna", props={"town": "Zürich"})
    file = tmp_path / "carried" / "events.calos.gz"
    bundle = telemetry.export_bundle(file)
    assert (bundle.events, bundle.more, bundle.path) == (30, False, file)
    assert telemetry.pending() == 0
    assert site.way.connections == 0
    receipt = carry(site, file)
    assert (receipt["accepted"], receipt["duplicate"]) == (30, 0)
    assert receipt["bundleId"] == bundle.bundle_id
    assert carry(site, file)["accepted"] == 30, "the same file gets the first answer again"
    assert len(kept(site)) == 30


def test_an_empty_spool_makes_an_empty_bundle(site: Site, tmp_path: Path) -> None:
    bundle = air_gapped(site).export_bundle(tmp_path / "empty.gz")
    assert (bundle.events, bundle.more) == (0, False)
    assert carry(site, tmp_path / "empty.gz")["accepted"] == 0


def test_a_bundle_that_cannot_be_written_takes_nothing_with_it(site: Site, tmp_path: Path) -> None:
    telemetry = air_gapped(site)
    telemetry.track("login")
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="exists"):
        telemetry.export_bundle(tmp_path / "file" / "events.gz")
    assert telemetry.pending() == 1
    assert telemetry.export_bundle(tmp_path / "events.gz").events == 1


def test_what_does_not_fit_waits_for_the_next_bundle(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", Bounds())
    line = json.dumps(
        {"id": "x" * 64, "ts": "2026-11-21T12:00:00.000Z", "type": "t", "props": {"x": "y" * 900}}
    ).encode()
    for _ in range(20):
        spool.append([line] * 100)
    first = export(spool, tmp_path / "one.gz", "inst-1", "secret", clock.now(), largest=1_000_000)
    second = export(spool, tmp_path / "two.gz", "inst-1", "secret", clock.now())
    assert (first.more, second.more) == (True, False)
    assert first.events + second.events == 2_000
    assert len(gzip.decompress((tmp_path / "one.gz").read_bytes())) < 1_500_000


def test_without_a_secret_or_switched_off_there_is_no_bundle(site: Site, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        Telemetry("inst-1", state_dir=tmp_path / "a").export_bundle(tmp_path / "x")
    with pytest.raises(Misconfigured):
        site.telemetry(enabled=False).export_bundle(tmp_path / "x")
