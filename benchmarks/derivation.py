"""How long a derivation takes: over the depth of a network, and over the cases of tests/oracle.

    python benchmarks/derivation.py [--depths 1,2,4,…] [--repeat 5] [--no-peers] [--no-cases] [--json FILE]

Prints the machine, the versions, the sizes, medians and ratios. SymPy and tensorgrad take part where they are installed
and can do it; `jax.make_jaxpr(jax.grad(f))` is a reference: it traces a gradient, without a formula.
"""

from __future__ import annotations

import argparse
import gc
import importlib.metadata
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chainrule as cr

ROOT = Path(__file__).resolve().parents[1]
DEPTHS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)
LIMIT = 60  # seconds after which a peer is not asked for more


class TooLongError(Exception):
    """The time limit was reached."""


def median(task: Callable[[], Any], repeat: int) -> float:
    """The median of the seconds that a task takes, garbage collected before each; once if it is slow."""
    times: list[float] = []
    for _ in range(repeat):
        gc.collect()
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
        if times[-1] > 2:
            break
    return statistics.median(times)


def limited(task: Callable[[], float]) -> float | None:
    """What the task returns, or None where it fails or takes longer than the limit."""

    def ring(*_: object) -> None:
        raise TooLongError

    signal.signal(signal.SIGALRM, ring)
    signal.alarm(LIMIT)
    try:
        return task()
    except TooLongError:
        return None
    except Exception as problem:
        print(f"    ({type(problem).__name__}: {str(problem).splitlines()[0][:100] if str(problem) else ''})")
        return None
    finally:
        signal.alarm(0)


# ---------------------------------------------------------------- a deep network


def network(depth: int) -> tuple[str, str]:
    """A tanh network of this depth, with its declarations: every layer a square matrix."""
    lines = ["h0 = x"] + [f"h{k} = tanh(W{k}*h{k - 1} + b{k})" for k in range(1, depth + 1)]
    given = ["x: n; t: n"] + [f"W{k}: n n; b{k}: n" for k in range(1, depth + 1)]
    return "\n".join([*lines, f"0.5*norm2(h{depth} - t)^2"]), "; ".join(given)


def ours(depth: int, repeat: int) -> dict[str, float]:
    """Seconds for parsing, deriving by the first weight, judging all steps, and the size of the result."""
    text, given = network(depth)
    parsing = median(lambda: cr.parse(text, given=given), repeat)
    e = cr.parse(text, given=given)
    deriving = median(lambda: cr.derive(e, wrt="W1"), repeat)
    gradient = median(lambda: cr.grad(e, "W1"), repeat)
    d = cr.derive(e, wrt="W1")
    judging = median(lambda: [step.verdict for step in cr.derive(e, wrt="W1").steps], 1)
    return {
        "parse": parsing,
        "derive": deriving,
        "grad": gradient,
        "judge": judging - deriving,
        "steps": len(d.steps),
        "operations": d.operations,
    }


def jax_network(depth: int, repeat: int) -> float:
    import jax
    import jax.numpy as jnp

    n = 4

    def f(W1: Any, rest: Any, x: Any, t: Any) -> Any:
        h = jnp.tanh(W1 @ x)
        for W, b in rest:
            h = jnp.tanh(W @ h + b)
        return 0.5 * jnp.sum((h - t) ** 2)

    eye, one = jnp.eye(n), jnp.ones(n)
    rest = [(eye, one)] * (depth - 1)
    return median(lambda: jax.make_jaxpr(jax.grad(f))(eye, rest, one, one), repeat)


def sympy_network(depth: int, repeat: int) -> float:
    """SymPy's indexed sums: its matrix expressions cannot differentiate a function that is applied entry by entry."""
    import sympy as sp

    n = sp.Symbol("n", integer=True, positive=True)

    def gradient() -> Any:
        i = sp.symbols(f"i0:{depth + 1}", integer=True)
        W = [sp.IndexedBase(f"W{k}") for k in range(depth + 1)]
        b = [sp.IndexedBase(f"b{k}") for k in range(depth + 1)]
        x, t = sp.IndexedBase("x"), sp.IndexedBase("t")
        h: Any = x[i[0]]
        for k in range(1, depth + 1):
            h = sp.tanh(sp.Sum(W[k][i[k], i[k - 1]] * h, (i[k - 1], 0, n - 1)) + b[k][i[k]])
        p, q = sp.symbols("p q", integer=True)
        return sp.Sum((h - t[i[depth]]) ** 2 / 2, (i[depth], 0, n - 1)).diff(W[1][p, q])

    return median(gradient, repeat)


def tensorgrad_network(depth: int, repeat: int) -> float:
    import sympy
    import tensorgrad.functions as F
    from tensorgrad import Variable

    def gradient() -> Any:
        n = sympy.symbols("n")
        h: Any = Variable("x", i0=n)
        first: Any = None
        for k in range(1, depth + 1):
            W = Variable(f"W{k}", **{f"i{k - 1}": n, f"i{k}": n})
            first = W if first is None else first
            h = F.tanh(W @ h + Variable(f"b{k}", **{f"i{k}": n}))
        r = h - Variable("t", **{f"i{depth}": n})
        return (r @ r).grad(first).full_simplify()

    return median(gradient, repeat)


PEERS = {"jax": jax_network, "tensorgrad": tensorgrad_network, "sympy": sympy_network}


def installed(name: str) -> str | None:
    """The version of a package, or None."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def over_depth(depths: list[int], repeat: int, peers: list[str]) -> list[dict[str, Any]]:
    """The table over the depth of the network."""
    print("\nGradient of a tanh network of depth L by its first weight, seconds (median)\n")
    print(f"{'L':>5} {'parse':>8} {'derive':>8} {'grad':>8} {'judge':>8} {'steps':>6} {'ops':>6}", end="")
    print("".join(f" {name:>11} {'ratio':>8}" for name in peers))
    active, rows = dict.fromkeys(peers, True), list[dict[str, Any]]()
    for depth in depths:
        row: dict[str, Any] = {"depth": depth, **ours(depth, repeat)}
        line = f"{depth:5d} {row['parse']:8.4f} {row['derive']:8.4f} {row['grad']:8.4f} {row['judge']:8.3f}"
        line += f" {row['steps']:6d} {row['operations']:6d}"
        for name in peers:
            found = limited(lambda name=name, depth=depth: PEERS[name](depth, repeat)) if active[name] else None
            active[name] = found is not None
            row[name] = found
            line += f" {found:11.4f} {found / row['derive']:8.2f}" if found is not None else f" {'-':>11} {'-':>8}"
        print(line, flush=True)
        rows.append(row)
    print("\nratio: seconds of the peer / seconds of derive. A peer that failed or needed more than "
          f"{LIMIT} s is not asked again.")  # fmt: skip
    return rows


# ---------------------------------------------------------------- the cases


def over_cases(repeat: int, peers: list[str]) -> dict[str, Any]:
    """Derivation times over the cases of tests/oracle; JAX traces the same derivatives where it is installed."""
    sys.path.insert(0, str(ROOT / "tests" / "oracle"))
    cases = [p for name in ("cases.json", "more.json") for p in _cases(name)]
    mine: dict[str, float] = {}
    for p in cases:
        found = limited(lambda p=p: median(lambda: _derive(p), repeat))
        if found is not None:
            mine[p["id"]] = found
    times = sorted(mine.values())
    print(f"\n{len(mine)} of {len(cases)} cases of tests/oracle, parsing and deriving, seconds\n")
    nine = times[int(0.9 * len(times))]
    print(f"  median {statistics.median(times):.4f}, 90 % below {nine:.4f}, worst {times[-1]:.4f}")
    slowest = sorted(mine, key=mine.__getitem__, reverse=True)[:5]
    print("  slowest: " + ", ".join(f"{name} {mine[name]:.3f}" for name in slowest))
    out: dict[str, Any] = {"seconds": mine}
    if "jax" in peers:
        traced = {
            p["id"]: s for p in cases if (s := limited(lambda p=p: median(lambda: _trace(p), repeat))) is not None
        }
        ratios = [traced[name] / mine[name] for name in mine if name in traced]
        print(f"  jax.make_jaxpr of the derivative: median {statistics.median(traced.values()):.4f}; "
              f"ratio to ours, median {statistics.median(ratios):.2f}")  # fmt: skip
        out["jax"] = traced
    return out


def _cases(name: str) -> list[dict[str, Any]]:
    return json.loads((ROOT / "tests" / "oracle" / name).read_text(encoding="utf-8"))["problems"]


def _given(p: dict[str, Any]) -> str:
    from case_files import given

    return given(p)


def _derive(p: dict[str, Any]) -> Any:
    e = cr.parse(p["expr"], given=_given(p))
    if isinstance(p["wrt"], list):
        return cr.derive(e, wrt=tuple(p["wrt"]))
    return cr.derive(e, wrt=p["wrt"], order=p["order"])


def _trace(p: dict[str, Any]) -> Any:
    import jax
    from jax_truth import Case, function_of

    case, names = Case(p, 0), list(p["vars"])
    f = function_of(p["ref"], names, case.sizes)
    for depth, w in enumerate(case.wrt):
        f = (jax.jacfwd if depth else jax.jacrev)(f, argnums=names.index(w))
    return jax.make_jaxpr(f)(*[case.values[n] for n in names])


def import_time(repeat: int) -> float:
    """Seconds that `import chainrule` adds to starting Python."""
    start = [sys.executable, "-c", "pass"], [sys.executable, "-c", "import chainrule"]
    bare, loaded = (median(lambda c=c: subprocess.run(c, check=True), max(repeat, 5)) for c in start)
    return loaded - bare


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--depths", default=",".join(map(str, DEPTHS)))
    ap.add_argument("--repeat", type=int, default=5)
    ap.add_argument("--no-peers", action="store_true")
    ap.add_argument("--no-cases", action="store_true")
    ap.add_argument("--json", type=Path)
    options = ap.parse_args()
    peers = [name for name in PEERS if not options.no_peers and installed(name)]
    versions = {name: v for name in ("chainrule", "numpy", "python-flint", *PEERS, "torch") if (v := installed(name))}
    print(f"{platform.platform()}, {platform.processor() or platform.machine()}, {os.cpu_count()} cores")
    print(f"Python {platform.python_version()}; " + ", ".join(f"{k} {v}" for k, v in versions.items()))
    loading = import_time(options.repeat)
    print(f"\nimport chainrule: {loading:.3f} s")
    rows = over_depth([int(d) for d in options.depths.split(",")], options.repeat, peers)
    cases = {} if options.no_cases else over_cases(options.repeat, peers)
    if options.json:
        data = {"versions": versions, "import": loading, "depth": rows, "cases": cases}
        options.json.write_text(json.dumps(data, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
