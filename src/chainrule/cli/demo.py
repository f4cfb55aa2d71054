"""`chainrule demo`: three derivations of a first course on neural networks, and a network worked through."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import which


@dataclass(frozen=True, slots=True)
class Example:
    """Something to derive, and what to see in it."""

    title: str
    expression: str
    given: str
    wrt: str
    remark: str


EXAMPLES = (
    Example(
        "A linear layer: how does a loss J change with the weights?",
        "J(W*x + b)",
        "W: m n; x: n; b: m; J: function(m)",
        "W",
        "Whatever the loss is, the gradient is an outer product: error signal times input.",
    ),
    Example(
        "Softmax with an inverse temperature β",
        "softmax(β*x)",
        "β: scalar positive; x: n",
        "x",
        "Every output depends on every input: the term with ppᵀ is what a diagonal Jacobian forgets.",
    ),
    Example(
        "The first weight of a two-layer network, squared error",
        "0.5*norm2(W2*tanh(W1*x + b1) + b2 - t)^2",
        "W1: k n; b1: k; W2: m k; b2: m; x: n; t: m",
        "W1",
        "Backpropagation: the residual, pulled back through W2 and tanh, times the input.",
    ),
)

PAGE = "chainrule-demo.html"
NETWORK = "course-1-linear.toml"

NEXT = (
    ("chainrule work examples/xor.toml --steps 2", "a network of your own: docs/networks.md"),
    ("chainrule exercise --layers 2,3,2 --activations relu --seed 7", "a sheet to work by hand"),
    ('chainrule derive "x\'*A*x" --wrt x --steps', "sizes are inferred"),
    ('chainrule derive "x\'*A*x" --wrt x --answer "2*A*x"', "is this right? (only if A is symmetric)"),
    ('chainrule derive "logsumexp(A*x)" --wrt x --order 2 --form latex', "a Hessian, for a paper"),
    ("chainrule list", "all functions of the language"),
    ("chainrule explain sift", "the rules that steps name"),
)


def demo() -> None:
    """Derive three real examples, step by step, and work a network through; takes a few seconds."""
    import chainrule as cr

    for number, example in enumerate(EXAMPLES, 1):
        d = cr.derive(cr.parse(example.expression, given=example.given), wrt=example.wrt)
        print(f"{number}. {example.title}\n")
        print(f'   chainrule derive "{example.expression}" --given "{example.given}" --wrt {example.wrt} --steps\n')
        print("\n".join(f"   {line}".rstrip() for line in str(d).splitlines()))
        print(f"\n   {example.remark}\n\n")
    _network()
    print(f"What to try next{_where()}:\n")
    width = max(len(command) for command, _ in NEXT)
    for command, what in NEXT:
        print(f"  {command:<{width}}  # {what}")


def _where() -> str:
    """Where the command is, if typing its name would not find it."""
    here = Path(sys.argv[0])
    if which("chainrule") is not None or here.name != "chainrule":
        return ""
    shown = here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here
    return f" (the command is {shown})"


def _network() -> None:
    """A worked example: its last part in the terminal, all of it as a page."""
    from chainrule.cli.work import page_formats, terminal
    from chainrule.nets.network import Network
    from chainrule.nets.page import worked_page

    w = Network.load(example(NETWORK)).work()
    page = worked_page(w, derivations=False)
    print(f"4. A network worked through by hand: chainrule work examples/{NETWORK}\n")
    shown = terminal(page).split("Backward\n", 1)[1].split("Update\n", 1)[0]
    print("\n".join(f"   {line}".rstrip() for line in f"Backward\n{shown}".rstrip().splitlines()))
    make = page_formats(lambda interactive: worked_page(w, interactive))[".html"]
    Path(PAGE).write_text(make(), encoding="utf-8")
    print(f"\n   All of it, with a drawing to go through: {PAGE}\n\n")


def example(name: str) -> Path:
    """A network of the examples, in an installed package or in a clone."""
    here = Path(__file__).resolve()
    places = (here.parents[1] / "examples", here.parents[3] / "examples")
    return next(p / name for p in places if (p / name).is_file())
