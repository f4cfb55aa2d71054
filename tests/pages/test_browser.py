"""Pages in a browser: what is laid out fits, what is pressed happens, and nothing is loaded."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from test_network_svg import network

from chainrule.pages.document import Document, Figure, Note
from chainrule.pages.html import to_html
from chainrule.pages.network_svg import network_svg

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium to show pages with")


def run(html: str, script: str, folder: Path, width: int = 1200, *flags: str) -> Any:
    """What the script returns, run when the page has been loaded."""
    open_to_scripts = re.sub(r"<meta http-equiv=.*?>", "", html)
    probe = (
        "<script>addEventListener('load', async () => { await document.fonts.ready; const out = await (async () => {"
        f"{script}}})(); const p = document.createElement('pre'); p.id = 'out'; p.textContent = JSON.stringify(out);"
        "document.body.append(p); });</script></body>"
    )
    page = folder / "page.html"
    page.write_text(open_to_scripts.replace("</body>", probe), encoding="utf-8")
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}",
        "--virtual-time-budget=5000", f"--window-size={width},900", *flags, "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="out">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stdout[-500:] + done.stderr[-500:]
    return json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def widths(page: Document, folder: Path, width: int) -> dict[str, Any]:
    """How wide a page is in a window, and how much its equations are wider than their place."""
    script = f"""
        const frame = document.createElement('iframe');
        frame.style = 'width:{width}px;height:800px;border:0'; frame.srcdoc = window.source;
        document.body.append(frame); await new Promise(done => frame.onload = done);
        const d = frame.contentDocument; await frame.contentWindow.document.fonts.ready;
        return {{inner: frame.contentWindow.innerWidth, page: d.documentElement.scrollWidth,
                 wide: [...d.querySelectorAll('.equations')].map(e => e.scrollWidth - e.clientWidth)}};"""
    source = json.dumps(to_html(page)).replace("<", "\\u003c")
    host = f"<!doctype html><body><script>window.source = {source}</script></body>"
    return run(host, script, folder)


@pytest.mark.parametrize("width", [360, 768, 1200])
def test_a_page_is_as_wide_as_the_screen_and_no_wider(document: Document, tmp_path: Path, width: int) -> None:
    found = widths(document, tmp_path, width)
    assert found["inner"] == width
    assert found["page"] <= width
    assert (max(found["wide"]) > 0) == (width == 360)


@pytest.mark.parametrize("kind", ["note", "warning", "right", "wrong"])
def test_a_long_remark_is_broken_in_lines(tmp_path: Path, kind: Any) -> None:
    assert widths(Document("t", (Note("some words " * 40, kind),)), tmp_path, 360)["page"] <= 360


@pytest.mark.parametrize("width", [500, 1200])
def test_equations_stand_in_columns_whether_they_have_reasons_or_not(
    document: Document, tmp_path: Path, width: int
) -> None:
    script = """
        return [...document.querySelectorAll('.equations')].filter(e => e.offsetParent).map(e =>
            [...e.querySelectorAll('.row')].map(r => ['left', 'right', 'reason'].map(k => {
                const b = r.querySelector('.' + k)?.getBoundingClientRect();
                return b && [b.left, b.right, (b.top + b.bottom) / 2].map(Math.round); })));"""
    for rows in run(to_html(document), script, tmp_path, width):
        assert len({left[1] for left, _, _ in rows}) == 1  # all end at the relation
        assert len({right[0] for _, right, _ in rows}) == 1
        assert all(left[1] == right[0] for left, right, _ in rows)
        assert all(abs(left[2] - right[2]) <= 1 for left, right, _ in rows)
        heights = [right[2] for _, right, _ in rows]
        assert heights == sorted(heights)
        for _, right, reason in rows:
            if reason is not None:
                assert (abs(reason[2] - right[2]) <= 1) == (width == 1200)


def test_the_stepper_goes_on_with_buttons_and_keys_and_lights_up_the_drawing(
    document: Document, tmp_path: Path
) -> None:
    script = """
        const s = document.querySelector('.stepper'), out = [];
        const see = () => out.push([
            [...s.querySelectorAll('.frame')].findIndex(f => getComputedStyle(f).display !== 'none'),
            [...s.querySelectorAll('.frame')].filter(f => getComputedStyle(f).display !== 'none').length,
            [...s.querySelectorAll('.lit')].map(e => e.dataset.id ?? e.dataset.edge).sort(),
            s.querySelector('output').textContent, [...s.querySelectorAll('button')].map(b => b.disabled)]);
        const key = (name) => s.dispatchEvent(new KeyboardEvent('keydown', {key: name, bubbles: true}));
        see(); s.querySelector('.on').click(); see();
        for (const name of ['End', 'ArrowRight', 'ArrowLeft', 'Home']) { key(name); see(); }
        const range = s.querySelector('input'); range.value = 2; range.dispatchEvent(new Event('input')); see();
        s.querySelector('.back').click(); see();
        return out;"""
    seen = run(to_html(document), script, tmp_path)
    assert [number for number, *_ in seen] == [0, 1, 2, 2, 1, 0, 1, 0]
    assert {count for _, count, *_ in seen} == {1}
    assert seen[0][2] == ["e-1-1-1", "e-1-1-1", "e-1-1-2", "e-1-1-2", "n-1-1", "n-1-2", "n-1-3"]
    assert seen[1][2] == ["d-1-1", "d-1-2", "d-1-3", "e-2-1-1", "e-2-1-1", "e-2-2-1", "e-2-2-1"]
    assert seen[2][2] == []
    assert seen[1][3] == "2 of 3: Backward: δ of the hidden layer"
    assert [seen[n][4] for n in range(3)] == [[True, False], [False, False], [False, True]]


def test_on_a_narrow_screen_the_drawing_moves_to_what_is_lit(document: Document, tmp_path: Path) -> None:
    script = """
        const s = document.querySelector('.stepper'), d = s.querySelector('.drawing'); s.style.width = '260px';
        s.querySelector('.on').click();
        const at = () => { const f = d.getBoundingClientRect();
            return [...d.querySelectorAll('.node.lit, .delta.lit')].map(e => e.getBoundingClientRect())
                .map(b => b.left >= f.left && b.right <= f.right); };
        return [d.scrollWidth > d.clientWidth, d.scrollLeft > 0, at(), document.documentElement.scrollTop];"""
    narrow, moved, seen, top = run(to_html(document), script, tmp_path)
    assert narrow
    assert moved
    assert seen == [True] * 3
    assert top == 0


def test_nothing_is_loaded_and_the_font_is_there(document: Document, tmp_path: Path) -> None:
    script = """
        return {loaded: performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith('data:')),
                fonts: [...document.fonts].map(f => [f.family, f.status]),
                tall: document.querySelector('mtable').closest('mrow').firstElementChild.getBoundingClientRect().height,
                small: document.querySelector('p math mi').getBoundingClientRect().height};"""
    found = run(to_html(document), script, tmp_path)
    assert found["loaded"] == []
    assert found["fonts"] == [['"Page Math"', "loaded"]] or found["fonts"] == [["Page Math", "loaded"]]
    assert found["tall"] > 2 * found["small"]  # brackets grow with what they hold


def test_colours_have_contrast_in_light_and_dark(document: Document, tmp_path: Path) -> None:
    script = """
        const linear = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        const light = (c) => { const [r, g, b] = c.match(/[\\d.]+/g).map(v => linear(Number(v) / 255));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
            if (!c.endsWith(', 0)')) return c; } return 'rgb(255, 255, 255)'; };
        const out = {};
        for (const e of document.querySelectorAll('p, h1, h2, th, td, caption, .reason, .note strong, summary,'
            + ' button:enabled, output, figcaption, .number, svg text, mi')) {
            const css = getComputedStyle(e), a = light(e.closest('svg') ? css.fill : css.color), b = light(ground(e));
            const name = e.tagName + '.' + (e.className.baseVal ?? e.className);
            out[name] = Math.min(out[name] ?? 99, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
        }
        return [matchMedia('(prefers-color-scheme: dark)').matches, out];"""
    for flags, dark in (((), False), (("--blink-settings=preferredColorScheme=0",), True)):
        is_dark, ratios = run(to_html(document), script, tmp_path, 1200, *flags)
        assert is_dark == dark
        assert len(ratios) > 10
        assert min(ratios.values()) >= 4.5, {name: r for name, r in ratios.items() if r < 4.5}


def test_in_print_all_frames_are_there(document: Document, tmp_path: Path) -> None:
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("pdftotext is not installed")
    (tmp_path / "page.html").write_text(to_html(document), encoding="utf-8")
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-pdf-header-footer",
        f"--user-data-dir={tmp_path / 'p'}",
    ]
    command = [str(BROWSER), *flags, f"--print-to-pdf={tmp_path / 'out.pdf'}", (tmp_path / "page.html").as_uri()]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    done = subprocess.run([reader, str(tmp_path / "out.pdf"), "-"], capture_output=True, text=True, check=True)
    for words in (
        "Forward: the hidden layer",
        "Backward: δ of the hidden layer",
        "The loss falls.",
        "has the right shape",
    ):
        assert words in done.stdout, words
    assert "Prev" not in done.stdout


def test_no_text_of_a_drawing_lies_on_another(tmp_path: Path) -> None:
    """With the sizes that the browser gives to letters, not with estimates."""
    figures: list[Figure] = []
    for seed, sizes in enumerate(
        [(2, 3, 2), (2, 3, 2, 1), (3, 4), (4, 3, 1), (1, 1), (2, 2, 2, 2), (1, 12, 1), (64, 8)]
    ):
        layers, weights = network(*sizes, seed=seed)
        figures.append(Figure(network_svg(layers, weights), ""))
    script = """
        const out = [];
        for (const svg of document.querySelectorAll('svg')) {
            const boxes = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBBox()]);
            for (const [k, [s, a]] of boxes.entries()) for (const [t, b] of boxes.slice(k + 1)) {
                const shrink = 2;  // a line of text is higher than its letters
                if (a.x < b.x + b.width && b.x < a.x + a.width && a.y + shrink < b.y + b.height - shrink
                    && b.y + shrink < a.y + a.height - shrink) out.push([s, t]);
            }
            for (const g of svg.querySelectorAll('g')) {
                const [r, t] = [g.querySelector('rect').getBBox(), g.querySelector('text').getBBox()];
                if (t.x < r.x || t.x + t.width > r.x + r.width) out.push(g.textContent);
            }
        }
        return [document.querySelectorAll('svg').length, out];"""
    count, overlaps = run(to_html(Document("x", tuple(figures))), script, tmp_path)
    assert count == len(figures)
    assert overlaps == []
