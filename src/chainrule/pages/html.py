"""A document as a web page: one file that loads nothing, with formulas in MathML and its font within it."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chainrule.pages import font
from chainrule.pages.document import LABELS, Block, Document, Inline
from chainrule.pages.math import Math

_HERE = Path(__file__).parent / "templates"
_WIDE = 24  # columns; a formula in a line of text that is wider can be moved sideways by itself

_WIDEST = 76  # columns; an equation that is wider is broken at its relation signs


def to_html(document: Document) -> str:
    """The document as a page.

    Examples:
        >>> page = to_html(Document("1 < 2", ()))
        >>> "<title>1 &lt; 2</title>" in page
        True

    """
    script = _file("page.js")
    counter = itertools.count(1)
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            document=document,
            style=Markup(stylesheet()),  # noqa: S704  # our own files
            script=Markup(script),  # noqa: S704
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
            drawing=_drawings(counter),
        )
    )


def stylesheet() -> str:
    """What all pages look like, with the font of formulas in it."""
    return _file("page.css").replace("FONT", font.data_url())


@cache
def _environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "inline": _inline, "formula": _formula, "split": Math.split, "lines": _lines,
        "kind": _kind, "label": LABELS.__getitem__,
    }  # fmt: skip
    cast("dict[str, Any]", env.filters).update(filters)
    return env


@cache
def _file(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _kind(block: Block) -> str:
    return type(block).__name__


def _formula(m: Math, display: bool = False) -> Markup:
    """A formula; `display` sets fractions and sums at full size."""
    style = ' displaystyle="true"' if display else ""
    return Markup(f"<math{style}>{m.mathml}</math>") if m.mathml else Markup()  # noqa: S704  # escaped where made


def _lines(right: Math, left: int) -> tuple[Math, ...]:
    """The right side of an equation, broken where it would be wider than the page."""
    return right.lines(_WIDEST - left)


def _inline(part: Inline) -> Markup:
    if isinstance(part, str):
        return Markup.escape(part)
    return Markup('<span class="wide">{}</span>').format(_formula(part)) if part.width > _WIDE else _formula(part)


def _drawings(counter: itertools.count[int]) -> Callable[[str], Markup]:
    def drawing(svg: str) -> Markup:
        """A drawing whose ids are its own on a page of several."""
        prefix = f"g{next(counter)}-"
        svg = re.sub(r'\bid="([^"]*)"', rf'id="{prefix}\1" data-id="\1"', svg)
        return Markup(re.sub(r'((?:href|aria-labelledby|aria-describedby)=")(#?)', rf"\1\2{prefix}", svg))  # noqa: S704

    return drawing
