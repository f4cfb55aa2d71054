"""How long it takes to check a class: many homeworks, in parallel processes as `chainrule check` does it.

    python benchmarks/checking.py [--homeworks 200] [--equations 20] [--workers 0] [--repeat 3] [--keep FOLDER]

The homeworks are made from the documents of the tests and of examples/homework: as many of them, one after the other,
as have the number of equations, in another order for each homework; every third one has a few of its numbers, signs and
transposes changed, so that there is something to diagnose. Prints the machine, the versions, the sizes, and seconds.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import statistics
import tempfile
import time
from pathlib import Path

from derivation import machine

from chainrule.checker.check import check
from chainrule.checker.document import read
from chainrule.checker.many import Failed, Result, Source, check_many, processors

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("tests/checker/documents", "tests/checker/right", "examples/homework")
CHANGES = (
    (r" \+ ", " - "), (r" - ", " + "), (r"\^\\top", ""), (r"\^T\b", ""), (r"\\odot", ""), (r"= 2", "= 3"),
    (r"\\frac\{1\}\{N\}", ""), (r"\\sum_\{[^}]*\}(?:\^\{?\w\}?)?", ""),
)  # fmt: skip


def displayed(text: str) -> int:
    """How many displayed formulas a document has."""
    return sum(f.display for f in read(text).formulas)


def homework(rng: random.Random, parts: list[tuple[str, int]], equations: int, wrong: bool) -> str:
    """Parts one after the other until there are so many equations, with a few mistakes."""
    text, count = "", 0
    while count < equations:
        part, n = rng.choice(parts)
        text += f"\n## Part {text.count('## Part') + 1}\n\n{part.strip()}\n"
        count += n
    for _ in range(rng.randint(1, 3) if wrong else 0):
        pattern, new = rng.choice(CHANGES)
        places = [
            m for m in re.finditer(pattern, text) if text.rfind("$$", 0, m.start()) > text.rfind("\n\n", 0, m.start())
        ]
        if places:
            m = rng.choice(places)
            text = text[: m.start()] + new + text[m.end() :]
    return text


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--homeworks", type=int, default=200)
    ap.add_argument("--equations", type=int, default=20)
    ap.add_argument("--workers", type=int, default=0)
    ap.add_argument("--repeat", type=int, default=3)
    ap.add_argument("--keep", type=Path, help="leave the homeworks in this folder")
    options = ap.parse_args()
    rng = random.Random(1)
    texts = [p.read_text(encoding="utf-8") for f in FOLDERS for p in sorted((ROOT / f).glob("*.md"))]
    parts = [(t, displayed(t)) for t in texts if displayed(t)]
    with tempfile.TemporaryDirectory() as made:
        folder = options.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        sources: list[Source] = []
        for n in range(options.homeworks):
            path = folder / f"{n:03}.md"
            path.write_text(homework(rng, parts, options.equations, n % 3 == 0), encoding="utf-8")
            sources.append((str(path), None))
        measure(sources, options.workers or processors(), options.repeat)


def measure(sources: list[Source], workers: int, repeat: int) -> None:
    equations = statistics.median(displayed(Path(name).read_text(encoding="utf-8")) for name, _ in sources)
    print(machine())
    print(f"\n{len(sources)} homeworks of {equations:g} displayed equations (median), {workers} processes\n")
    seconds: list[float] = []
    results: list[Result] = []
    for _ in range(repeat):
        start, before = time.perf_counter(), processor_seconds()
        results = check_many(sources, workers=workers)
        seconds.append(time.perf_counter() - start)
        print(f"  {seconds[-1]:8.1f} s, {processor_seconds() - before:8.1f} s of processors", flush=True)
    reports = [r for r in results if not isinstance(r, Failed)]
    wrong = sum(bool(r.wrong) for r in reports)
    claims = sum(len(r.claims) for r in reports)
    print(f"\nmedian {statistics.median(seconds):.1f} s; {claims} relations; {wrong} homeworks with a wrong line")
    print(f"{len(results) - len(reports)} that could not be used")
    alone = sorted(timed(Path(name)) for name, _ in sources[:: max(1, len(sources) // 20)])
    print(f"one homework, in this process: median {alone[len(alone) // 2]:.2f} s, slowest {alone[-1]:.2f} s")


def processor_seconds() -> float:
    """What the processes that have ended have used: on a machine that is shared it says more than the clock."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(path: Path) -> float:
    start = time.perf_counter()
    check(path)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
