"""Links within the repository lead somewhere, and the first page leads to every reference."""

import re

import pytest

from tests.docs.pages import ROOT, anchors, links, names

REFERENCES = {
    "docs/settings.md",
    "docs/metrics.md",
    "schemas/topics.yaml",
    "schemas/avro",
    "schemas/asyncapi.yaml",
    "docs/runbooks",
    "docs/promises.md",
}


def told(name: str) -> str:
    """A page's text."""
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", names())
def test_every_link_leads_somewhere(name: str) -> None:
    """To a file or folder that is there, and where it names a heading, to one that the page has."""
    lost = []
    for link in links(told(name)):
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        is_there = target.exists() and (not anchor or anchor in anchors(target.read_text(encoding="utf-8")))
        lost += [] if is_there else [link]
    assert lost == []


def test_a_lost_link_is_seen() -> None:
    """Pictures, links with titles and headings count; addresses of others and code do not."""
    page = (
        '# A b\n\n[a](x.md#y "t") ![p](p.png) [r][1] [o](https://o.example) `[c](c.md)`\n\n    [d](d.md)\n\n[1]: r.md'
    )
    assert links(page) == ["x.md#y", "p.png", "r.md"]
    assert anchors(page) == {"a-b"}


@pytest.mark.parametrize("name", ["README.md", "docs/README.md"])
def test_the_first_page_and_the_index_lead_to_every_reference(name: str) -> None:
    """Settings, metrics, topics, schemas, the AsyncAPI document, runbooks, promises."""
    folder = (ROOT / name).parent
    led = {(folder / link.partition("#")[0]).resolve() for link in links(told(name))}
    assert [one for one in sorted(REFERENCES) if (ROOT / one).resolve() not in led] == []


def test_the_index_knows_every_page_of_the_guide() -> None:
    """In one of the four groups, in their order; a page nobody is led to is not read."""
    groups = re.findall(r"^## (.+)$", told("docs/README.md"), flags=re.MULTILINE)
    assert groups == ["Tutorial", "How to", "Reference", "Explanation"]
    led = {link.partition("#")[0] for link in links(told("docs/README.md"))}
    pages = {name.removeprefix("docs/") for name in names() if name.startswith("docs/guide/")}
    assert pages - led == set()
