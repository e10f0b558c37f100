"""Documents say what is true: links lead somewhere, commands and files exist, nothing names this machine."""

import re
import shlex
from pathlib import Path

import click
import pytest

import manage
from tests.docs.documents import ROOT, code_spans, documents, name, without_fences

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FILE = re.compile(r"^(?:core|db|api|pages|tests|scripts|docs|client|assets)/[\w./-]+$")
REGISTRIES = re.compile(r"pypi\.org|pythonhosted|npmjs|jsdelivr|unpkg|artifactory|nexus|index-url|devpi", re.IGNORECASE)
HOMES = re.compile(r"(?<![\w.~/])/(?:home|Users|root|workspace|mnt)/")
DECISION = re.compile(r"\*\*[^*]+\*\*", re.DOTALL)

all_documents = pytest.mark.parametrize("path", documents(), ids=name)


@all_documents
def test_every_link_within_the_project_leads_somewhere(path: Path) -> None:
    for target in LINK.findall(without_fences(path.read_text())):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), target
        assert ROOT in (found, *found.parents), target
        if anchor:
            assert anchor in _anchors(found), target


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", without_fences(path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@all_documents
def test_every_file_named_exists(path: Path) -> None:
    named = [span.partition("::")[0] for span in code_spans(path.read_text()) if FILE.match(span)]
    assert [one for one in named if not (ROOT / one).exists()] == []


@all_documents
def test_every_make_target_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {word for span in code_spans(path.read_text()) for word in _made(span)}
    assert sorted(named - targets) == []


def _made(span: str) -> list[str]:
    words = span.partition("#")[0].split()
    return [one for one in words[1:] if one.isalpha()] if words[:1] == ["make"] else []


@all_documents
def test_every_command_named_exists_with_its_options(path: Path) -> None:
    for span in code_spans(path.read_text()):
        if "manage.py " in span:
            _follow(span.partition("manage.py ")[2])


def _follow(rest: str) -> None:
    command: click.Command = manage.main
    for word in shlex.split(rest.partition("#")[0]):
        if word == "…":
            return
        if word.startswith("--"):
            options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
            assert word.partition("=")[0] in options, f"manage.py {rest}"
        elif isinstance(command, click.Group):
            assert word in command.commands, f"manage.py {rest}"
            command = command.commands[word]


@all_documents
def test_nothing_names_this_machine_or_where_it_gets_packages(path: Path) -> None:
    text = path.read_text()
    if len(ROOT.parents) > 1:
        assert f"{ROOT.parent}/" not in text
    assert not HOMES.search(text)
    assert not REGISTRIES.search(text)


def test_every_decision_is_listed_says_its_line_and_names_the_test_that_holds_it() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    pages = sorted(folder.glob("[0-9]*.md"))
    assert pages
    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        text = page.read_text()
        assert f"({page.name})" in index, page.name
        assert DECISION.search(text), page.name
        held = text.partition("Held by")[2]
        assert any(FILE.match(span) and span.startswith("tests/") for span in code_spans(held)), page.name
        assert text.count("\n") <= 50, f"{page.name} is longer than a page"


def test_every_document_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    for path in sorted((ROOT / "docs").glob("*.md")):
        assert path.name == "README.md" or f"({path.name})" in index, path.name
