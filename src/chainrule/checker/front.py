"""What front matter settles: `given: W: m n; x: n`, shapes and facts; `net: net.toml`, a whole network."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from chainrule.checker import syntax as s
from chainrule.checker.document import read
from chainrule.checker.labels import Key
from chainrule.checker.symbols import Declaration, Symbols
from chainrule.core.size import Size
from chainrule.errors import ChainruleError, DocumentError
from chainrule.nets.formulas import Formulas
from chainrule.nets.network import Network
from chainrule.nets.stages import Stage
from chainrule.notation.declarations import Declared, declarations

LOSSES = ("L", "J", "C", "E")
_LAYER = re.compile(r"((?:[A-Za-z]|\\[a-z]+))\^\{(\d+)\}")


@dataclass(frozen=True)
class Front:
    """declared: from `given`. net: the statements of a network, in the notation of the document."""

    declared: Declared | None = None
    net: tuple[s.Formula, ...] = field(default=())
    activation: str = ""

    @classmethod
    def of(cls, document: s.Document) -> Front:
        """The front matter of a document.

        Raises:
            DocumentError: it cannot be read, or the network cannot.
        """
        given, net = document.front.get("given", ""), document.front.get("net", "")
        declared = None
        if given:
            try:
                declared = declarations(given)
            except ChainruleError as e:
                raise DocumentError(f"given, in the front matter: {e.message}", hint=e.hint) from None
        if not net:
            return cls(declared)
        path = Path(document.name).parent / net
        try:
            network = Network.load(path)
            text = _preamble(network, document)
        except (ChainruleError, OSError) as e:
            reason = e.message if isinstance(e, ChainruleError) else f"{path} cannot be read"
            raise DocumentError(
                f"net, in the front matter: {reason}", hint="net: net.toml, next to the document"
            ) from None
        kinds = {layer.activation for layer in network.spec.layer if layer.activation != "identity"}
        return cls(declared, read(text, path.name).formulas, kinds.pop() if len(kinds) == 1 else "")

    def settle(self, symbols: Symbols) -> None:
        """Put the shapes and facts of `given` into the table, and what σ is."""
        if self.activation and "sigma" not in symbols.survey.known_functions:
            symbols.survey.known_functions["sigma"] = self.activation
        if self.declared is None:
            return
        for name, v in self.declared.variables.items():
            symbols.declare(_key(name, symbols), Declaration(tuple(_size(n) for n in v.shape), 1, v.props))
        symbols.functions |= {name for name, f in self.declared.functions.items() if f.elementwise}


def _key(name: str, symbols: Symbols) -> Key:
    """The symbol that a name of the language is: W1 and W_1 are W with a 1 below it, beta is β."""
    m = re.fullmatch(r"([^\W\d_]+)_?(\d+)", name)
    node = _node(f"{_latex(m[1])}_{{{m[2]}}}" if m else _latex(name))
    found = symbols.split(node) if node is not None else None
    return found[0] if found is not None and not found[1] else Key(name)


def _latex(name: str) -> str:
    return name if len(name) == 1 else rf"\{name}" if name.isalpha() else name


def _node(latex: str) -> s.Node | None:
    formulas = read(f"${latex}$").formulas
    return formulas[0].statements[0].sides[0] if formulas else None


def _size(n: Size) -> s.Node:
    node = _node(_written(n))
    return node if node is not None else s.Symbol(str(n))


def _written(n: Size) -> str:
    """A size with the number of its layer below it: n₁ for n1."""
    return re.sub(r"([^\W\d_])(\d+)", r"\1_{\2}", str(n))


def _preamble(network: Network, document: s.Document) -> str:
    """The numbers, the forward equations and the loss of a network, with layers written as the document has them."""
    formulas = Formulas(network)
    rows = [row.parts.latex for row in formulas.forward().rows]
    rows = [*_numbers(network, formulas), *rows, *(_error(stage, formulas) for stage in network.stages)]
    losses = [x for x in LOSSES if x != "C" and re.search(rf"(?<![A-Za-z\\]){x}(?![A-Za-z])", document.text)]
    rows += [f"{x} = C" for x in losses]
    text = "\n\n".join(f"$${row}$$" for row in rows)
    above = re.search(r"[WwbzaH]\}?\^", document.text)
    return text if above else _LAYER.sub(r"\1_{\2}", text)


def _error(stage: Stage, formulas: Formulas) -> str:
    """δˡ = ∂C/∂zˡ, which is what δ stands for unless the document says otherwise."""
    delta, z = formulas.write.name(stage.delta).latex, formulas.write.name(stage.z).latex
    return rf"{delta} = \frac{{\partial C}}{{\partial {z}}}"


def _numbers(network: Network, formulas: Formulas) -> list[str]:
    """W¹ = (…) of a network with numbers, W¹ ∈ ℝ^{m × n} of one with sizes."""
    values = network.values() if network.numeric else {}
    out: list[str] = []
    for name, v in network.given.items():
        symbol = formulas.write.name(v).latex
        value = values.get(name)
        shape = r" \times ".join(map(_written, v.shape)) or "1"
        out.append(rf"{symbol} \in \mathbb{{R}}^{{{shape}}}" if value is None else f"{symbol} = {_matrix(value)}")
    return out


def _matrix(value: Any) -> str:
    """Nested lists of fractions as a matrix; a list is a column."""
    if not isinstance(value, list):
        return str(value)
    grid = cast("list[Any]", value)
    rows = [cast("list[Any]", r) if isinstance(r, list) else [r] for r in grid]
    return r"\begin{pmatrix} " + r" \\ ".join(" & ".join(map(str, r)) for r in rows) + r" \end{pmatrix}"
