"""From syntax to expressions: what each name is, and what each sign builds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chainrule.core.expr import (
    Access,
    Array,
    Const,
    Delta,
    Expr,
    Iverson,
    Partial,
    SizeValue,
    Sum,
    Var,
    access,
    const,
    intern,
)
from chainrule.core.index import Affine, Index, affine, fresh, lookup
from chainrule.core.size import ONE, Size, same, size
from chainrule.errors import ChainruleError, ParseError, ShapeError
from chainrule.notation.arguments import Arguments
from chainrule.notation.blame import Blame
from chainrule.notation.declarations import Declared, size_of
from chainrule.notation.grammar import COMPARISONS
from chainrule.notation.names import Scope
from chainrule.notation.source import Source, Span
from chainrule.notation.syntax import Letter, Node, Statement, postorder
from chainrule.notation.words import SIZED_BY_USE, filled, functions
from chainrule.primitives.arithmetic import add_p, div_p, matmul, matpow_p, mul_p, neg_p, pow_p, sub_p, transpose_p
from chainrule.primitives.elementwise import ge_p, gt_p, le_p, lt_p

MOST_BITS = 13_000  # of a number
_BUILD: dict[str, Callable[[Expr, Expr], Expr]] = {
    "+": add_p, "-": sub_p, "*": matmul, ".*": mul_p, "./": div_p, ".^": pow_p, ">": gt_p, ">=": ge_p, "<": lt_p,
    "<=": le_p,
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Elaboration:
    """One walk over a program. `hole` gives a size that is not known: a new one, or in the second walk the solution."""

    source: Source
    declared: Declared
    statements: list[Statement]
    hole: Callable[[], Size]
    known: Mapping[str, Expr] = field(default_factory=dict[str, Expr])  # definitions made elsewhere
    scope: Scope = field(init=False)
    values: dict[Node, Any] = field(default_factory=dict[Node, Any])
    sizes: dict[Node, Size] = field(default_factory=dict[Node, Size])
    bound: dict[Letter, Index] = field(default_factory=dict[Letter, Index])
    sized: set[Index] = field(default_factory=set[Index])  # letters whose range the text gives
    letters: dict[str, Index] = field(default_factory=dict[str, Index])
    holes: list[tuple[Size, Span | None, str]] = field(default_factory=list[tuple[Size, "Span | None", str]])
    matched: list[tuple[Size, Size]] = field(default_factory=list[tuple[Size, Size]])  # of the letters of a delta
    notes: dict[str, None] = field(default_factory=dict[str, None])
    results: list[tuple[str, Expr]] = field(default_factory=list[tuple[str, Expr]])

    def __post_init__(self) -> None:
        self.scope = Scope(self.source, self.declared, self.statements, self.new_size)
        for name, value in self.known.items():
            if isinstance(value, SizeValue):
                self.scope.sizes.setdefault(name)
            elif name not in self.scope.coming:
                self.scope.define(name, value)

    def run(self) -> list[tuple[str, Expr]]:
        """The value of every statement, in order."""
        for s in self.statements:
            value = self.evaluate(s.node)
            if not isinstance(value, Expr):
                raise self.fail("this is not an expression", s.node)
            if s.name:
                self.scope.define(s.name, value)
            self.results.append((s.name, value))
        for a, b in self.matched:  # last, as an axis says more
            same(a, b)
        return self.results

    def new_size(self, span: Span | None = None, what: str = "") -> Size:
        found = self.hole()
        self.holes.append((found, span, what))
        return found

    def fail(self, message: str, node: Node, hint: str = "") -> ParseError:
        return self.source.error(message, node.at if node.at != (0, 0) else node.span, hint=hint)

    def evaluate(self, root: Node) -> Any:
        for node in postorder(root, self._enter):
            try:
                value = self._value(node)
            except ChainruleError as error:
                if error.line:
                    raise
                raise self._placed(error, node) from None
            known = self._size(node)
            if node.whole and known is not None and known.names and not node.inside:
                value = intern(SizeValue, known)
            self.values[node] = value
        return self.values[root]

    def _enter(self, node: Node) -> tuple[Node, ...]:
        match node.kind:
            case "call":
                return self._arguments(node).expressions()
            case "where":
                return node.parts[0].parts
            case "list":
                return ()
            case _:
                return node.parts

    def _arguments(self, node: Node) -> Arguments:
        return Arguments(self.source, node, self.scope)

    def _value(self, node: Node) -> Any:
        if node.inside:
            return self._affine(node)
        parts = [self.values[p] for p in node.parts if p in self.values]
        match node.kind:
            case "number":
                return const(node.value)
            case "name":
                return self._name(node)
            case "group":
                return parts[0]
            case "unary":
                literal = node.whole and node.parts[0].kind == "number"
                return const(-node.parts[0].value) if literal else neg_p(parts[0])
            case "binary":
                return self._binary(node, *parts)
            case "transpose":
                return transpose_p(parts[0]) if parts[0].shape else parts[0]
            case "call":
                return self._call(node, parts)
            case "subscript":
                return self._entry(node, parts[0], parts[1:])
            case "string":
                raise self.fail("a string stands only in einsum", node, 'einsum("ij,jk->ik", A, B)')
            case "list":
                raise self.fail("a list stands only in permute and reshape", node, "reshape(X, [m, n])")
            case _:
                return self._index_form(node, parts)

    def _name(self, node: Node) -> Expr:
        if node.value == "eye":
            n = self.new_size(node.span, "eye")
            return functions()["eye"].build(n)
        if node.value in SIZED_BY_USE or node.value in functions():
            raise self.fail(f"{node.value} is a function: it needs its arguments", node, f"{node.value}(x)")
        return self.scope.value(node.value, node.span)

    def _size(self, node: Node) -> Size | None:
        """The size that this is, if it is made of sizes only."""
        if not node.pure:
            return None
        parts = [self.sizes.get(p) for p in node.parts]
        if None in parts:
            return None
        a, b = (*parts, None, None)[:2]
        found: Size | None = None
        if node.kind == "name" and node.letter is None and self.scope.is_size(node.value):
            found = size(str(node.value))
        elif node.kind == "number":
            found = size(int(node.value))
        elif a is not None and b is not None:
            match node.value:
                case "+":
                    found = a + b
                case "-":
                    found = a - b
                case "*":
                    found = a * b
                case _:
                    found = a // b if b.constant != 0 else None
        elif a is not None:
            found = a if node.kind == "group" else a * -1
        if found is not None:
            self.sizes[node] = found
        return found

    # Operators --------------------------------------------------------------------------------------------------

    def _binary(self, node: Node, a: Expr, b: Expr) -> Expr:
        op, (left, right) = node.value, node.parts
        if op == "//":
            quotient = self._size(node)
            if quotient is None or not quotient.names:
                raise self.fail("// divides whole sizes only", node, "x/2; h//2 is for sizes")
            return intern(SizeValue, quotient)
        if op == "/":
            if left.kind in ("number", "unary") and right.kind == "number" and node.whole and right.value:
                number = left if left.kind == "number" else left.parts[0]
                if number.kind == "number":
                    return const((number.value if number is left else -number.value) / right.value)
            if b.shape:
                raise self._shapes(
                    "/ divides by a scalar only", node, "./ divides entry by entry; A*inv(B) for matrices"
                )
            return div_p(a, b)
        if op in ("^", ".^"):
            if right.kind == "unary" and right.parts[0].kind == "number":
                b = const(-right.parts[0].value)
            return pow_p(a, b) if op == ".^" else self._power(node, a, b)
        if op in ("+", "-"):
            self._note(node, a, b)
        return _BUILD[op](a, b)

    def _power(self, node: Node, a: Expr, b: Expr) -> Expr:
        if not a.shape and not b.shape:
            if isinstance(a, Const) and isinstance(b, Const) and abs(a.value) not in (0, 1):
                bits = a.value.numerator.bit_length() + a.value.denominator.bit_length()
                if abs(b.value) * (bits - 1) > MOST_BITS:
                    raise self.fail(
                        "this power is a number of thousands of digits", node, "numbers are exact: up to 4000 digits"
                    )
            return pow_p(a, b)
        base, exponent = map(self._text, node.parts)
        entrywise = f"{base}.^{exponent} is entry by entry"
        if b.shape:
            hint = f"{base}' is the transpose" if exponent == "T" else entrywise
            raise self._shapes("the exponent of ^ must be a scalar", node, hint)
        if a.ndim != 2:
            raise self._shapes("^ is not defined for a vector", node, entrywise)
        value = getattr(b, "value", None)
        if value is None or value.denominator != 1:
            raise self._shapes("the power of a matrix must be a whole number", node, entrywise)
        return matpow_p(a, params=(int(value),))

    def _note(self, node: Node, a: Expr, b: Expr) -> None:
        for matrix, scalar in ((a, b), (b, a)):
            if matrix.ndim == 2 and matrix.shape[0] is matrix.shape[1] and not scalar.shape and not scalar.free:
                text = self._text(node.parts[1] if scalar is b else node.parts[0])
                unit = "eye" if text == "1" else f"{text}*eye"
                self.notes[f"{text} is added to every entry; the identity matrix is written {unit}"] = None

    # Calls ------------------------------------------------------------------------------------------------------

    def _call(self, node: Node, parts: list[Expr]) -> Expr:
        name = node.value
        opaque = self.scope.opaque(name)
        if opaque is not None:
            fn, order = opaque
            self._arguments(node).exactly(1)
            return fn(parts[0], order)
        if name in SIZED_BY_USE:
            self._arguments(node).exactly(1)
            return filled(parts[0], tuple(self.new_size(node.span, name) for _ in range(SIZED_BY_USE[name])))
        arguments = self._arguments(node)
        if "axes" in arguments.function.kinds and parts and not parts[0].shape and parts[0].free:
            raise self._entry_reduced(node, name)
        return arguments.function.build(*arguments.values(self.values))

    def _entry_reduced(self, node: Node, name: str) -> ParseError:
        """sum(x[i]*y[i]) is no sum: nothing in it says over what."""
        entry, letters = self._text(node.parts[0]), ", ".join(sorted(i.hint for i in self.values[node.parts[0]].free))
        if name in ("sum", "mean"):
            over = f"sum[{letters}]({entry})" + ("/n, where n is how many" if name == "mean" else "")
            hint = f"{over} adds up over {letters}"
        else:
            hint = f"{name}(x) is over all entries of a tensor, {name}(X, 0) along an axis: leave the letters out"
        return self.fail(f"{name} of one entry: {entry} is a number for each {letters}", node, hint)

    # Index form -------------------------------------------------------------------------------------------------

    def _index(self, letter: Letter) -> Index:
        if letter not in self.bound:
            if letter.extent is not None:
                self.bound[letter] = fresh(size_of(self.source, letter.extent), letter.name)
                self.sized.add(self.bound[letter])
            else:
                self.bound[letter] = fresh(self.new_size(letter.span, f"the letter {letter.name}"), letter.name)
        return self.bound[letter]

    def _entry(self, node: Node, tensor: Expr, subs: list[Affine]) -> Expr:
        if len(subs) != tensor.ndim:
            text, found = self._text(node.parts[0]), len(subs)
            message = f"{text} has {tensor.ndim} axes, but {found} subscript{'s' if found != 1 else ''}"
            raise self._shapes(message, node, f"{text}[{', '.join('ijklpqrs'[: tensor.ndim])}]")
        for sub, n, part in zip(subs, tensor.shape, node.parts[1:], strict=True):
            if sub.index is None or n is ONE or sub.index in self.sized:  # a letter may be said to run over a part
                continue
            if not same(sub.index.size, n):
                raise self.source.error(
                    f"the letter {sub.index.hint} runs over {sub.index.size}, this axis of "
                    f"{self._text(node.parts[0])} has size {n}", part.span, hint="use two letters", kind=ShapeError,
                )  # fmt: skip
        return access(tensor, *subs)

    def _affine(self, node: Node) -> Affine:
        parts = [self.values[p] for p in node.parts if p in self.values]
        match node.kind, node.value:
            case "number", value if value.denominator == 1:
                return affine(int(value))
            case "name", name:
                return self._subscript_name(node, name)
            case "group", _:
                return parts[0]
            case "unary", _:
                return parts[0].scaled(-1)
            case "subscript", _:
                return lookup(self._entry(node, parts[0], parts[1:]))
            case "binary", "+":
                return parts[0] + parts[1]
            case "binary", "-":
                return parts[0] - parts[1]
            case "binary", "*":
                for a, b in (parts, parts[::-1]):
                    if not b.terms:
                        return a.scaled(b.constant)
            case "binary", ("//" | "%") as op if not parts[1].terms and parts[1].constant.constant != 0:
                divisor = parts[1].constant
                return parts[0] // divisor if op == "//" else parts[0] % divisor
            case _:
                pass
        raise self.fail("a subscript is made of letters, sizes, whole numbers and + - * // %", node, "x[2*i+k]")

    def _subscript_name(self, node: Node, name: str) -> Affine:
        if node.letter is not None:
            return affine(self._index(node.letter))
        found = self.declared.variables.get(name)
        if found is not None and found.index_size is not None and not found.shape:
            return lookup(found)
        if not node.whole and self.scope.is_size(name):
            return affine(size(name))
        if name not in self.letters:
            self.letters[name] = fresh(self.new_size(node.span, f"the letter {name}"), name)
        return affine(self.letters[name])

    def _index_form(self, node: Node, parts: list[Any]) -> Expr:
        match node.kind:
            case "delta":
                if len(parts) != 2:
                    raise self.fail("delta needs two subscripts", node, "delta[i,j]")
                a, b = parts
                if a.index is not None and b.index is not None:
                    self.matched.append((a.index.size, b.index.size))
                return intern(Delta, a, b)
            case "where":
                comparison = node.parts[0]
                if len(node.parts) != 1 or comparison.kind != "binary" or comparison.value not in COMPARISONS:
                    raise self.fail("where[…] needs one comparison of subscripts", node, "where[i-k >= 0]")
                a, b = (self.values[p] for p in comparison.parts)
                low, high = (a, b) if comparison.value[0] == "<" else (b, a)
                return intern(Iverson, high - low - (0 if "=" in comparison.value else 1))
            case "partial":
                by, of = parts
                if not isinstance(by, (Access, Var)) or by.shape:
                    raise self.fail("partial[…] needs an entry of a variable", node, "partial[W[i,j]](y[k])")
                return intern(Partial, of, by)
            case _:
                return self._binder(node, parts[0])

    def _binder(self, node: Node, body: Expr) -> Expr:
        if body.shape:
            raise self._shapes(f"the body of {node.kind}[…] must be a scalar", node, "give it its subscripts: x[i]")
        letters = [self._index(letter) for letter in node.value]
        if node.kind == "array":
            return intern(Array, tuple(letters), body)
        for letter in reversed(letters):
            body = intern(Sum, letter, body)
        return body

    # Messages ---------------------------------------------------------------------------------------------------

    def _text(self, node: Node) -> str:
        return self.source.slice(node.span)

    def _shapes(self, message: str, node: Node, hint: str = "") -> ShapeError:
        return self._placed(ShapeError(message, hint=hint), node)

    def _placed(self, error: ChainruleError, node: Node) -> Any:
        return Blame(self.source, self.scope, self.values).error(error, node)
