"""`parse`: from text to expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from chainrule.core.expr import Array, Expr, Shape, Var, intern
from chainrule.core.index import Index
from chainrule.core.size import Size, inferring, size
from chainrule.errors import ParseError, ShapeError, WrongType
from chainrule.notation.declarations import Declared, declarations
from chainrule.notation.elaborate import Elaboration
from chainrule.notation.grammar import Reader
from chainrule.notation.inference import Solver, is_hole
from chainrule.notation.naming import hints, name_parts
from chainrule.notation.source import Source
from chainrule.notation.syntax import Statement
from chainrule.notation.words import default_ndim
from chainrule.primitives.opaque import OpaqueFunction
from chainrule.primitives.shapes import show

__all__ = ["Program", "hints", "parse", "parse_program"]


@dataclass(frozen=True, slots=True)
class Program:
    """A text of the language, understood.

    result: the last statement; `letters` are its free index letters, in order of appearance.
    inferred: the variables that were not declared, with the shapes that they were found to have.
    sizes: the names of all sizes. notes: what a reader should know.
    """

    result: Expr
    definitions: tuple[tuple[str, Expr], ...]
    variables: dict[str, Var]
    functions: dict[str, OpaqueFunction]
    inferred: tuple[tuple[str, Shape], ...]
    sizes: tuple[str, ...]
    letters: tuple[Index, ...]
    notes: tuple[str, ...]

    @property
    def expression(self) -> Expr:
        """The result as a tensor: one axis for each free letter."""
        return intern(Array, self.letters, self.result) if self.letters else self.result

    def describe(self) -> str:
        """What was inferred, as in "x : (n,)"; empty if all was given."""
        return ", ".join(f"{name} : {show(shape) if shape else 'scalar'}" for name, shape in self.inferred)


def parse(text: str, given: str | Mapping[str, str] = "") -> Expr:
    """The expression that a text of the language means.

    `given` declares variables, as "W: m n; x: n" or {"W": "m n", "x": "n"}; sizes of others are inferred.

    Raises:
        ParseError: the text is not in the language.
        UnknownName, NameClash, ShapeError: its names or sizes do not fit.

    Examples:
        >>> parse("x'*A*x", given="A: n n").shape
        ()
        >>> parse("W*x + b", given={"W": "m n"}).shape
        (Size('m'),)

    """
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise WrongType(f"a text is wanted, not {type(text).__name__}", hint='cr.parse("x\'*A*x", given="A: n n")')
    return parse_program(text, given).expression


def parse_program(text: str, given: str | Mapping[str, str] = "", known: Mapping[str, Expr] | None = None) -> Program:
    """A text of the language with all that is known of its names; see `parse`.

    known: definitions made elsewhere, which the text may use, or make anew; a name of a size stands for it.
    """
    if not isinstance(given, (str, Mapping)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise WrongType(f"declarations are a text or a dictionary, not {type(given).__name__}", hint='given="A: n n"')
    if not isinstance(given, str):
        given = "\n".join(f"{name}: {what}" for name, what in given.items())
    declared = declarations(given)
    source = Source(text)
    statements = _statements(source, declared)
    solver = Solver()
    before = {n: e for n, e in (known or {}).items() if n not in declared.places}
    first = Elaboration(source, declared, statements, solver.hole, before)
    failure: ShapeError | None = None
    with inferring(solver.unify):
        try:
            first.run()
        except ShapeError as error:
            failure = error
        solver.finish()
    if failure is None and not first.holes:
        return _program(first)
    sizes = _known(first, solver, failure is None)
    second = Elaboration(source, declared, statements, sizes, before)
    second.run()
    if failure is not None:
        raise failure
    return _program(second)


def _statements(source: Source, declared: Declared) -> list[Statement]:
    names = frozenset(declared.variables) | frozenset(declared.functions)
    statements = Reader(source, names).statements()
    if not statements:
        raise ParseError("there is no expression", hint="W*x + b")
    for s in statements[:-1]:
        if not s.name:
            raise source.error("only the last statement is the result: this one needs a name", s.node.span,
                               hint=f"y = {source.text[s.node.start : s.node.end]}")  # fmt: skip
    last = statements[-1]
    if last.name:
        raise source.error(
            "the program ends with a definition, and has no result", last.span, hint=f"add ; {last.name}"
        )
    return statements


def _known(first: Elaboration, solver: Solver, complete: bool) -> Callable[[], Size]:
    """The solved sizes in the order in which they were asked for; all of them must be known if the walk is complete."""
    scope = first.scope
    taken = {*scope.sizes, *scope.coming, *first.declared.places, *scope.defaults, *first.letters}
    taken |= {letter.name for letter in first.bound}
    order = [n for v in scope.defaults.values() for n in v.dims]
    solver.name(order, taken)
    for hole, span, what in first.holes:
        if complete and span is not None and any(is_hole(name) for name in solver.resolve(hole).names):
            hint = "eye(n)" if what == "eye" else "ones(n)" if what in ("vector", "matrix") else "sum[k: n](…)"
            raise first.source.error(
                f"the size of {what} does not follow from its use", span, hint=hint, kind=ShapeError
            )
    sizes = iter([solver.resolve(hole) for hole, _, _ in first.holes])
    return lambda: next(sizes, size("?"))


def _program(done: Elaboration) -> Program:
    scope, declared = done.scope, done.declared
    *named, (_, result) = done.results
    letters = tuple(i for i in done.letters.values() if i in result.free)
    if result.free and result.shape:
        raise done.fail(
            "letters and whole tensors are mixed here",
            done.statements[-1].node,
            "give all of them subscripts: x[i]*y[i]",
        )
    defaults = scope.defaults.values()
    used = [name for v in defaults for n in v.dims for name in sorted(n.names)]
    program = Program(
        result=result,
        definitions=tuple(named),
        variables={**declared.variables, **scope.defaults},
        functions=dict(declared.functions),
        inferred=tuple((v.name, v.shape) for v in defaults),
        sizes=tuple(dict.fromkeys([*scope.sizes, *used])),
        letters=letters,
        notes=(*_doubtful(declared), *done.notes),
    )
    names = {value: name for name, value in named if not isinstance(value, Var)}
    avoid = {*declared.places, *declared.sizes, *scope.sizes}
    name_parts(program.expression, names, avoid, program.variables.values())
    return program


def _doubtful(declared: Declared) -> Iterator[str]:
    """Words that stand once, as one axis more than the letter lets one expect: x: n foo."""
    words = [name for v in declared.variables.values() for n in v.dims for name in n.names]
    for v in declared.variables.values():
        for name in (str(n) for n in v.dims):
            if len(name) > 1 and name.isalpha() and words.count(name) == 1 and v.ndim > (default_ndim(v.name) or 2):
                yield f"taking {v.name} : {show(v.dims)}, where {name} is a size"
