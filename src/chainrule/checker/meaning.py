"""What a side of a statement means: from its syntax tree to an index expression of the engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from chainrule.checker import syntax as s
from chainrule.checker.calls import POINTWISE, call, elementwise
from chainrule.checker.dots import General, general, hidden, is_gap, without_noughts
from chainrule.checker.labels import NO_BIND, Bind, Key, bare
from chainrule.checker.printed import written
from chainrule.checker.slopes import slope
from chainrule.checker.symbols import Definition
from chainrule.checker.values import MisfitError, NotUnderstoodError, Val, delta
from chainrule.checker.world import COMPOUND, Named, World
from chainrule.core.expr import Delta, Expr, SizeValue, Sum, Var, access, const, intern
from chainrule.core.graph import at, replace, walk
from chainrule.core.index import Affine, Index, affine, fresh
from chainrule.core.size import ONE, Size, size
from chainrule.primitives.arithmetic import add_p, div_p, mul_p, pow_p, sub_p
from chainrule.primitives.elementwise import ge_p, gt_p, le_p, lt_p, sqrt_p, where_p
from chainrule.primitives.functions import table

LOOSE = ("odot", "otimes")


class Meaning:
    """The sides of one statement: an index letter is one letter in all of them."""

    def __init__(self, world: World, bind: Bind = NO_BIND, scope: str = "") -> None:
        self.world, self.bind = world, bind
        self.algebra = world.algebra
        self.symbols = world.symbols
        self._letters: dict[str, Index] = {}
        self._scope = scope or "s"
        self.locals: dict[str, Val] = {}

    # Letters

    def letter(self, name: str) -> Index:
        """The index that a letter is; its size is what it meets."""
        found = self._letters.get(name)
        if found is None:
            s_ = self.symbols.sizes.resolve(size(f"?{self._scope}:{name}"))
            found = self._letters[name] = fresh(s_, name)
        return found

    def subscript(self, node: s.Node, extent: Size | None = None) -> Affine:
        """A subscript: an index letter or a whole number, counted from 1."""
        match node:
            case s.Symbol(name=name):
                i = self.letter(name)
                if extent is not None and not self.symbols.sizes.same(extent, i.size):
                    raise MisfitError(f"the letter {name} runs over {i.size} and over {extent}")
                return affine(i)
            case s.Number(value=v) if v.denominator == 1 and v >= 1:
                if extent is not None and extent.constant is not None and v > extent.constant:
                    raise MisfitError(f"there is no entry {v} of {extent}")
                return affine(int(v) - 1)
            case s.Group(items=(inner,)):
                return self.subscript(inner, extent)
            case s.Sum(terms=terms) if all(sign for sign, _ in terms):
                total = affine(-1)
                for sign, t in terms:
                    part = affine(int(t.value)) if isinstance(t, s.Number) else self.subscript(t) + 1
                    total = total + part.scaled(sign)
                return total
            case _:
                raise NotUnderstoodError("a subscript that is neither a letter nor a number")

    # Nodes

    def value(self, node: s.Node) -> Val:
        """The value of a side, or of a part of one.

        Raises:
            NotUnderstoodError: it has no meaning that is certain.
            MisfitError: shapes that do not fit.
        """
        self.symbols.check_time()
        claimed = self.world.claimed
        if claimed and not isinstance(node, (s.Symbol, s.Number)):
            found = claimed.get(written(node))
            if found is not None:
                return self._claimed(found)
        if isinstance(node, COMPOUND):
            alias = self._alias(node)
            if alias is not None:
                return alias
        return self._value(node)

    def _alias(self, node: s.Node) -> Val | None:
        """The symbol that stands for this formula, so that derivatives by it find it."""
        d = None if self.bind or self.locals else self.world.alias(node)
        if d is None:
            return None
        named = self.world.named(d.key)
        return self.entry(named, tuple(s.Symbol(x) for x in d.letters), d.key)

    def _claimed(self, found: Val) -> Val:
        """A value that an earlier line gave, its letters read as those of this statement."""
        renamed: dict[Index, Affine] = {i: affine(self.letter(i.hint)) for i in found.letters}
        return Val(at(found.body, renamed), found.axes, found.row).renewed()

    def _value(self, node: s.Node) -> Val:
        match node:
            case s.Number(value=v, places=places):
                return Val(self.world.number(v, places))
            case s.Symbol() | s.Scripted():
                return self._symbol(node)
            case s.Transposed(body=body):
                written_as_list = isinstance(body, s.Group) and len(body.items) > 1  # (x₁, …, xₙ)ᵀ is a column
                return self.value(body) if written_as_list else self.algebra.transpose(self.value(body))
            case s.Group():
                return self._group(node)
            case s.Sum(terms=terms):
                return self._sum(terms)
            case s.Product(
                factors=(s.Number(value=w), s.Quotient(over=s.Number() as a, under=s.Number() as b)), signs=("",)
            ):
                if w.denominator == 1 and a.value < b.value:  # 3½
                    return Val(const(w + a.value / b.value))
                return self._chain(node.factors, node.signs)
            case s.Product(factors=factors, signs=signs):
                return self._product(factors, signs)
            case s.Quotient(over=a, under=b, entrywise=entrywise):
                return self._quotient(self.value(a), self.value(b), entrywise)
            case s.Derivative():
                return self._derivative(node)
            case s.BigOperator():
                return self._big(node)
            case s.Call():
                return call(self, node)
            case s.Matrix(rows=rows) if any(isinstance(x, s.Dots) for r in rows for x in r):
                return self._with_dots(rows, node.start)
            case s.Matrix(rows=rows):
                return self._stacked(rows)
            case s.Cases(rows=rows):
                return self._cases(rows)
            case s.Indicator(condition=c):
                return self.holds(c)
            case s.Unread(reason=reason):
                raise NotUnderstoodError(reason)
            case _:
                raise NotUnderstoodError(f"{type(node).__name__.lower()} within a formula")

    def _group(self, node: s.Group) -> Val:
        if len(node.items) == 1:
            return self.value(node.items[0])
        if node.kind == "{":
            raise NotUnderstoodError("a set")
        if not node.kind:
            raise NotUnderstoodError("several values with commas between them")
        if any(isinstance(x, s.Dots) for x in node.items):
            return self._listed(node.items, node.start)
        return self._stacked(tuple((x,) for x in node.items))

    def _symbol(self, node: s.Symbol | s.Scripted) -> Val:
        found = self.symbols.split(node, self.bind)
        if found is None:
            assert isinstance(node, s.Scripted)
            inner = self.value(node.base)
            if node.subs:
                inner = self._entry_of(inner, node.subs)
            return inner if node.sup is None else self.power(inner, node.sup)
        key, subs, power = found
        value = self.symbol(key, subs, node)
        return value if power is None else self.power(value, power)

    def symbol(self, key: Key, subs: tuple[s.Node, ...], node: s.Node) -> Val:
        """A symbol, or the entry of one."""
        if key.base in self.locals and not key.labels and not subs:
            return self.locals[key.base]
        if not self.symbols.knows(key):
            special = self._special(key, subs, node)
            if special is not None:
                return special
        named = self.world.named(key)
        return self.entry(named, subs, key)

    def entry(self, named: Named, subs: tuple[s.Node, ...], key: Key) -> Val:
        if not subs:
            return named.value()
        if len(subs) != len(named.axes):
            raise NotUnderstoodError(f"{key} has {len(named.axes)} axes and {len(subs)} subscripts")
        places = [self.subscript(n, e) for n, e in zip(subs, named.axes, strict=True)]
        return Val(access(named.node, *places))

    def _entry_of(self, v: Val, subs: tuple[s.Node, ...]) -> Val:
        """The entry of an expression, (Wᵀ)_jk or [W x]_i."""
        if len(subs) != v.ndim:
            raise NotUnderstoodError(f"{len(subs)} subscripts on {v.describe()}")
        places = [self.subscript(n, i.size) for n, i in zip(subs, v.axes, strict=True)]
        return Val(at(v.body, dict(zip(v.axes, places, strict=True))))

    def _special(self, key: Key, subs: tuple[s.Node, ...], node: s.Node) -> Val | None:
        """Letters that mean something by themselves: δ_ij, I, the vector of ones, e, a size."""
        if key.base == "delta" and len(subs) == 2 and key.above is None:
            return self.kronecker(*subs)
        base = bare(node)
        if key.base == "I" and not key.above and self._unused("I"):
            n = self._size_below(subs) or size(f"?{self._scope}:{id(node)}")
            i, j = fresh(self.symbols.sizes.resolve(n), "i"), fresh(self.symbols.sizes.resolve(n), "j")
            return Val(delta(i, j), (i, j))
        if key.base == "1" or (base is not None and base[0] == "1"):
            n = self._size_below(subs) or size(f"?{self._scope}:{id(node)}")
            return Val(const(1), (fresh(self.symbols.sizes.resolve(n), "i"),))
        if key == Key("pi") and not subs:
            return Val(mul_p(const(4), table["atan"](const(1))))
        if not subs and not key.labels and key.base in self.symbols.size_names | self.symbols.survey.bounds:
            return Val(intern(SizeValue, self.symbols.size_of(node, self.bind)))
        return None

    def _unused(self, name: str) -> bool:
        return name not in self.symbols.survey.by and name not in self.symbols.survey.derived

    def _size_below(self, subs: tuple[s.Node, ...]) -> Size | None:
        return self.symbols.size_of(subs[0], self.bind) if len(subs) == 1 else None

    def kronecker(self, a: s.Node, b: s.Node) -> Val:
        left, right = self.subscript(a), self.subscript(b)
        i, j = left.index, right.index
        if i is not None and j is not None and not self.symbols.sizes.same(i.size, j.size):
            raise MisfitError(f"δ of letters that run over {i.size} and {j.size}")
        return Val(intern(Delta, left, right))

    # Operations

    def _sum(self, terms: tuple[tuple[int, s.Node], ...]) -> Val:
        if any(isinstance(t, s.Dots) for _, t in terms):
            return self._sum_with_dots(terms)
        out: Val | None = None
        for sign, t in terms:
            if not sign:
                raise NotUnderstoodError("± has two values")
            v = self.value(t)
            if out is None:
                out = v if sign > 0 else self.algebra.negative(v)
            else:
                out = self.algebra.add(sign, out, v)
        assert out is not None
        return out

    def _product(self, factors: tuple[s.Node, ...], signs: tuple[str, ...]) -> Val:
        for sign in LOOSE:
            if sign in signs:
                k = len(signs) - 1 - signs[::-1].index(sign)
                a = self._product(factors[: k + 1], signs[:k])
                b = self._product(factors[k + 1 :], signs[k + 1 :])
                if sign == "odot":
                    return self.algebra.hadamard(a, b)
                return self.algebra.outer(self._vector(a), self._vector(b))
        return self._chain(factors, signs)

    @staticmethod
    def _vector(a: Val) -> Val:
        if a.ndim != 1:
            raise NotUnderstoodError("⊗ of something that is not a vector")
        return Val(a.body, a.axes)

    def _chain(self, factors: tuple[s.Node, ...], signs: tuple[str, ...]) -> Val:
        out: Val | None = None
        k = 0
        while k < len(factors):
            claimed, used = self._claimed_run(factors, signs, k)
            dot = k > 0 and signs[k - 1] == "cdot"
            if claimed is None:
                claimed, used = self._alias_run(factors, signs, k)
            if claimed is not None:
                v, k = claimed, k + used
            else:
                applied = None
                if k + 1 < len(factors) and signs[k] == "" and isinstance(factors[k + 1], s.Group):
                    applied = self._application(factors[k], factors[k + 1])
                v = applied if applied is not None else self.value(factors[k])
                k += 1 if applied is None else 2
            if out is None:
                out = v
            elif dot and out.ndim == v.ndim == 1 and out.row == v.row:
                out = self.algebra.inner(out, v)
            else:
                out = self.algebra.product(out, v)
        assert out is not None
        return out

    def _claimed_run(self, factors: tuple[s.Node, ...], signs: tuple[str, ...], k: int) -> tuple[Val | None, int]:
        if self.world.claimed:
            for n in range(len(factors), k + 1, -1):
                key = written(s.Product(factors[k:n], signs[k : n - 1]))
                found = self.world.claimed.get(key)
                if found is not None:
                    return self._claimed(found), n - k
        return None, 0

    def _alias_run(self, factors: tuple[s.Node, ...], signs: tuple[str, ...], k: int) -> tuple[Val | None, int]:
        """Factors side by side that a symbol stands for: W x within W x + b, where u = W x."""
        if self.bind or self.locals or not self.world.aliases:
            return None, 0
        for n in range(len(factors) - (k == 0), k + 1, -1):
            run = "Product([" + ",".join(map(self.world.key, factors[k:n])) + "],[" + ",".join(signs[k : n - 1]) + "])"
            d = self.world.aliases.get(run)
            if d is not None and self.world.alias_open(d):
                return self.entry(self.world.named(d.key), tuple(s.Symbol(x) for x in d.letters), d.key), n - k
        return None, 0

    def _application(self, f: s.Node, group: s.Node) -> Val | None:
        """f(z) where f is a function: unknown, defined, or a loss with its arguments; None if it is a product."""
        assert isinstance(group, s.Group)
        primes = f.primes if isinstance(f, s.Scripted) else 0
        plain = s.Scripted(f.base, f.subs, f.sup, f.sup_bracket) if isinstance(f, s.Scripted) and primes else f
        found = self.symbols.split(plain, self.bind)
        if found is None or group.kind not in ("(", "["):
            return None
        key, subs, power = found
        d = self.symbols.definition(key)
        if d is not None and d[0].arguments and not d[0].elementwise:
            if primes:
                return self._prime(key, d[0], primes, group)
            value = self._taken_at(self.entry(self.world.named(key), subs, key), d[0], group.items)
            return value if power is None else self.power(value, power)
        if d is not None and not d[0].elementwise:
            return None
        if key in self.symbols.declared or key in self.symbols.numbers or subs:
            return None
        if d is None and not primes and key.base not in self.symbols.functions and key.base not in POINTWISE:
            if key.base in self.symbols.survey.by:
                return self.entry(self.world.named(key), subs, key)  # a loss, with what it is taken at
            return None
        if len(group.items) != 1:
            raise NotUnderstoodError(f"{key} is taken of {len(group.items)} arguments")
        out = elementwise(self, key, primes, self.value(group.items[0]))
        return out if power is None else self.power(out, power)

    def _prime(self, key: Key, d: Definition, primes: int, group: s.Group) -> Val:
        """f′(x) of a function of one argument that holds other letters too: f(x) = a log x."""
        if len(d.arguments) != 1 or len(group.items) != 1 or d.body is None:
            raise NotUnderstoodError("a prime on a function of several arguments")
        value = self.entry(self.world.named(key), (), key)
        derivative = s.Derivative(s.Symbol(key.base), d.arguments)
        for _ in range(primes):
            value = self._slope(value, d.arguments[0], derivative)
        if value.ndim:
            raise NotUnderstoodError("a prime on a function of something that is no number")
        return self._taken_at(value, d, group.items)

    def _taken_at(self, value: Val, d: Definition, items: tuple[s.Node, ...]) -> Val:
        """f(1, 2) where f(x, y) = …: other values put in for the arguments of the definition."""
        if d.body is None or [written(x) for x in items] == [written(x) for x in d.arguments]:
            return value
        if len(items) != len(d.arguments):
            raise NotUnderstoodError(f"{d.key} is taken of {len(items)} arguments")
        put: dict[Expr, Expr] = {}
        for x, own in zip(items, d.arguments, strict=True):
            found = self.symbols.split(own, self.bind)
            if found is None or found[1] or found[2] is not None:
                raise NotUnderstoodError(f"{d.key} is defined of something that is no symbol")
            node, new = self.world.named(found[0]), self.value(x)
            if not isinstance(node.node, Var) or len(node.axes) != new.ndim:
                raise NotUnderstoodError(f"{d.key} is taken of something of another kind than in its definition")
            for n, i in zip(node.axes, new.axes, strict=True):
                self.symbols.sizes.same(n, i.size)
            put[node.node] = new.tensor() if new.ndim else new.body
        return Val(replace(value.body, put), value.axes, value.row)

    def _quotient(self, a: Val, b: Val, entrywise: bool) -> Val:
        if b.ndim and not entrywise and b.ndim != a.ndim:
            raise NotUnderstoodError(f"a quotient by {b.describe()}")
        return self.algebra.hadamard(a, b, divide=True)

    def power(self, base: Val, exponent: s.Node | None) -> Val:
        """A value to a power, entry by entry; of a matrix, a product with itself or the inverse."""
        assert exponent is not None
        if base.ndim == 2:
            return self._matrix_power(base, exponent)
        e = self.value(exponent)
        if e.ndim:
            raise NotUnderstoodError("an exponent that is no number")
        root = base.body
        half = getattr(root, "op", None) is sqrt_p and isinstance(exponent, s.Number) and exponent.value == 2
        return Val(root.args[0] if half else pow_p(root, e.body), base.axes, base.row)  # type: ignore[attr-defined]

    def _matrix_power(self, base: Val, exponent: s.Node) -> Val:
        if (
            isinstance(exponent, s.Number)
            and exponent.value in (2, 3)
            and self.symbols.sizes.same_already(*(i.size for i in base.axes))
        ):
            out = base
            for _ in range(int(exponent.value) - 1):
                out = self.algebra.product(out, base)
            return out
        if isinstance(exponent, s.Sum) and len(exponent.terms) == 1 and exponent.terms[0][0] < 0:
            inner = exponent.terms[0][1]
            if isinstance(inner, s.Number) and inner.value == 1:
                return call(self, s.Call("inv", ()), base)
        if isinstance(exponent, s.Number) and exponent.value == -1:
            return call(self, s.Call("inv", ()), base)
        raise NotUnderstoodError("a power of a matrix: of every entry, or a product with itself?")

    # Derivatives

    def _derivative(self, node: s.Derivative) -> Val:
        by = node.by
        if not by:
            by = self._argument_of(node.of)
            if len(by) > 1:
                return self._of_numbers(node, by)
        if len(by) == 1 and node.order == 2:
            by = by * 2
        if len(by) > 2 or (node.order == 2 and len(by) != 2):
            raise NotUnderstoodError("a derivative of an order that is not understood")
        of = self.value(node.of)
        if isinstance(node.of, s.Symbol | s.Scripted) and of.ndim == 0:
            of = Val(of.body)
        for b in by:
            of = self._slope(of, b, node)
        return of

    def _of_numbers(self, node: s.Derivative, by: tuple[s.Node, ...]) -> Val:
        """∇f of f(x, y): the column of its derivatives; ∇²f, the matrix."""
        of = self.value(node.of)
        first = [self._slope(of, b, node) for b in by]
        if any(v.ndim for v in (of, *first)):
            raise NotUnderstoodError("∇ by several arguments that are not numbers")
        if node.order == 1:
            return self._matrix([[v] for v in first])
        return self._matrix([[self._slope(v, b, node) for b in by] for v in first])

    def _of_layers(self, of: Val, by: Named, key: Key, node: s.Derivative) -> Val:
        """A loss that is said of layer L, where the derivative is by layers in general."""
        if not any(letter in self.symbols.counters for letter, _ in key.labels) or by.node in set(walk(of.body)):
            return of
        found = self.symbols.split(node.of, self.bind)
        if found is None or found[1] or found[0].labels or found[0].base not in self.symbols.survey.by:
            return of
        return self.world.of_layers(found[0]).value()

    def _held(self, node: s.Derivative, by: Named) -> list[Expr]:
        """What is held where a derivative is by what stands in a definition itself."""
        if not self.world.reading.direct or node.kind != "partial" or node.order > 1:
            return []
        found = self.symbols.split(node.of, self.bind)
        return [] if found is None else self.world.held(self.world.named(found[0]).node, by.node)

    def _slope(self, of: Val, by: s.Node, node: s.Derivative) -> Val:
        flipped = isinstance(by, s.Transposed)
        found = self.symbols.split(by.body if isinstance(by, s.Transposed) else by, self.bind)
        if found is None or found[2] is not None:
            raise NotUnderstoodError("a derivative by something that is no symbol")
        key, subs, _ = found
        named = self.world.named(key)
        of = self._of_layers(of, named, key, node)
        held = self._held(node, named)
        d = slope(of, named, self.world.reading, held)
        if not subs:
            return self.algebra.transpose(d) if flipped else d
        if len(subs) != len(named.axes):
            raise NotUnderstoodError(f"{key} has {len(named.axes)} axes and {len(subs)} subscripts")
        plain = slope(of, named, held=held)
        own = plain.axes[of.ndim :]
        places = [self.subscript(n, e) for n, e in zip(subs, named.axes, strict=True)]
        body = at(plain.body, dict(zip(own, places, strict=True)))
        return Val(body, of.axes, of.row)

    def _argument_of(self, of: s.Node) -> tuple[s.Node, ...]:
        """What ∇L is a derivative by: the argument that L is written with."""
        match of:
            case s.Product(factors=(_, s.Group(items=items)), signs=("",)):
                return items
            case s.Symbol() | s.Scripted():
                found = self.symbols.split(of, self.bind)
                d = self.symbols.definition(found[0]) if found is not None else None
                if d is not None and d[0].arguments:
                    return d[0].arguments
            case _:
                pass
        raise NotUnderstoodError("∇ without a word on what it is taken by")

    # Sums over letters, matrices, cases

    def _big(self, node: s.BigOperator) -> Val:
        if node.operator != "sum":
            raise NotUnderstoodError(f"\\{node.operator}")
        names: list[str] = []
        for i in node.indices:
            if not isinstance(i, s.Symbol):
                raise NotUnderstoodError("a sum over something that is no letter")
            names.append(i.name)
        if not names:
            raise NotUnderstoodError("a sum that does not say over what")
        outer = {n: self._letters.pop(n, None) for n in names}
        scope, self._scope = self._scope, f"{self._scope}/{node.start}.{'.'.join(names)}"
        bound = [self._bound(n, node) for n in names]
        try:
            self._scope = scope
            body = self.value(node.body)
        finally:
            for n, i in outer.items():
                if i is None:
                    self._letters.pop(n, None)
                else:
                    self._letters[n] = i
            self._scope = scope
        out = body.body
        for i in reversed(bound):
            out = intern(Sum, i, out)
        return Val(out, body.axes, body.row)

    def _bound(self, name: str, node: s.BigOperator) -> Index:
        i = self.letter(name)
        if node.low is None and node.high is None:
            return i
        low = node.low
        if low is not None and not (isinstance(low, s.Number) and low.value in (0, 1)):
            raise NotUnderstoodError("a sum that begins in the middle")
        high = node.high
        if high is None:
            return i
        if isinstance(low, s.Number) and low.value == 0:
            high = _one_more(high)
            if high is None:
                raise NotUnderstoodError("a sum that begins at 0")
        if isinstance(high, s.Symbol) and high.name in self._letters:
            raise NotUnderstoodError("a sum up to another index")
        extent = self.symbols.size_of(high, self.bind)
        self.symbols.sizes.same(extent, i.size)
        return self._letters[name]

    def _sum_with_dots(self, terms: tuple[tuple[int, s.Node], ...]) -> Val:
        """x₁ + x₂ + … + xₙ, and 0₁ + … + x_j + … + 0_d."""
        rest = without_noughts(terms)
        if rest is not None:
            return self._sum(tuple(rest)) if rest else Val(const(0))
        if any(sign != 1 for sign, _ in terms):
            raise NotUnderstoodError("dots between terms that are not added")
        g = general([t for _, t in terms], hidden(terms[0][1].start))
        return self._big(
            s.BigOperator("sum", (g.letter,), s.Number(Fraction(1)), g.end, g.term, start=terms[0][1].start)
        )

    def _listed(self, items: tuple[s.Node, ...], start: int) -> Val:
        """(x₁, x₂, …, xₙ): a column of entries."""
        g = general(items, hidden(start))
        i, v = self._of_general(g)
        if v.ndim:
            raise NotUnderstoodError("a list of vectors")
        return Val(v.body, (i,))

    def _of_general(self, g: General) -> tuple[Index, Val]:
        """The general term of a list, and its letter with the size that the list says."""
        v = self.value(g.term)
        i = self.letter(g.letter.name)
        if not self.symbols.sizes.same(i.size, self.symbols.size_of(g.end, self.bind)):
            raise MisfitError(f"a list of {g.end} entries where there are {i.size}")
        return i, v

    def _with_dots(self, rows: tuple[tuple[s.Node, ...], ...], start: int) -> Val:
        """A matrix with dots in its rows, between its rows, or both."""
        full = [r for r in rows if not is_gap(r)]
        across = [general(r, hidden(start, 1)) for r in full if any(isinstance(x, s.Dots) for x in r)]
        entries: list[s.Node] = [g.term for g in across] if across else [r[0] for r in full if len(r) == 1]
        if (across and len(across) != len(full)) or len(entries) != len(full):
            raise NotUnderstoodError("a matrix with dots of which the pattern is not certain")
        if len({written(g.end) for g in across}) > 1:
            raise NotUnderstoodError("rows with dots that are not of one length")
        if len(full) == len(rows):
            if len(rows) > 1:
                raise NotUnderstoodError("a matrix with dots in its rows and not between them")
            i, v = self._of_general(across[0])
            return Val(v.body, (i,), row=True)
        gap = next(k for k, r in enumerate(rows) if is_gap(r))
        down = general([*entries[:gap], s.Dots(), *entries[gap:]], hidden(start))
        i, v = self._of_general(down)
        if v.ndim:
            raise NotUnderstoodError("a matrix of matrices")
        if not across:
            return Val(v.body, (i,))
        j, v = self._of_general(General(down.term, across[0].letter, across[0].end))
        return Val(v.body, (i, j))

    def _stacked(self, rows: tuple[tuple[s.Node, ...], ...]) -> Val:
        """A matrix from its entries."""
        if any(len(r) != len(rows[0]) for r in rows):
            raise NotUnderstoodError("a matrix with rows of different lengths")
        values = [[self.value(x) for x in r] for r in rows]
        if any(v.ndim for r in values for v in r):
            raise NotUnderstoodError("a matrix of matrices")
        return self._matrix(values)

    @staticmethod
    def _matrix(rows: Sequence[Sequence[Val]]) -> Val:
        """A matrix from the values of its entries; a column or a row where it has one of them only."""
        width = len(rows[0])
        i, j = fresh(len(rows), "i"), fresh(width, "j")
        total: Expr | None = None
        for m, r in enumerate(rows):
            for n, v in enumerate(r):
                term = v.body
                if len(rows) > 1:
                    term = mul_p(term, intern(Delta, affine(i), affine(m)))
                if width > 1:
                    term = mul_p(term, intern(Delta, affine(j), affine(n)))
                total = term if total is None else add_p(total, term)
        assert total is not None
        axes = (i,) * (len(rows) > 1) + (j,) * (width > 1)
        return Val(total, axes, row=len(rows) == 1 and width > 1)

    def _cases(self, rows: tuple[tuple[s.Node, s.Condition | None], ...]) -> Val:
        """Σ value · [condition], the last one for all that is left where it says so."""
        total: Val | None = None
        rest: Expr = const(1)
        for node, condition in rows:
            v = self.value(node)
            if v.ndim:
                raise NotUnderstoodError("cases of vectors")
            here = rest if condition is None or condition.sign == "otherwise" else self.holds(condition).body
            rest = sub_p(rest, here)
            term = Val(mul_p(v.body, here))
            total = term if total is None else self.algebra.add(1, total, term)
        assert total is not None
        return total

    def holds(self, c: s.Condition) -> Val:
        """1 where a condition holds, else 0; entry by entry for vectors."""
        out = self._holds(c)
        for other in c.others:
            out = self.algebra.hadamard(out, self._holds(other))
        return out

    def _holds(self, c: s.Condition) -> Val:
        if c.left is None or c.right is None:
            raise NotUnderstoodError("a condition without two sides")
        if c.sign in ("=", "!="):
            if not _may_be_letter(c.left) or not _may_be_letter(c.right):
                raise NotUnderstoodError("a condition that asks whether two values are equal")
            same = self.kronecker(c.left, c.right)
            return same if c.sign == "=" else Val(sub_p(const(1), same.body))
        ops: dict[str, Callable[..., Expr]] = {"<": lt_p, "<=": le_p, ">": gt_p, ">=": ge_p}
        if c.sign not in ops:
            raise NotUnderstoodError(f"a condition with {c.sign}")
        gap = self.algebra.add(-1, self.value(c.left), self.value(c.right))
        return Val(where_p(ops[c.sign](gap.body, const(0)), const(1), const(0)), gap.axes, gap.row)


def _may_be_letter(node: s.Node) -> bool:
    return isinstance(node, (s.Symbol, s.Number))


def _one_more(high: s.Node) -> s.Node | None:
    match high:
        case s.Sum(terms=((1, first), (-1, s.Number(value=v)))) if v == 1:
            return first
        case s.Number(value=v):
            return s.Number(v + 1)
        case _:
            return None


__all__ = ["ONE", "Meaning", "div_p"]
