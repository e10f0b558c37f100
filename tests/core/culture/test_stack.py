"""User agents are told apart: people's browsers, customers' programs, bots; nothing is claimed of a handful."""

import pytest

from core.culture.estimate import Abstention, Estimate
from core.culture.stack import classify, is_production, read_stack
from tests.core.culture.world import Office

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("agent", "kind", "name"),
    [
        (CHROME, "browser", "Chrome"),
        (FIREFOX, "browser", "Firefox"),
        (GOOGLE, "bot", "Bots"),
        ("UniversalFeedParser/4.2-pre-314-svn +http://feedparser.org/", "bot", "Bots"),
        ("kube-probe/1.29", "bot", "Bots"),
        ("python-requests/2.32.3", "api_client", "Python Requests"),
        ("axios/1.7.2", "api_client", "axios"),
        ("curl/8.5.0", "api_client", "curl"),
        ("Go-http-client/2.0", "api_client", "Go net/http"),
        ("okhttp/4.12.0", "api_client", "OkHttp"),
        ("PostmanRuntime/7.39.0", "api_client", "Postman"),
        ("calos-client/1.0 (python)", "api_client", "Calos client"),
        ("-", "unknown", "Unknown"),
        ("", "unknown", "Unknown"),
    ],
)
def test_each_agent_is_known_for_what_it_is(agent: str, kind: str, name: str) -> None:
    found = classify(agent)
    assert (found.kind, found.name) == (kind, name)


def test_systems_are_read_from_browsers() -> None:
    assert classify(CHROME).system == "Windows"
    assert classify(FIREFOX).system == "Linux"
    assert classify("curl/8.5.0").system is None


def test_shares_are_of_people_and_programs_and_say_their_n() -> None:
    office = Office().said("agent", CHROME, 60).said("agent", "axios/1.7.2", 36).said("agent", FIREFOX, 4)
    found = read_stack(office.said("agent", GOOGLE, 100).observed())
    assert [(part.name, part.events) for part in found.clients] == [("Chrome", 60), ("axios", 36)]
    assert isinstance(found.clients[0].share, Estimate)
    assert found.clients[0].share.n == 100
    assert found.others_share == pytest.approx(0.04), "Firefox with 4 % is not claimed"
    assert isinstance(found.bots_share, Estimate)
    assert found.bots_share.value == 0.5
    assert found.agents_n == 200


def test_a_handful_of_events_names_no_client() -> None:
    found = read_stack(Office().said("agent", CHROME, 19).observed())
    assert found.clients == ()
    assert "too few" in found.sentence
    assert isinstance(read_stack(Office().observed()).bots_share, Abstention)


def test_the_main_version_is_that_of_the_newest_day() -> None:
    office = Office().said("version", "4.2", 9_000)
    office.facets[0] = type(office.facets[0])("version", "4.2", 9_000, 0, 20, None, office.days()[-3].date())
    found = read_stack(office.said("version", "4.3", 40).observed())
    assert found.main_version == "4.3"


@pytest.mark.parametrize(
    ("domain", "production"),
    [
        ("shop.example", True),
        ("demo.calos.sh", True),
        ("shop.hooli.test", True),
        ("latest.example", True),
        ("contest.example", True),
        ("device.example", True),
        ("localhost", False),
        ("localhost:5001", False),
        ("127.0.0.1:8000", False),
        ("[::1]:80", False),
        ("staging.shop.example", False),
        ("shop-staging.example", False),
        ("dev2.shop.example", False),
        ("qa.shop.example", False),
        ("test.shop.example", False),
        ("build.internal", False),
        ("printer.local", False),
        ("", False),
    ],
)
def test_only_production_domains_count(domain: str, production: bool) -> None:
    assert is_production(domain) is production
