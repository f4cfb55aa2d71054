"""What `import chainrule` offers, and what it does not load."""

from __future__ import annotations

import builtins
import subprocess
import sys

import pytest

import chainrule as cr

NAMES = """
    AxisError ChainruleError Derivation DocumentError DomainError Expr MissingValue NameClash Network NetworkError
    NoRuleError NotDifferentiable ParseError ShapeError Report UnknownName Verdict WrongType __version__ acos asin atan
    avgpool1d avgpool2d check cholesky compile concat conv1d conv2d cos cosh cumsum derive det diag einsum elementwise
    elu emit equal erf exp eye function gather gelu gelu_tanh grad hadamard hardtanh hessian inv jacobian jvp kron
    leaky_relu log log_softmax logdet logsigmoid logsumexp matrix maximum maxpool1d maxpool2d mean minimum mish
    norm1 norm2 ones outer parse permute prod relu reshape scalar selu sigmoid sign silu sin sinh sizes softmax
    softplus sqrt square stack std step tan tanh tensor tr unsqueeze var vec vector vjp where zeros
""".split()  # noqa: SIM905  (easier to read than a list)
HIDING = {"abs", "max", "min", "slice", "sum"}


def test_the_public_names_are_these_sorted() -> None:
    assert list(cr.__all__) == sorted(NAMES)
    assert set(dir(cr)) == {*NAMES, *HIDING}


@pytest.mark.parametrize("name", [*NAMES, *sorted(HIDING)])
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(cr, name) is not None


def test_a_star_import_hides_no_builtin_but_compile() -> None:
    assert set(cr.__all__) & set(dir(builtins)) == {"compile"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="softmaxx"):
        cr.softmaxx  # noqa: B018


def test_importing_chainrule_loads_the_standard_library_alone() -> None:
    heavy = ["numpy", "flint", "opt_einsum", "typer", "rich", "jinja2", "jax", "torch", "pydantic"]
    code = f"import sys, chainrule; print([m for m in {heavy} if m in sys.modules])"
    assert _output(code) == "[]"


@pytest.mark.parametrize("package", ["core", "errors", "primitives", "rewrite", "diff", "recover", "notation"])
def test_what_derives_and_prints_needs_the_standard_library_alone(package: str) -> None:
    code = (
        "import importlib, pkgutil, sys\n"
        "sys.modules.update(dict.fromkeys(['numpy', 'flint', 'opt_einsum', 'typer', 'rich']))\n"
        f"package = importlib.import_module('chainrule.{package}')\n"
        "for module in pkgutil.walk_packages(getattr(package, '__path__', []), package.__name__ + '.'):\n"
        "    importlib.import_module(module.name)\n"
        "print('fine')"
    )
    assert _output(code) == "fine"


def _output(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
