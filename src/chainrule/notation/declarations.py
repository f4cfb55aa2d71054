"""What `given` says: `W: m n; S: n n symmetric; t: scalar positive; J: function(m); i: n index(p)`."""

from __future__ import annotations

from dataclasses import dataclass, field

from chainrule.core.expr import Shape, Var, intern
from chainrule.core.size import Size, size
from chainrule.errors import AxisError, NameClash, ParseError, ShapeError, UnknownName
from chainrule.notation.grammar import Reader
from chainrule.notation.lexer import Token, tokens
from chainrule.notation.source import Source, Span, nearest
from chainrule.notation.syntax import Node, postorder
from chainrule.notation.words import ALONG_AN_AXIS, PROPS, SQUARE, reserved
from chainrule.primitives.opaque import OpaqueFunction

_HINT = "W: m n; x: n; S: n n symmetric; t: scalar positive; J: function(m)"


@dataclass(slots=True)
class Declared:
    """The variables, functions and sizes that were given, and where."""

    source: Source
    variables: dict[str, Var] = field(default_factory=dict[str, Var])
    functions: dict[str, OpaqueFunction] = field(default_factory=dict[str, OpaqueFunction])
    sizes: dict[str, Span] = field(default_factory=dict[str, Span])
    places: dict[str, Span] = field(default_factory=dict[str, Span])


def declarations(text: str) -> Declared:
    """Read a `given` text."""
    return _Given(Source(text, "given")).read()


def size_of(source: Source, node: Node) -> Size:
    """The size that a piece of syntax is: a name, a whole number, or + - * // of sizes."""
    values: dict[Node, Size] = {}
    for n in postorder(node, lambda n: n.parts):
        parts = [values[p] for p in n.parts]
        match n.kind, n.value:
            case "name", name:
                values[n] = size(str(name))
            case "number", value if value.denominator == 1:
                values[n] = size(int(value))
            case "group", _:
                values[n] = parts[0]
            case "unary", _:
                values[n] = parts[0] * -1
            case "binary", "+":
                values[n] = parts[0] + parts[1]
            case "binary", "-":
                values[n] = parts[0] - parts[1]
            case "binary", "*":
                values[n] = parts[0] * parts[1]
            case "binary", "//" if parts[1].constant != 0:
                values[n] = parts[0] // parts[1]
            case _:
                raise source.error(
                    "a size is a name, a whole number, or + - * // of sizes", n.span, hint="n, 3, l-k+1, m*n, h//2"
                )
    found = values[node]
    if found.constant is not None and found.constant < 1:
        raise source.error(f"a size must be at least 1, not {found}", node.span, kind=ShapeError)
    return found


class _Given:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.tokens = tokens(source)
        self.at = 0
        self.out = Declared(source)

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def fail(self, message: str, token: Token | None = None, hint: str = _HINT) -> ParseError:
        return self.source.error(message, (token or self.token).span, hint=hint)

    def take(self, *texts: str) -> Token:
        token = self.token
        if not token.is_op(*texts):
            raise self.fail(f"expected {' or '.join(texts)}")
        self.at += 1
        return token

    def read(self) -> Declared:
        while True:
            while self.token.is_op(";", "\n"):
                self.at += 1
            if self.token.kind == "end":
                break
            self._line()
        for name in self.out.functions:
            for derivative in (f"D{name}", f"D2{name}"):
                span = self.out.places.get(derivative) or self.out.sizes.get(derivative)
                if span is not None:
                    raise self.source.error(
                        f"{derivative} is the derivative of {name}, and cannot be a name",
                        span, also=[self.out.places[name]], hint="use another name", kind=NameClash,
                    )  # fmt: skip
        for name, span in self.out.sizes.items():
            if name in self.out.places:
                also = [self.out.places[name]]
                raise self.source.error(f"{name} is a size and a name of something else", span, also=also,
                                        hint="use two names", kind=NameClash)  # fmt: skip
        return self.out

    def _line(self) -> None:
        names: list[Token] = []
        while True:
            token = self.token
            if token.kind != "name":
                raise self.fail("expected the name of a variable")
            names.append(token)
            self.at += 1
            if not self.token.is_op(","):
                break
            self.at += 1
        self.take(":")
        for token in names:
            self._new_name(token)
        if self.token.kind == "name" and self.token.text in ("function", "elementwise"):
            self._function(names)
        else:
            self._variable(names)
        if self.token.kind != "end":
            self.take(";", "\n")

    def _new_name(self, token: Token) -> None:
        name = token.text
        if name in reserved():
            raise self.source.error(f"{name} is a word of the language, and cannot be a name", token.span,
                                    hint=f"call it {name}1", kind=NameClash)  # fmt: skip
        if name in self.out.places:
            raise self.source.error(f"{name} is declared twice", token.span, also=[self.out.places[name]],
                                    hint="use two names", kind=NameClash)  # fmt: skip
        self.out.places[name] = token.span

    def _function(self, names: list[Token]) -> None:
        word = self.token
        self.at += 1
        if word.text == "elementwise":
            self._store(names, None, (), True)
            return
        arg = self._sizes("(", ")")
        out: Shape = ()
        if self.token.is_op("->"):
            self.at += 1
            out = self._sizes("(", ")")
        self._store(names, arg, out, False)

    def _store(self, names: list[Token], arg: Shape | None, out: Shape, elementwise: bool) -> None:
        for token in names:
            self.out.functions[token.text] = OpaqueFunction(token.text, arg, out, elementwise)

    def _sizes(self, opening: str, closing: str) -> Shape:
        """(m, n) or [m, n]; (scalar) and () are the shape of a scalar."""
        self.take(opening)
        out: list[Size] = []
        while not self.token.is_op(closing):
            if self.token.kind == "name" and self.token.text == "scalar":
                self.at += 1
            else:
                out.append(self._size())
            if not self.token.is_op(closing, ","):
                raise self.fail(f"expected , or {closing}", hint="J: function(k, m)")
            if self.token.is_op(","):
                self.at += 1
        self.at += 1
        return tuple(out)

    def _axis(self, fact: Token) -> str:
        """The axis of onehot(0), or nothing."""
        if fact.text not in ALONG_AN_AXIS or not self.token.is_op("("):
            return ""
        self.take("(")
        axis = self.token
        if axis.kind != "number" or axis.value.denominator != 1:
            raise self.fail(f"{fact.text}(0) needs one axis", axis, hint=f"y: k n {fact.text}(0)")
        self.at += 1
        self.take(")")
        return f"({axis.value})"

    def _variable(self, names: list[Token]) -> None:
        shape: list[Size] = []
        props: dict[str, Token] = {}
        bound: Size | None = None
        scalar, first = False, self.token
        while self.token.kind != "end" and not self.token.is_op(";", "\n"):
            token = self.token
            if token.is_op(","):
                self.at += 1
            elif token.is_op("["):
                shape += self._sizes("[", "]")
                scalar = scalar or not shape
            elif token.kind == "name" and token.text == "scalar":
                scalar = True
                self.at += 1
            elif token.kind == "name" and token.text == "index":
                self.at += 1
                bounds = self._sizes("(", ")")
                if len(bounds) != 1:
                    raise self.fail("index(p) needs one size", token, hint="i: n index(p)")
                bound = bounds[0]
            elif token.kind == "name" and token.text in PROPS:
                self.at += 1
                props[token.text + self._axis(token)] = token
            else:
                shape.append(self._size())
        if not shape and not scalar:
            raise self.fail("the shape is missing", first, hint="x: n for a vector, t: scalar for a number")
        if shape and scalar:
            raise self.fail("a scalar has no sizes", first, hint="t: scalar, or x: n")
        self._check(tuple(shape), props)
        for token in names:
            facts = (p.removesuffix(f"({len(shape) - 1})") for p in props)  # the last axis goes without saying
            var = intern(Var, token.text, tuple(shape), frozenset(facts), bound)
            self.out.variables[token.text] = var

    def _check(self, shape: Shape, props: dict[str, Token]) -> None:
        for prop, token in props.items():
            if prop in SQUARE and (len(shape) != 2 or shape[0] is not shape[1]):
                raise self.source.error(f"{prop} needs a square matrix", token.span, hint=f"S: n n {prop}",
                                        kind=ShapeError)  # fmt: skip
            axis = prop.partition("(")[2][:-1]  # of onehot(0)
            if axis and int(axis) >= len(shape):
                raise self.source.error(f"there is no axis {axis}: {len(shape)} are declared", token.span,
                                        hint="axes are counted from 0", kind=AxisError)  # fmt: skip

    def _size(self) -> Size:
        """A size: tokens that follow each other without a space."""
        start = self.at
        depth = 0
        while True:
            token = self.token
            if token.kind not in ("name", "number") and not token.is_op("+", "-", "*", "//", "(", ")"):
                break
            if token.is_op(")") and not depth:
                break
            if self.at > start and not depth and token.start != self.tokens[self.at - 1].end:
                break
            depth += token.is_op("(") - token.is_op(")")
            self.at += 1
        if self.at == start or self.tokens[start].is_op("+", "*", "//", "-"):
            hint = "arithmetic of sizes is written without spaces: l-k+1" if self.at > start else _HINT
            raise self.fail("expected a size or a property", self.tokens[start], hint)
        word = self.tokens[start : self.at]
        last = word[-1].end
        node = Reader(self.source, only=[*word, Token("end", "", last, last)]).expression()
        for token in word:
            if token.kind == "name":
                self._size_name(token)
        return size_of(self.source, node)

    def _size_name(self, token: Token) -> None:
        name = token.text
        if name in reserved() or name in PROPS:
            raise self.source.error(f"{name} is a word of the language, and cannot be a size", token.span,
                                    hint=f"call it {name}1", kind=NameClash)  # fmt: skip
        near = nearest(name, PROPS | {"scalar", "elementwise", "function", "index"}) if len(name) > 4 else None
        if near:
            raise self.source.error(f"unknown property {name}", token.span, hint=f"did you mean {near}?",
                                    kind=UnknownName)  # fmt: skip
        self.out.sizes.setdefault(name, token.span)
