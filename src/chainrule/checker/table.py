"""A class at a glance: a row for each document."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO

from chainrule.checker.report import OUTCOMES, Report

HEAD = ("file", "relations", *(v.replace(" ", "_") for v in OUTCOMES), "first_wrong_line", "kind", "error")


def to_csv(results: Sequence[Report | tuple[str, str]]) -> str:
    """A row for each report, or for a file that could not be used and the reason.

    Examples:
        >>> from chainrule.checker.check import check
        >>> print(to_csv([check("For $x > 0$ let $y = x^2$."), ("b.md", "there is no equation in it")]), end="")
        file,relations,right,wrong,follows,definition,not_understood,first_wrong_line,kind,error
        -,2,0,0,0,2,0,,,
        b.md,,,,,,,,,there is no equation in it
    """
    out = StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(HEAD)
    for r in results:
        if isinstance(r, Report):
            first = r.wrong[0] if r.wrong else None
            line, kind = (first.line, first.kind or "") if first else ("", "")
            rows.writerow([r.file, len(r.claims), *r.summary.values(), line, kind, ""])
        else:
            rows.writerow([r[0], *[""] * (len(HEAD) - 2), " ".join(r[1].split())])
    return out.getvalue()
