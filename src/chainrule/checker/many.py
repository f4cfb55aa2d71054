"""Many documents at once, in processes side by side; one that cannot be used does not lose the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from chainrule.checker.check import check, check_text
from chainrule.checker.report import Report
from chainrule.errors import ChainruleError

FEW = 4  # so many documents are checked sooner than other processes start


@dataclass(frozen=True)
class Failed:
    """A document that could not be used, and the message."""

    file: str
    message: str


Result: TypeAlias = "Report | Failed"
Source: TypeAlias = "tuple[str, str | None]"
"""The name of a document, and its text if it is no file."""


def check_many(sources: Sequence[Source], done: Callable[[], object] = lambda: None, workers: int = 0) -> list[Result]:
    """The results in the order of the sources; `done` is called after each, and workers=0 takes all processors."""
    workers = min(workers or processors(), len(sources))
    if workers == 1 or len(sources) < FEW:
        return [_and(done, result(s)) for s in sources]
    out: dict[int, Result] = {}
    with _pool(workers) as pool:
        futures = {n: pool.submit(result, s) for n, s in enumerate(sources)}
        for f in futures.values():
            f.add_done_callback(lambda f: done() if not f.cancelled() and f.exception() is None else None)
        try:
            lost = [n for n, f in futures.items() if not _kept(out, n, f)]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    for n in lost:  # a process broke down: each of them in one of its own, to know which it was
        with _pool(1) as pool:
            if not _kept(out, n, pool.submit(result, sources[n])):
                out[n] = Failed(sources[n][0], f"the process that checked {sources[n][0]} broke down")
        done()
    return [out[n] for n in range(len(sources))]


def _kept(out: dict[int, Result], n: int, future: Future[Result]) -> bool:
    try:
        out[n] = future.result()
    except BrokenProcessPool:
        return False
    return True


def _and(done: Callable[[], object], made: Result) -> Result:
    done()
    return made


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_ignore_interrupts)


def _ignore_interrupts() -> None:
    """The first process ends the others when it is stopped from the keyboard."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def result(source: Source) -> Result:
    """The report of a document, or why there is none."""
    name, text = source
    try:
        return check(Path(name)) if text is None else check_text(text, name)
    except ChainruleError as problem:
        return Failed(name, str(problem))
    except Exception as problem:
        if os.environ.get("CHAINRULE_TRACEBACK"):
            raise
        said = f"{type(problem).__name__}: {problem}".splitlines()[0][:200]
        return Failed(name, f"{name}: this is a fault of chainrule, not of the document ({said}); please report it")
