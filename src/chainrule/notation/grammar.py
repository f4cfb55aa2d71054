"""From tokens to syntax: operator precedence on explicit stacks, so that no depth of brackets is too deep."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from chainrule.errors import ParseError
from chainrule.notation.lexer import Token, tokens
from chainrule.notation.source import Source, Span
from chainrule.notation.syntax import Letter, Node, Statement
from chainrule.notation.words import functions

COMPARISONS = (">", ">=", "<", "<=")
_BINARY = {
    **dict.fromkeys(COMPARISONS, 0), "+": 1, "-": 1, "*": 2, "@": 2, "/": 2, ".*": 2, "./": 2, "//": 2, "%": 2,
    "^": 4, ".^": 4,
}  # fmt: skip
_UNARY = 3
MOST_QUOTES = 100
_SIZE_OPERATORS = ("+", "-", "*", "//")
_BINDERS = ("sum", "array", "partial")
_CLOSING = {"(": ")", "[": "]"}


@dataclass(slots=True)
class _Frame:
    """What one open bracket has gathered. kind: top, group, call, subscript, list, delta, where or a binder."""

    kind: str
    opener: Token
    head: Node | None = None  # the operand that a subscript reads, the name that is called
    letters: tuple[Letter, ...] = ()
    inside: bool = False
    items: list[Node] = field(default_factory=list["Node"])
    operands: list[Node] = field(default_factory=list["Node"])
    operators: list[tuple[str, int, Token]] = field(default_factory=list["tuple[str, int, Token]"])


class Reader:
    """Reads statements from a text. `declared` are names that hide the index forms `delta`, `array` and `partial`."""

    def __init__(self, source: Source, declared: frozenset[str] = frozenset(), only: list[Token] | None = None) -> None:
        self.source = source
        self.tokens = tokens(source) if only is None else only
        self.declared = declared
        self.at = 0
        self.frames: list[_Frame] = []

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def peek(self, *texts: str) -> bool:
        return self.tokens[min(self.at + 1, len(self.tokens) - 1)].is_op(*texts)

    def fail(self, message: str, span: Span | None = None, hint: str = "") -> ParseError:
        return self.source.error(message, span or self.token.span, hint=hint)

    def statements(self) -> list[Statement]:
        """All statements of the text: definitions, then a result."""
        out: list[Statement] = []
        while True:
            while self.token.is_op(";", "\n"):
                self.at += 1
            if self.token.kind == "end":
                return out
            name, span = "", self.token.span
            if self.token.kind == "name" and self.peek("="):
                name = self.token.text
                self.at += 2
            out.append(Statement(name, span, self.expression()))

    def expression(self, stop: tuple[str, ...] = (";", "\n")) -> Node:
        """One expression, up to the end or one of the tokens `stop`, which is not consumed."""
        first = self.token
        self.frames = [_Frame("top", first)]
        while True:
            self._operand()
            while not self._operator(stop):
                pass
            frame = self.frames[-1]
            if frame.kind == "top" and frame.items:
                return frame.items[0]

    # Where an operand is expected -------------------------------------------------------------------------------

    def _operand(self) -> None:
        """Consumes prefixes and opening brackets up to and including one operand."""
        while True:
            token, frame = self.token, self.frames[-1]
            inside = frame.inside
            if token.kind == "number":
                whole = token.value.denominator == 1
                self._push(Node("number", *token.span, value=token.value, pure=whole, inside=inside))
                return
            if token.kind == "string":
                self._push(Node("string", *token.span, value=token.text))
                return
            if token.kind == "name":
                if self._name(token, inside):
                    return
            elif token.is_op("("):
                self._open(_Frame("group", token, inside=inside))
            elif token.is_op("[") and frame.kind == "call" and not frame.operators:
                self._open(_Frame("list", token))
            elif token.is_op("-"):
                frame.operators.append(("neg", _UNARY, token))
                self.at += 1
            elif token.is_op("\n") and (len(self.frames) > 1 or frame.operators):
                self.at += 1
            elif token.is_op(")", "]") and frame.kind in ("call", "list") and not frame.items and not frame.operators:
                if token.text != _CLOSING[frame.opener.text]:
                    raise self._mismatch(token)
                self._close(token, ())
                return
            else:
                raise self._no_operand(token)

    def _push(self, node: Node) -> None:
        self.frames[-1].operands.append(node)
        self.at += 1

    def _open(self, frame: _Frame) -> None:
        self.frames.append(frame)
        self.at += 1

    def _name(self, token: Token, inside: bool) -> bool:
        """An operand that starts with a name; whether it is finished, and no bracket was opened."""
        word = token.text
        if self.peek("(") or (self.peek("prime") and self._called_after_prime()):
            return self._call(token)
        if self.peek("[") and word not in self.declared:
            if word in _BINDERS:
                self._binder(token)
                return False
            if word in ("delta", "eye", "where", "δ"):
                self.at += 1
                kind = "where" if word == "where" else "delta"
                self._open(_Frame(kind, self.token, head=Node("name", *token.span, value=word), inside=True))
                return False
        inside = inside and not self.peek("[")
        letter = self._bound(word) if inside else None
        self._push(Node("name", *token.span, value=word, pure=True, inside=inside, letter=letter))
        return True

    def _called_after_prime(self) -> bool:
        at = self.at + 1
        while self.tokens[at].is_op("prime"):
            at += 1
        return self.tokens[at].is_op("(")

    def _call(self, token: Token) -> bool:
        word, end = token.text, token.end
        self.at += 1
        primes = 0
        while self.token.is_op("prime"):
            primes, end = primes + 1, self.token.end
            self.at += 1
        if primes:  # s′(z) is how Ds(z) is shown
            word = ("D" if primes == 1 else f"D{primes}") + word
        self._open(_Frame("call", self.token, head=Node("name", token.start, end, value=word)))
        return False

    def _bound(self, name: str) -> Letter | None:
        for frame in reversed(self.frames):
            for letter in frame.letters:
                if letter.name == name:
                    return letter
        return None

    def _binder(self, token: Token) -> None:
        """sum[k, l: n](…: the letters, and the bracket of the body."""
        self.at += 1
        opener, letters = self.token, list[Letter]()
        head = Node("name", token.start, token.end, value=token.text)
        if token.text == "partial":  # partial[W[i,j]](…)
            self._open(_Frame("partial", opener, head=head))
            return
        while not (self.token.is_op("]") and letters):
            self.at += 1
            letter = self.token
            if letter.kind != "name":
                raise self.fail(f"{token.text}[…] needs an index letter", hint="sum[k](W[i,k]*x[k])")
            self.at += 1
            extent = None
            if self.token.is_op(":"):
                self.at += 1
                frames = self.frames
                extent = self.expression((",", "]"))
                self.frames = frames
            letters.append(Letter(letter.text, letter.span, extent))
            if not self.token.is_op(",", "]"):
                raise self.fail("expected , or ] after an index letter", hint="sum[k](W[i,k]*x[k])")
        self._body(head, tuple(letters), [])

    def _body(self, head: Node, letters: tuple[Letter, ...], items: list[Node]) -> None:
        self.at += 1
        if not self.token.is_op("("):
            raise self.fail(f"expected ( after {head.value}[…]", hint="sum[k](W[i,k]*x[k])")
        self._open(_Frame("body", self.token, head=head, letters=letters, items=items))

    # Where an operator is expected ------------------------------------------------------------------------------

    def _operator(self, stop: tuple[str, ...]) -> bool:
        """Consumes one operator or closing bracket; whether an operand is expected now, or all is read."""
        token, frame = self.token, self.frames[-1]
        if token.kind == "end" or (frame.kind == "top" and token.is_op(*stop)):
            if frame.kind != "top":
                raise self._unclosed(frame)
            self._finish()
            return True
        if token.is_op("\n"):
            self.at += 1
        elif token.is_op("'", "prime"):
            a = frame.operands.pop()
            if _transposes(a) >= MOST_QUOTES:
                self._push(a.parts[0])  # x'' is x: nobody reads so many
                return False
            self._push(Node("transpose", a.start, token.end, (a,), at=token.span, inside=a.inside))
        elif token.is_op("²", "³"):
            a = frame.operands.pop()
            two = Node("number", *token.span, value=Fraction(2 if token.text == "²" else 3))
            self._push(Node("binary", a.start, token.end, (a, two), "^", token.span, inside=a.inside))
        elif token.is_op("["):
            self._open(_Frame("subscript", token, head=frame.operands.pop(), inside=True))
            return True
        elif token.kind == "op" and token.text in _BINARY:
            return self._binary(token, frame)
        elif token.is_op(",") and frame.kind not in ("top", "group", "body"):
            self._finish()
            self.at += 1
            return True
        elif token.is_op(")", "]"):
            if frame.kind == "top" or token.text != _CLOSING[frame.opener.text]:
                raise self._mismatch(token)
            self._finish()
            return self._close(token, tuple(frame.items))
        else:
            raise self._no_operator(token)
        return False

    def _binary(self, token: Token, frame: _Frame) -> bool:
        op, level = token.text, _BINARY[token.text]
        if op in COMPARISONS and not any(f.kind == "where" or _condition(f) for f in self.frames):
            raise self.fail(f"{op} stands only in the first argument of where", hint="where(x > 0, x, 0)")
        if op == "%" and not frame.inside:
            raise self.fail("% stands only in subscripts")
        while frame.operators and frame.operators[-1][1] >= level + (level == 4):
            self._reduce(frame)
        frame.operators.append((op, level, token))
        self.at += 1
        return True

    def _reduce(self, frame: _Frame) -> None:
        op, _, token = frame.operators.pop()
        b = frame.operands.pop()
        if op == "neg":
            node = Node("unary", token.start, b.end, (b,), "-", token.span, b.pure, inside=frame.inside)
        else:
            a = frame.operands.pop()
            pure = op in _SIZE_OPERATORS and a.pure and b.pure
            node = Node(
                "binary", a.start, b.end, (a, b), "*" if op == "@" else op, token.span, pure, inside=frame.inside
            )
        frame.operands.append(node)

    def _finish(self) -> None:
        """The expression of the innermost frame is complete."""
        frame = self.frames[-1]
        while frame.operators:
            self._reduce(frame)
        node = frame.operands.pop()
        node.whole = True
        frame.items.append(node)

    def _close(self, token: Token, items: tuple[Node, ...]) -> bool:
        """Close the innermost bracket; whether an operand is expected now."""
        frame = self.frames.pop()
        kind, head = frame.kind, frame.head
        outer = self.frames[-1]
        start = head.start if head else frame.opener.start
        if kind == "partial" and head is not None:
            self._body(head, (), list(items))
            return True
        if kind == "group":
            (a,) = items
            pure = a.pure and a.kind not in ("group", "name", "number")
            node = Node("group", start, token.end, items, pure=pure, inside=outer.inside)
        elif kind == "subscript" and head is not None:
            node = Node("subscript", start, token.end, (head, *items), inside=outer.inside)
        elif kind == "body" and head is not None:
            node = Node(head.value, start, token.end, items, frame.letters, head.span)
        elif head is not None:
            node = Node(kind, start, token.end, items, head.value, head.span, inside=outer.inside)
        else:
            node = Node(kind, start, token.end, items)
        self._push(node)
        return False

    # Messages ---------------------------------------------------------------------------------------------------

    def _unclosed(self, frame: _Frame) -> ParseError:
        closing = _CLOSING[frame.opener.text]
        return self.fail(
            f"this {frame.opener.text} is not closed", frame.opener.span, hint=f"add the missing {closing}"
        )

    def _mismatch(self, token: Token) -> ParseError:
        for frame in reversed(self.frames):
            if frame.kind != "top":
                closing = _CLOSING[frame.opener.text]
                return self.source.error(
                    f"{token.text} does not close this {frame.opener.text}",
                    token.span, also=[frame.opener.span], hint=f"close it with {closing}",
                )  # fmt: skip
        return self.fail(f"nothing is open that this {token.text} closes", hint="remove it, or open the bracket before")

    def _no_operand(self, token: Token) -> ParseError:
        frame = self.frames[-1]
        after = self.tokens[self.at - 1] if self.at else None
        if token.kind == "end" and frame.kind != "top" and not frame.operators:
            return self._unclosed(frame)
        found = (
            "the end of the text"
            if token.kind == "end"
            else "the end of the line"
            if token.text == "\n"
            else token.text
        )
        behind = f" after {after.text}" if after and after.kind == "op" and after.text != "\n" else ""
        return self.fail(f"expected a name, a number or a bracket{behind}, found {found}", hint=_operand_hint(token))

    def _no_operator(self, token: Token) -> ParseError:
        before = next(t for t in reversed(self.tokens[: self.at]) if t.text != "\n")
        if token.kind in ("name", "number", "string") or token.is_op("("):
            right = self.source.text[token.start : token.end]
            return self.source.error(
                "an operator is missing here", token.span, also=[before.span], hint=self._joined(before, right)
            )
        if token.is_op("="):
            return self.fail("= stands only after the name of a definition", hint="y = W*x + b; sum(y)")
        if token.is_op(","):
            return self.fail("a comma stands only between arguments")
        return self.fail(f"expected an operator, found {token.text}")

    def _joined(self, before: Token, right: str) -> str:
        """What may be meant by two operands side by side."""
        start = before.start
        for t in reversed(self.tokens[: self.tokens.index(before)]):
            if not before.is_op("'") or t.end != start or not (t.kind == "name" or t.is_op("'")):
                break
            start = t.start
            if t.kind == "name":
                break
        left = self.source.text[start : before.end]
        if not left[0].isalnum():
            return "a * between them for a product"
        if before.kind == "name" and left[0] == "Σ":
            return "sum(x), or sum[i](x[i]) where i is a letter"
        if before.kind == "name" and left in functions():
            return f"{left}({right}) for the function"
        return f"{left}*{right} for a product"


def _transposes(node: Node) -> int:
    """How many transposes stand at its end, counted up to `MOST_QUOTES`."""
    n = 0
    while node.kind == "transpose" and n < MOST_QUOTES:
        n, node = n + 1, node.parts[0]
    return n


def _condition(frame: _Frame) -> bool:
    return frame.kind == "call" and frame.head is not None and frame.head.value == "where" and not frame.items


def _operand_hint(token: Token) -> str:
    if token.is_op("+"):
        return "a sign + is not needed"
    if token.is_op("["):
        return "lists stand only in permute(X, [1, 0]) and reshape(X, [m, n])"
    return ""
