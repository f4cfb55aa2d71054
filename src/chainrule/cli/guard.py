"""What a user sees when something goes wrong: one short message, and an exit code that means something.

0    fine
1    what was checked is wrong
2    the input cannot be used
130  stopped from the keyboard
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
from collections.abc import Callable, Generator
from functools import wraps
from io import TextIOWrapper
from typing import Any, ParamSpec, TypeVar

import typer
from typer.core import TyperCommand

from chainrule.errors import ChainruleError

WRONG, UNUSABLE, STOPPED = 1, 2, 130
P = ParamSpec("P")
R = TypeVar("R")


class Worded(TyperCommand):
    """A command that says what is wrong with an option in words of its own, not of the library that checks it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as problem:
            for said, better in _WORDS.items():
                problem.message = re.sub(said, better, problem.message)
            raise


_WORDS = {
    "^Value error, ": "",
    "Input should be less than or equal to (\\S+)": r"\1 at most",
    "Input should be greater than or equal to (\\S+)": r"\1 at least",
    "Input should be a valid (\\S+), unable to parse string as an? \\S+": r"it is no \1",
}


class Formulas(Worded):
    """A command whose arguments may be formulas that start with a minus: -log(x) is not the option -l."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        options = {name for p in self.get_params(ctx) for name in p.opts}
        return super().parse_args(ctx, [f" {a}" if _is_formula(a, options) else a for a in args])


def _is_formula(a: str, options: set[str]) -> bool:
    if len(a) < 2 or a[0] != "-" or a[1] == "-" or a in options:
        return False
    return not (a[:2] in options and _FILE.search(a))  # -oout.tex is -o out.tex, and -omega*x a formula


_FILE = re.compile(r"\.(md|markdown|html|tex|txt|json|csv|toml|py)$", re.IGNORECASE)


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """A command that ends in a message, never in a traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with _guard():
            result = command(*args, **kwargs)
            sys.stdout.flush()
        return result

    return run


@contextlib.contextmanager
def _guard() -> Generator[None]:
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except BrokenPipeError:
        _close_output()
        raise typer.Exit(0) from None
    except KeyboardInterrupt:
        raise typer.Exit(STOPPED) from None
    except ChainruleError as problem:
        raise fail(str(problem)) from None
    except OSError as problem:
        raise fail(f"{problem.filename or 'the file'}: {problem.strerror or problem}") from None
    except Exception as problem:
        if os.environ.get("CHAINRULE_TRACEBACK"):
            raise
        raise fail(_report(problem)) from None


@contextlib.contextmanager
def as_options() -> Generator[None]:
    """Messages about declarations name the option that takes them."""
    try:
        yield
    except ChainruleError as problem:
        problem.message, problem.hint = (t.replace('given="', '--given "') for t in (problem.message, problem.hint))
        raise


def fail(message: str) -> typer.Exit:
    """Say what is wrong; the exception to raise."""
    print(f"chainrule: {message}", file=sys.stderr)
    return typer.Exit(UNUSABLE)


def _report(problem: Exception) -> str:
    said = f"{type(problem).__name__}: {problem}".splitlines()[0][:200]
    call = " ".join(map(shlex.quote, ["chainrule", *sys.argv[1:]]))
    return (
        f"this is a fault of chainrule, not of your input ({said}).\n"
        f"  Please report it with the command that shows it:\n    {call[:500]}\n"
        "  CHAINRULE_TRACEBACK=1 shows where it happened."
    )


def _close_output() -> None:
    """Nobody reads any more: let the interpreter flush into nothing at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def prepare() -> None:
    """Write ∂ and δ whatever the locale says."""
    for stream in (sys.stdout, sys.stderr, sys.stdin):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
