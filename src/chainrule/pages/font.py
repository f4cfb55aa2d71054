"""The font of formulas on web pages: a subset of STIX Two Math, made by `tools/subset_font.py`."""

from __future__ import annotations

import base64
import string
from functools import cache
from pathlib import Path

from chainrule.notation.display import GREEK
from chainrule.pages.signs import SIGNS

PATH = Path(__file__).with_name("stix-two-math.woff2")


def _run(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


_ITALIC = _run(0x1D434, 0x1D454) + "ℎ" + _run(0x1D456, 0x1D467)  # browsers show <mi>x</mi> with these
_ITALIC_GREEK = _run(0x1D6E2, 0x1D71B)
_SIGNS = "−∑∂⊤×⊙⊘⊗⌊⌋‖|′″‴…⋮𝟎𝟏≥≤→ıȷ𝚤𝚥\u2061\u2062\u2063\u2064\u00a0"
_NOT_HERE = {*"\t\n\r\x0b\x0c", "ᵀ"}
CHARACTERS = "".join(
    sorted({*string.printable, *GREEK.values(), *"ϵϑϕϱϖς", *_ITALIC, *_ITALIC_GREEK, *_SIGNS, *SIGNS} - _NOT_HERE)
)


@cache
def data_url() -> str:
    """The font within the page that uses it."""
    return f"data:font/woff2;base64,{base64.b64encode(PATH.read_bytes()).decode('ascii')}"
