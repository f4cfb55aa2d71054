"""Fast functions from expressions: the source of a module that needs NumPy alone, and the function it defines."""

from __future__ import annotations

import inspect
import keyword
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from chainrule.backends.plan import ADD, ATOM, MUL, names_in
from chainrule.backends.sizes import Source, sources
from chainrule.core.expr import Expr, Var
from chainrule.core.graph import walk
from chainrule.errors import NameClash, ShapeError, UnknownName, WrongType

BACKENDS = ("numpy",)
LEGIBLE = 150  # nodes; the text of a larger expression is not put into the docstring
Exprs = Expr | Sequence[Expr]


@dataclass(frozen=True, slots=True)
class Generated:
    """A generated module and what its function takes: parameter names by the names people use."""

    source: str
    name: str
    variables: dict[Var, str]
    functions: dict[str, str]
    sizes: dict[str, str]
    sources: dict[str, Source]
    results: tuple[Expr, ...]
    single: bool


def emit(e: Exprs, target: str = "numpy", name: str = "f") -> str:
    """The source of a module that defines the function `name` of the variables of `e`, readable, without chainrule.

    Several expressions give a tuple and share their work. Sizes are read from the arrays; one that no array has is a
    parameter, and so is each opaque function and each derivative of one (J, DJ, D2J).

    Raises:
        UnknownName: no such target.
        NameClash: `name` cannot be the name of a function.
        WrongType: `e` is no expression.
        NoRuleError: something in `e` cannot be said in code.
    """
    return generate(e, target, name).source


def compile(e: Exprs, backend: str = "numpy") -> Callable[..., Any]:
    """A function of the variables of `e`, given by keyword: f(W=…, x=…) -> array.

    Several expressions give a tuple and share their work. Keywords that are not needed are ignored. Sizes come from the
    arrays; one that no array has is given by name (n=3). Opaque functions and their derivatives are given by name: J=…,
    DJ=…, D2J=… (output axes, then argument axes once or twice). Whole numbers count as float64, float32 stays.

    Raises:
        UnknownName: no such backend.
        WrongType: `e` is no expression.
        NoRuleError: something in `e` cannot be said in code.
    """
    from chainrule.backends.checked_call import Compiled

    return Compiled(generate(e, backend, "f"))


def generate(e: Exprs, target: str, name: str) -> Generated:
    """The module for a target."""
    if target not in BACKENDS:
        raise UnknownName(f"there is no backend {target!r}", hint=f"this version has: {', '.join(map(repr, BACKENDS))}")
    results = _results(e)
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise NameClash(f"{name!r} cannot be the name of a function in Python", hint="f")
    for r in results:
        if r.free:
            raise ShapeError(
                "an index expression with free indices has no value of its own", hint="make an Array of it"
            )
    return _Module(results, isinstance(e, Expr), name).generate()


def _results(e: object) -> tuple[Expr, ...]:
    """One expression or several, as they are asked for."""
    if isinstance(e, Expr):
        return (e,)
    items: list[object] = list(e) if isinstance(e, Iterable) and not isinstance(e, (str, Mapping)) else [e]
    strangers = [r for r in items if not isinstance(r, Expr)]
    if strangers:
        what = "a text" if isinstance(strangers[0], str) else type(strangers[0]).__name__
        raise WrongType(f"an expression is wanted, or several, not {what}", hint="cr.parse(text) makes one")
    if not items:
        raise WrongType("an expression is wanted, or several, and the list is empty", hint="cr.parse(text) makes one")
    return cast("tuple[Expr, ...]", tuple(items))


class _Module:
    """The parts of a generated module."""

    def __init__(self, results: tuple[Expr, ...], single: bool, name: str) -> None:
        from chainrule.backends import kernels
        from chainrule.backends.numpy_calls import supported
        from chainrule.backends.numpy_code import Emitter
        from chainrule.backends.prepare import prepare

        self.kernels: dict[str, Callable[..., Any]] = {
            n: f for n, f in vars(kernels).items() if inspect.isfunction(f) and f.__module__ == kernels.__name__
        }
        if name == "np" or name in self.kernels:
            raise NameClash(f"{name} has a meaning in the generated module already", hint="f")
        self.results, self.single, self.name = results, single, name
        self.em = Emitter()
        self.program = self.em.program
        self.program.taken |= {name, *self.kernels}
        roots = prepare(results, supported)
        self.variables = [v for v in walk(*results) if isinstance(v, Var)]
        used = {v for v in walk(*roots) if isinstance(v, Var)}
        for v in self.variables:
            self.em.variables[v.name] = self.program.claim(v.name)
        self.outputs = [c.text for c in self.em.lower(roots)]
        self.lines = self.program.live(self.outputs)
        if self.lines and self.outputs == [self.lines[-1].name] and not self.lines[-1].changes:
            self.outputs = [self.lines.pop().text.split(" = ", 1)[1]]
        self.sources = sources(self.variables)
        self.used = used

    def generate(self) -> Generated:
        body = "\n".join([f"{line.text}  # {line.comment}" if line.comment else line.text for line in self.lines])
        result = ", ".join(self.outputs) if self.single or len(self.outputs) > 1 else f"({self.outputs[0]},)"
        header, free = self._header(names_in(body) | names_in(result))
        parameters = {v: self.em.variables[v.name] for v in self._needed(header + body + result)}
        functions = dict(self.em.functions)
        arguments = ", ".join([*parameters.values(), *functions.values(), *free.values()])
        text = "\n".join(part for part in (self._doc(parameters), header, body, f"return {result}") if part)
        function = f"def {self.name}({arguments}):\n{textwrap.indent(text, '    ')}\n"
        source = "\n\n".join(["import numpy as np\n", *self._kernels(body + result), function])
        return Generated(source, self.name, parameters, functions, free, self.sources, self.results, self.single)

    def _needed(self, text: str) -> list[Var]:
        named = names_in(text)
        return [v for v in self.variables if v in self.used or self.em.variables[v.name] in named]

    def _header(self, named: set[str]) -> tuple[str, dict[str, str]]:
        """Lines that read sizes from arrays, and the sizes that no array tells."""
        p = self.program
        wanted = {n for n, python in p.size_names.items() if python in named}
        while True:
            more = {m for n in wanted if n in self.sources for m in self._before(n)} - wanted
            if not more:
                break
            wanted |= more
        free = {n: p.size_names[n] for n in sorted(wanted - self.sources.keys())}
        lines = self._size_lines([n for n in self.sources if n in wanted])
        if "dtype" in named:
            floats = [self.em.variables[v.name] for v in self.variables if v.index_size is None and v in self.used]
            lines.append(f"dtype = np.result_type({', '.join(floats)})" if floats else "dtype = np.float64")
        return "\n".join(lines), free

    def _before(self, n: str) -> set[str]:
        s = self.sources[n]
        for m in s.rest.names | s.factor.names:
            self.program.size(_size(m))
        return set(s.rest.names | s.factor.names)

    def _size_lines(self, wanted: list[str]) -> list[str]:
        lines: list[str] = []
        done: set[str] = set()
        for n in wanted:
            s, python = self.sources[n], self.em.variables[self.sources[n].var.name]
            if n in done:
                continue
            whole = [min(d.names, default="") for d in s.var.shape]
            if len(whole) > 1 and all(
                w in wanted and self.sources[w].var is s.var and self.sources[w].axis == k and self.sources[w].plain
                for k, w in enumerate(whole)
            ):
                lines.append(f"{', '.join(self.program.size_names[w] for w in whole)} = {python}.shape")
                done.update(whole)
                continue
            extent = f"{python}.shape[{s.axis}]"
            if not s.plain:
                extent = self._solved(extent, s)
            lines.append(f"{self.program.size_names[n]} = {extent}")
            done.add(n)
        return lines

    def _solved(self, extent: str, s: Source) -> str:
        p, rest, factor = self.program, s.rest, s.factor
        if factor == _size(-1):
            return f"{p.size(rest, ADD)} - {extent}"
        if rest.terms:
            negative = all(c < 0 for _, c in rest.terms)
            extent += f" + {p.size(rest * -1, ADD)}" if negative else f" - {p.size(rest, MUL)}"
        if factor == _size(1):
            return extent
        return f"{f'({extent})' if rest.terms else extent} // {p.size(factor, ATOM)}"

    def _doc(self, parameters: Mapping[Var, str]) -> str:
        formulas = [_text(r) for r in self.results]
        shapes = "; ".join(f"{p}: {self._shape(v)}" for v, p in parameters.items())
        out = ", ".join(self.program.comment(r.shape) if r.shape else "scalar" for r in self.results)
        first = "\n".join(f for f in formulas if f) or "Generated function."
        text = f"{first}\n\n{shapes}\nreturns: {out}\n".replace("\\", "\\\\").replace('"""', "'''")
        text = re.sub(r"\n{3,}", "\n\n", text)
        return f'"""{text}"""'

    def _shape(self, v: Var) -> str:
        shape = self.program.comment(v.shape) if v.shape else "scalar"
        return shape if v.index_size is None else f"{shape} whole numbers below {v.index_size}"

    def _kernels(self, text: str) -> list[str]:
        wanted: set[str] = set()
        todo = names_in(text) & self.kernels.keys()
        while todo:
            n = todo.pop()
            wanted.add(n)
            todo |= (names_in(inspect.getsource(self.kernels[n])) & self.kernels.keys()) - wanted
        return [inspect.getsource(f) for n, f in self.kernels.items() if n in wanted]


def _size(name: str | int) -> Any:
    from chainrule.core.size import size

    return size(name)


def _text(e: Expr) -> str:
    """The formula as text; nothing where it has none or it would fill pages."""
    if len(list(walk(e))) > LEGIBLE:
        return ""
    try:
        text = e.text()
    except Exception:  # noqa: BLE001  a formula is a courtesy: code without it is still right
        return ""
    return text if len(text) < 1000 else ""
