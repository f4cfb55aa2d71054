"""A web page: balanced, accessible, without anything that is loaded, and with all text of users as text."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser

import pytest
from page_samples import HOSTILE

from chainrule.core.primitive import registry
from chainrule.notation.mathml import to_mathml
from chainrule.notation.parser import parse
from chainrule.pages import font
from chainrule.pages.document import Document, Figure, Heading, Paragraph, Stepper
from chainrule.pages.html import to_html
from chainrule.pages.network_svg import Layer, Unit, network_svg
from chainrule.pages.signs import SIGNS

VOID = {"meta", "link", "input", "br", "hr", "img"}
NAMESPACES = {"http://www.w3.org/1998/Math/MathML", "http://www.w3.org/2000/svg"}


class Page(HTMLParser):
    """The elements of a page, checked to be balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[tuple[str, ...], str]] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), (tag, attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((tuple(self.open), data))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]

    def text(self, *names: str) -> list[str]:
        return [data for path, data in self.texts if path and path[-1] in names]


def test_a_page_is_balanced_and_says_what_it_is(document: Document) -> None:
    html = to_html(document)
    page = Page(html)
    assert html.lstrip().lower().startswith("<!doctype html>")
    assert page.all("html") == [{"lang": "en"}]
    assert {"charset": "utf-8"} in page.all("meta")
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")
    assert page.text("title")[0] == document.title
    assert page.text("h1") == [document.title]


@pytest.mark.parametrize("kind", ["document", "hostile"])
def test_a_page_loads_nothing(kind: str, request: pytest.FixtureRequest) -> None:
    html = to_html(request.getfixturevalue(kind))
    assert set(re.findall(r"https?://[^\s\"'<>)]*", html)) <= NAMESPACES
    assert all(url.startswith("data:") for url in re.findall(r"url\([\"']?([^)\"']*)", html))
    assert "@import" not in html
    for tag, attributes in Page(html).elements:
        assert tag not in {"img", "iframe", "object", "embed", "base", "audio", "video", "use", "image", "form"}
        for key in ("src", "srcset", "href", "action", "poster", "background"):
            assert (attributes.get(key) or "data:").startswith(("data:", "#")), (tag, attributes)


def test_the_policy_allows_its_own_script_alone(document: Document) -> None:
    html = to_html(document)
    [script] = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    [policy] = [m["content"] for m in Page(html).all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


def test_what_a_user_gives_stays_text(hostile: Document) -> None:
    html = to_html(hostile)
    page = Page(html)
    assert len(page.all("script")) == 1
    assert page.all("html") == [{"lang": 'en"><script>'}]
    assert page.all("h2") == [{"id": 'a" onclick="x'}]
    for _, attributes in page.elements:
        assert not [key for key in attributes if key.startswith("on")]
    assert sum(data.count(HOSTILE) for _, data in page.texts) >= 12
    assert html.count("alert(") == html.count("alert(&#34;") + html.count("alert(&quot;")


def test_headings_are_in_order_and_tables_name_their_rows_and_columns(document: Document) -> None:
    page = Page(to_html(document))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
    assert {th.get("scope") for th in page.all("th")} == {"row", "col"}
    assert page.text("caption") == ["What is known after the first step"]
    assert all(button.get("aria-label") for button in page.all("button"))
    assert all(range_.get("aria-label") for range_ in page.all("input"))
    assert page.all("output") == [{"aria-live": "polite"}]
    assert all(svg["role"] == "img" for svg in page.all("svg"))


def test_ids_are_unique_however_many_drawings_there_are(document: Document) -> None:
    page = Page(to_html(document))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids)) > 40


def test_what_a_frame_lights_up_is_in_the_drawing(document: Document) -> None:
    page = Page(to_html(document))
    known = {a.get("data-id") for _, a in page.elements}
    frames = [a["data-lit"] or "" for tag, a in page.elements if tag == "div" and a.get("class") == "frame"]
    assert len(frames) == 3
    assert set(" ".join(frames).split()) <= known


def test_without_a_script_all_frames_are_shown(document: Document) -> None:
    page = Page(to_html(document))
    [controls] = [a for _, a in page.elements if a.get("class") == "controls"]
    assert "hidden" in controls
    assert not any("hidden" in a for _, a in page.elements if a.get("class") == "frame")


def test_references_within_a_drawing_follow_its_ids() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" aria-labelledby="t"><title id="t">x</title></svg>'
    page = Page(to_html(Document("x", (Figure(svg, "x"), Figure(svg, "x")))))
    named = [a["aria-labelledby"] for a in page.all("svg")]
    assert [a["id"] for a in page.all("title")[1:]] == named
    assert len(set(named)) == 2


def test_an_empty_document_and_an_empty_stepper_are_pages() -> None:
    assert Page(to_html(Document("", ())))
    assert Page(to_html(Document("x", (Stepper((), ""), Paragraph(()), Heading("y", 6)))))


def test_the_same_document_gives_the_same_page(document: Document) -> None:
    assert to_html(document) == to_html(document)


# The font -------------------------------------------------------------------------------------------------------------


EXAMPLES = {
    "reshape": "X: m n", "gather": "E: n k; idx: r index(n)", "conv1d": "X: c l; T: o c k",
    "conv2d": "T: c h w; K: o c k l", "opaque": "J: function(m)", "opaque_elementwise": "s: elementwise",
}  # fmt: skip


def test_the_font_has_what_the_printer_writes() -> None:
    shown = {c for sign in SIGNS for c in sign} - {"ᵀ"}
    for name, p in registry.items():
        shown |= set(re.sub("<[^>]*>", "", to_mathml(parse(p.example, EXAMPLES.get(name, "")))))
    assert shown <= set(font.CHARACTERS) | {"&"}


def test_the_font_file_is_made_of_the_list_of_characters() -> None:
    tools = pytest.importorskip("fontTools.ttLib", reason="fonttools, which makes the font, is not installed")
    found = tools.TTFont(font.PATH)
    assert set(map(chr, found.getBestCmap())) >= set(font.CHARACTERS)
    assert "MATH" in found
    assert {"parenleft", "bar", "braceleft"} <= set(found["MATH"].table.MathVariants.VertGlyphCoverage.glyphs)


def test_the_font_is_small() -> None:
    assert font.PATH.read_bytes()[:4] == b"wOF2"
    assert font.PATH.stat().st_size < 150_000


def test_a_drawing_alone_is_well_formed() -> None:
    svg = network_svg([Layer("a < b", (Unit("<&>", '"'),)), Layer("c", (Unit("1"),))], [[["&"]]])
    assert len(Page(svg).all("line")) == 1
