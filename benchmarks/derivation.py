"""How long a derivation takes: over the depth of a network, and over the cases of tests/oracle.

    python benchmarks/derivation.py [--depths 1,2,4,…] [--repeat 5] [--no-peers] [--no-cases] [--json FILE]

Prints the machine, the versions, the sizes, medians and ratios; what is compared runs in turn. SymPy and tensorgrad
take part where they are installed and can do it; `jax.make_jaxpr(jax.grad(f))` is a reference: it traces a gradient,
without a formula.
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
SLOW = 5  # seconds after which a task is not repeated


class TooLongError(Exception):
    """The time limit was reached."""


def interleaved(tasks: dict[str, Callable[[], Any]], repeat: int) -> dict[str, float]:
    """The median of the seconds of each task, all run in turn, garbage collected before each.

    A task that fails or takes longer than the limit is left out; one that is slow is run once.
    """
    times: dict[str, list[float]] = {name: [] for name in tasks}
    active = dict(tasks)
    for _ in range(repeat):
        for name, task in tuple(active.items()):
            seconds = timed(name, task)
            if seconds is None:
                active.pop(name)
                times.pop(name)
                continue
            times[name].append(seconds)
            if seconds > SLOW:
                active.pop(name)
    return {name: statistics.median(some) for name, some in times.items()}


def timed(name: str, task: Callable[[], Any]) -> float | None:
    """The seconds that a task takes, or None where it fails or takes longer than the limit."""

    def ring(*_: object) -> None:
        raise TooLongError

    gc.collect()
    signal.signal(signal.SIGALRM, ring)
    signal.alarm(LIMIT)
    try:
        start = time.perf_counter()
        task()
        return time.perf_counter() - start
    except TooLongError:
        print(f"    ({name}: more than {LIMIT} s)")
    except Exception as problem:
        print(f"    ({name}: {type(problem).__name__}: {' '.join(str(problem).split())[:90]})")
    finally:
        signal.alarm(0)
    return None


# ---------------------------------------------------------------- a deep network


def network(depth: int) -> tuple[str, str]:
    """A tanh network of this depth, with its declarations: every layer a square matrix."""
    lines = ["h0 = x"] + [f"h{k} = tanh(W{k}*h{k - 1} + b{k})" for k in range(1, depth + 1)]
    given = ["x: n; t: n"] + [f"W{k}: n n; b{k}: n" for k in range(1, depth + 1)]
    return "\n".join([*lines, f"0.5*norm2(h{depth} - t)^2"]), "; ".join(given)


def jax_network(depth: int) -> Callable[[], Any]:
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
    return lambda: jax.make_jaxpr(jax.grad(f))(eye, rest, one, one)


def sympy_network(depth: int) -> Callable[[], Any]:
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

    return gradient


def tensorgrad_network(depth: int) -> Callable[[], Any]:
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

    return gradient


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
    active, rows = list(peers), list[dict[str, Any]]()
    for depth in depths:
        text, given = network(depth)
        e = cr.parse(text, given=given)
        d = cr.derive(e, wrt="W1")
        tasks: dict[str, Callable[[], Any]] = {
            "parse": lambda t=text, g=given: cr.parse(t, given=g),
            "derive": lambda e=e: cr.derive(e, wrt="W1"),
            "grad": lambda e=e: cr.grad(e, "W1"),
            "derive and judge": lambda e=e: [step.verdict for step in cr.derive(e, wrt="W1").steps],
        }
        found = interleaved(tasks | {name: PEERS[name](depth) for name in active}, repeat)
        judge = found["derive and judge"] - found["derive"]
        line = f"{depth:5d} {found['parse']:8.4f} {found['derive']:8.4f} {found['grad']:8.4f} {judge:8.3f}"
        line += f" {len(d.steps):6d} {d.operations:6d}"
        for name in peers:
            if name in found:
                line += f" {found[name]:11.4f} {found[name] / found['derive']:8.2f}"
            else:
                line += f" {'-':>11} {'-':>8}"
        active = [name for name in active if name in found]
        print(line, flush=True)
        rows.append({"depth": depth, "steps": len(d.steps), "operations": d.operations, **found})
    print("\nratio: seconds of the peer / seconds of derive. A peer that failed or needed more than "
          f"{LIMIT} s is not asked again.")  # fmt: skip
    return rows


# ---------------------------------------------------------------- the cases


def over_cases(repeat: int, peers: list[str]) -> dict[str, Any]:
    """Derivation times over the cases of tests/oracle; JAX traces the same derivatives where it is installed."""
    sys.path.insert(0, str(ROOT / "tests" / "oracle"))
    cases = [p for name in ("cases.json", "more.json") for p in _cases(name)]
    found: dict[str, dict[str, float]] = {}
    for p in cases:
        tasks: dict[str, Callable[[], Any]] = {"derive": lambda p=p: _derive(p)}
        if "jax" in peers:
            tasks["jax"] = lambda p=p: _trace(p)
        found[p["id"]] = interleaved(tasks, repeat)
    mine = {name: s["derive"] for name, s in found.items() if "derive" in s}
    times = sorted(mine.values())
    print(f"\n{len(mine)} of {len(cases)} cases of tests/oracle, parsing and deriving, seconds\n")
    nine = times[int(0.9 * len(times))]
    print(f"  median {statistics.median(times):.4f}, 90 % below {nine:.4f}, worst {times[-1]:.4f}")
    slowest = sorted(mine, key=mine.__getitem__, reverse=True)[:5]
    print("  slowest: " + ", ".join(f"{name} {mine[name]:.3f}" for name in slowest))
    both = [s for s in found.values() if len(s) == 2]
    if both:
        print(f"  jax.make_jaxpr of the derivative: median {statistics.median(s['jax'] for s in both):.4f}; "
              f"ratio to ours, median {statistics.median(s['jax'] / s['derive'] for s in both):.2f}")  # fmt: skip
    return found


def over_matrices(repeat: int, peers: list[str]) -> dict[str, Any]:
    """Expressions that SymPy's matrices and tensorgrad can say as well, each in its own words."""
    others = {"sympy": _sympy_matrices, "tensorgrad": _tensorgrad_matrices}
    theirs = {name: make() for name, make in others.items() if name in peers}
    print("\nExpressions that the peers can say as well, seconds (median)\n")
    print(f"{'':28} {'derive':>9}" + "".join(f" {name:>11} {'ratio':>8}" for name in theirs))
    out: dict[str, Any] = {}
    for text, given, wrt in MATRICES:
        tasks: dict[str, Callable[[], Any]] = {
            "derive": lambda t=text, g=given, w=wrt: cr.derive(cr.parse(t, given=g), wrt=w)
        }
        found = interleaved(tasks | {name: m[text] for name, m in theirs.items() if text in m}, repeat)
        line = f"{text:28} {found['derive']:9.4f}"
        for name in theirs:
            s = found.get(name)
            line += f" {'-':>11} {'-':>8}" if s is None else f" {s:11.4f} {s / found['derive']:8.2f}"
        print(line, flush=True)
        out[text] = found
    return out


MATRICES = (
    ("x'*A*x", "A: n n; x: n", "x"),
    ("norm2(A*x - y)^2", "A: m n; x: n; y: m", "x"),
    ("tr(A*X*B)", "A: p m; X: m n; B: n p", "X"),
    ("tr(X*A*X'*B)", "X: m n; A: n n; B: m m", "X"),
    ("logdet(X)", "X: n n", "X"),
    ("a'*inv(X)*b", "a: n; b: n; X: n n", "X"),
    ("softmax(x)", "x: n", "x"),
    ("sum(tanh(A*x))", "A: m n; x: n", "x"),
)


def _sympy_matrices() -> dict[str, Callable[[], Any]]:
    import sympy as sp

    n, m, p = sp.symbols("n m p", integer=True, positive=True)
    S = sp.MatrixSymbol
    x, y, a, b = S("x", n, 1), S("y", m, 1), S("a", n, 1), S("b", n, 1)
    A, X = S("A", n, n), S("X", n, n)
    Y, Z, B = S("Y", m, n), S("Z", m, m), S("B", n, p)
    M, P = S("M", m, n), S("P", p, m)
    return {
        "x'*A*x": lambda: (x.T * A * x).diff(x).doit(),
        "norm2(A*x - y)^2": lambda: ((M * x - y).T * (M * x - y)).diff(x).doit(),
        "tr(A*X*B)": lambda: sp.Trace(P * Y * B).diff(Y).doit(),
        "tr(X*A*X'*B)": lambda: sp.Trace(Y * A * Y.T * Z).diff(Y).doit(),
        "logdet(X)": lambda: sp.log(sp.Determinant(X)).diff(X).doit(),
        "a'*inv(X)*b": lambda: (a.T * X.I * b).diff(X).doit(),
    }


def _tensorgrad_matrices() -> dict[str, Callable[[], Any]]:
    import sympy
    import tensorgrad.functions as F
    from tensorgrad import Variable

    n, m, p = sympy.symbols("n m p")
    x, y = Variable("x", i=n), Variable("y", k=m)
    A, M = Variable("A", i=n, j=n), Variable("M", k=m, i=n)
    X, P, B = Variable("X", k=m, i=n), Variable("P", q=p, k=m), Variable("B", i=n, q=p)
    Q, R = Variable("Q", i=n, j=n), Variable("R", k=m, l=m)
    return {
        "x'*A*x": lambda: (x @ A @ x.rename(i="j")).grad(x).full_simplify(),
        "norm2(A*x - y)^2": lambda: ((M @ x - y) @ (M @ x - y)).grad(x).full_simplify(),
        "tr(A*X*B)": lambda: (P @ X @ B).grad(X).full_simplify(),
        "tr(X*A*X'*B)": lambda: (X @ Q @ X.rename(i="j", k="l") @ R).grad(X).full_simplify(),
        "softmax(x)": lambda: F.softmax(x, dim="i").grad(x).full_simplify(),
        "sum(tanh(A*x))": lambda: F.sum(F.tanh(M @ x)).grad(x).full_simplify(),
    }


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
    commands = {code: [sys.executable, "-c", code] for code in ("pass", "import chainrule")}
    found = interleaved(
        {code: lambda c=c: subprocess.run(c, check=True) for code, c in commands.items()}, max(repeat, 5)
    )
    return found["import chainrule"] - found["pass"]


def versions() -> dict[str, str]:
    """The versions of what takes part."""
    return {name: v for name in ("chainrule", "numpy", "python-flint", *PEERS, "torch") if (v := installed(name))}


def machine() -> str:
    """The machine and the versions, in two lines."""
    system = f"{platform.system()}, {platform.machine()}, {os.cpu_count()} cores"
    return f"{system}\nPython {platform.python_version()}; " + ", ".join(f"{k} {v}" for k, v in versions().items())


def main() -> None:
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--depths", default=",".join(map(str, DEPTHS)))
    ap.add_argument("--repeat", type=int, default=5)
    ap.add_argument("--no-peers", action="store_true")
    ap.add_argument("--no-cases", action="store_true")
    ap.add_argument("--json", type=Path)
    options = ap.parse_args()
    peers = [name for name in PEERS if not options.no_peers and installed(name)]
    print(machine())
    loading = import_time(options.repeat)
    print(f"\nimport chainrule: {loading:.3f} s")
    rows = over_depth([int(d) for d in options.depths.split(",")], options.repeat, peers)
    matrices = over_matrices(options.repeat, peers)
    cases = {} if options.no_cases else over_cases(options.repeat, peers)
    if options.json:
        data = {"versions": versions(), "import": loading, "depth": rows, "matrices": matrices, "cases": cases}
        options.json.write_text(json.dumps(data, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
