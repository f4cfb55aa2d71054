"""A table of the cases: right, wrong, refused; matrix forms and how long they are.

python tests/oracle/score.py [--only ID,ID] [--file cases.json]
"""

from __future__ import annotations

import argparse
import collections
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from case_files import load
from judging import Outcome, judge


def attempt(p: dict[str, Any]) -> tuple[str, Outcome, float]:
    """The word for how a case went, the details, and the seconds it took."""
    start = time.perf_counter()
    try:
        out = judge(p)
        word = "right" if out.right else "wrong"
    except Exception as problem:
        lines = str(problem).strip().splitlines() or [""]
        out, word = Outcome(p["id"], why=f"{type(problem).__name__}: {lines[0][:140]}"), "refused"
    return word, out, time.perf_counter() - start


def report(rows: list[tuple[dict[str, Any], str, Outcome, float]]) -> None:
    families: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for p, word, _, _ in rows:
        families[p["id"].split("-")[0]][word] += 1
        families["all"][word] += 1
    for family, words in families.items():
        print(f"{family:8s}", dict(words))
    for p, word, out, seconds in rows:
        known = p["known"]["ops"]["dag"] if p["known"] and "einsum" not in p["known"]["expr"] else None
        notes = [*out.faults, f"{seconds:.1f} s" if seconds > 5 else ""]
        if known is not None and word == "right":
            if not out.matrix:
                notes.append("no matrix form")
            elif (out.operations or 0) > max(known, 1):
                notes.append(f"{out.operations} for {known}: {out.matrix[:100]}   known: {p['known']['expr'][:80]}")
        if word != "right":
            print(f"{word:8s} {p['id']:26s} {out.why or out.error}")
        elif any(notes):
            print(f"{'':8s} {p['id']:26s} {'; '.join(n for n in notes if n)}")


def main() -> int:
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--only", help="the ids to run, with commas between them")
    ap.add_argument("--file", action="append", help="cases.json, more.json (both by default)")
    options = ap.parse_args()
    cases = load(*(options.file or ["cases.json", "more.json"]))
    if options.only:
        cases = [p for p in cases if p["id"] in options.only.split(",")]
    rows = [(p, *attempt(p)) for p in cases]
    report(rows)
    return int(any(word == "wrong" for _, word, _, _ in rows))


if __name__ == "__main__":
    sys.exit(main())
