"""`chainrule demo`: three derivations that people meet in their first course on neural networks."""

from __future__ import annotations

from dataclasses import dataclass


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

NEXT = (
    ('chainrule derive "x\'*A*x" --wrt x --steps', "sizes are inferred"),
    ('chainrule derive "x\'*A*x" --wrt x --answer "2*A*x"', "is this right? (only if A is symmetric)"),
    ('chainrule derive "logsumexp(A*x)" --wrt x --order 2 --form latex', "a Hessian, for a paper"),
    ("chainrule list", "all functions of the language"),
    ("chainrule explain sift", "the rules that steps name"),
)


def demo() -> None:
    """Derive three real examples, step by step; takes a few seconds."""
    import chainrule as cr

    for number, example in enumerate(EXAMPLES, 1):
        d = cr.derive(cr.parse(example.expression, given=example.given), wrt=example.wrt)
        print(f"{number}. {example.title}\n")
        print(f'   chainrule derive "{example.expression}" --given "{example.given}" --wrt {example.wrt} --steps\n')
        print("\n".join(f"   {line}".rstrip() for line in str(d).splitlines()))
        print(f"\n   {example.remark}\n\n")
    print("What to try next:\n")
    width = max(len(command) for command, _ in NEXT)
    for command, what in NEXT:
        print(f"  {command:<{width}}  # {what}")
