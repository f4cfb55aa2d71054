"""What the pages show is what happens."""

from __future__ import annotations

import doctest
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pages import PAGES, ROOT, Block, anchors, blocks, links, output, sessions

from chainrule.nets.network import Network

TOML = [b for page in PAGES for b in blocks(page, "toml")]
PYCON = [b for page in PAGES for b in blocks(page, "pycon")]
CONSOLE = [b for page in PAGES for b in blocks(page, "console")]


def run(code: str, src: Path) -> int:
    """The exit code of code in a process of its own, which knows chainrule from `src`."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=os.environ | {"PYTHONPATH": str(src)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    print(done.stderr, file=sys.stderr)
    return done.returncode


@pytest.mark.parametrize("block", TOML, ids=[b.id for b in TOML])
def test_a_network_that_is_shown_can_be_worked(block: Block) -> None:
    assert Network.parse(block.code).work().agreement.holds


@pytest.mark.parametrize("block", PYCON, ids=[b.id for b in PYCON])
def test_an_interactive_block_shows_what_python_answers(block: Block) -> None:
    test = doctest.DocTestParser().get_doctest(block.code, {}, block.id, str(block.page), block.line)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert runner.run(test).failed == 0


@pytest.mark.parametrize("block", CONSOLE, ids=[b.id for b in CONSOLE])
def test_a_command_prints_what_the_page_shows(block: Block, tmp_path: Path) -> None:
    for command, shown in sessions(block):
        assert output(command, tmp_path) == "\n".join(line.rstrip() for line in shown.splitlines()), command


@pytest.mark.parametrize("page", PAGES, ids=[str(p.relative_to(ROOT)) for p in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_a_function_is_added_in_one_file_as_contributing_says(tmp_path: Path) -> None:
    declaration, use = (b.code for b in blocks(ROOT / "CONTRIBUTING.md", "python"))
    src = tmp_path / "src"
    shutil.copytree(ROOT / "src", src, ignore=shutil.ignore_patterns("__pycache__"))
    with (src / "chainrule/primitives/elementwise.py").open("a", encoding="utf-8") as module:
        module.write("\n\n" + declaration)
    assert run(use, src) == 0


def test_every_source_that_a_function_names_is_in_the_bibliography() -> None:
    from chainrule.primitives import registry

    bibliography = (ROOT / "docs/sources.bib").read_text(encoding="utf-8")
    for p in registry.values():
        assert not p.source or f"{{{p.source}," in bibliography, p.name


def test_the_page_on_the_language_names_every_function() -> None:
    from chainrule.primitives import registry

    page = (ROOT / "docs/language.md").read_text(encoding="utf-8")
    for p in registry.values():
        assert not p.call or p.name in {"gt", "ge", "lt", "le"} or p.name in page, p.name
