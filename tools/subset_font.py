"""Makes the font of the pages: STIX Two Math, cut down to what the printers write.

    pip install fonttools brotli
    python tools/subset_font.py STIXTwoMath-Regular.otf

The font is `fonts/static_otf/STIXTwoMath-Regular.otf` of https://github.com/stipub/stixfonts, tag v2.13. What pages
need of it is listed in `chainrule.pages.font`; the variants for scripts and for tall brackets come along.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset

from chainrule.pages.font import CHARACTERS, PATH

OPTIONS = {
    "flavor": "woff2",
    "layout_features": ["ssty"],  # letters drawn for small sizes
    "name_IDs": [0, 1, 2, 3, 4, 5, 6, 13, 14],  # the copyright and the licence stay in the font
    "hinting": False,
    "desubroutinize": False,
    "notdef_outline": True,
    "drop_tables": ["DSIG", "BASE", "GPOS", "GDEF"],
}


def main(source: Path, target: Path) -> None:
    options = subset.Options(**OPTIONS)
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=CHARACTERS)
    subsetter.subset(font)
    subset.save_font(font, str(target), options)


if __name__ == "__main__":
    main(Path(sys.argv[1]), PATH)
