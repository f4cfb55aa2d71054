"""The general formulas as they stand in textbooks, each from a derivation whose steps are all verified."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from chainrule.core.size import size
from chainrule.errors import NetworkError
from chainrule.nets.backward import Backward
from chainrule.nets.exercise import exercise, sheet
from chainrule.nets.general import general
from chainrule.nets.network import Network
from chainrule.nets.page import formula_page, worked_page
from chainrule.pages.document import Block, Details, Document, Equations, Heading, Note, Row, Stepper, Table
from chainrule.pages.latex import to_latex

EXAMPLES = Path(__file__).parents[2] / "examples"


def blocks(found: Iterable[Block]) -> Iterator[Block]:
    for b in found:
        yield b
        if isinstance(b, Details):
            yield from blocks(b.blocks)
        if isinstance(b, Stepper):
            for frame in b.frames:
                yield from blocks(frame.blocks)


def rows(found: Iterable[Block]) -> list[str]:
    return [str(r.parts) for b in blocks(found) if isinstance(b, Equations) for r in b.rows]


def notes(found: Iterable[Block]) -> list[str]:
    return [b.text for b in blocks(found) if isinstance(b, Note)]


@pytest.mark.parametrize("batch", [None, size("N")])
def test_the_formulas_for_a_layer_are_those_of_textbooks(batch) -> None:
    found = rows(general(batch))
    for line in (
        "δˡ = ∂C/∂zˡ",
        "δᴸ = ∂C/∂aᴸ ⊙ σ′(zᴸ)",
        "δˡ = (Wˡ⁺¹)ᵀ δˡ⁺¹ ⊙ σ′(zˡ)",
        "∂C/∂Wˡ = δˡ (aˡ⁻¹)ᵀ",
        "∂C/∂bˡ = δˡ" if batch is None else "∂C/∂bˡ = δˡ 𝟏_N",
        "Wˡ ← Wˡ − η ∂C/∂Wˡ",
    ):
        assert line in found, line
    if batch is None:
        assert "δᴸ = (∂f/∂zᴸ)ᵀ ∂C/∂aᴸ" in found


@pytest.mark.parametrize("batch", [None, size("N")])
def test_every_step_of_the_general_derivations_is_verified(batch) -> None:
    said = notes(general(batch))
    assert len(said) >= 4
    assert all(re.fullmatch(r"steps: [\d a-z,]+", s) and "different" not in s and "undecided" not in s for s in said)


def test_softmax_with_cross_entropy_collapses_with_the_cancellation_shown() -> None:
    page = formula_page(Network.load(EXAMPLES / "formulas.toml"))
    found = rows(page.blocks)
    assert "δ² = ∂C/∂z² = (a² − t)/N" in found
    assert any("Σ" in line and "δ_" in line for line in found)
    assert any("sums to one" in r.reason for r in steps(page))
    assert all("not all" not in s for s in notes(page.blocks))


def steps(page: Document) -> list[Row]:
    return [r for b in blocks(page.blocks) if isinstance(b, Equations) for r in b.rows]


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda p: p.stem)
def test_every_derivation_on_the_page_of_an_example_is_verified(path: Path) -> None:
    net = Network.load(path)
    page = worked_page(net.work(), interactive=True) if net.numeric else formula_page(net)
    assert all("not all steps are verified" not in s for s in notes(page.blocks))
    assert len(rows(page.blocks)) > 10
    assert [b.text for b in page.blocks if isinstance(b, Heading)]


def test_one_entry_a_row_and_the_whole_matrix_are_shown() -> None:
    found = rows(formula_page(Network.of(inputs=3, layer=[{"units": 2}], loss="mse")).blocks)
    assert "∂C/∂w¹_ij = δ¹_i a⁰_j" in found
    assert "∂C/∂w¹₁₃ = δ¹₁ a⁰₃" in found
    assert "∂C/∂W¹ = δ¹ (a⁰)ᵀ" in found
    assert any(line.count("∂C/∂w¹") >= 6 for line in found)


def test_formulas_stand_with_and_without_numbers() -> None:
    found = rows(worked_page(Network.load(EXAMPLES / "course-1-linear.toml").work()).blocks)
    assert any("C = ½ sum((a² − t)²) = ½ ((15 − 2)² + (−4 − 3)²) = 109" in line for line in found)


def test_irrational_outputs_stand_beside_what_they_are() -> None:
    found = "\n".join(rows(worked_page(Network.load(EXAMPLES / "softmax-classifier.toml").work()).blocks))
    assert "σ(2)" in found
    assert "≈" in found


def test_the_frames_of_a_stepper_light_what_there_is() -> None:
    page = worked_page(Network.load(EXAMPLES / "relu-4-3-2-1.toml").work(), interactive=True)
    (stepper,) = (b for b in page.blocks if isinstance(b, Stepper))
    ids = set(re.findall(r'id="([^"]+)"', stepper.svg))
    assert next(f.title for f in stepper.frames).startswith("Forward")
    assert all(f.lit and f.lit <= ids for f in stepper.frames)


@pytest.mark.parametrize("seed", range(12))
def test_an_exercise_has_small_numbers_and_no_unit_on_a_kink(seed: int) -> None:
    w = exercise([2, 3, 2], ["relu", "identity"], "half squared error", seed)
    step = w.steps[0]
    assert w.agreement.dual == "equal"
    assert all(x != 0 for x in step.stages[0].z)
    assert all(abs(x) <= 200 for g in step.gradients.values() for x in g.flat)
    assert not step.grew
    page = sheet(w)
    assert any(isinstance(b, Table) for b in page.blocks)
    assert "____" in "\n".join(str(c) for b in page.blocks if isinstance(b, Table) for r in b.rows for c in r)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda p: p.stem)
def test_the_page_of_every_example_compiles(path: Path, tmp_path: Path) -> None:
    net = Network.load(path)
    page = worked_page(net.work()) if net.numeric else formula_page(net)
    (tmp_path / "page.tex").write_text(to_latex(page), encoding="utf-8")
    line = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(line, cwd=tmp_path, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]


def test_momentum_is_written_out_with_the_velocity_of_the_step_before() -> None:
    update = {"rule": "momentum", "learning_rate": "1/2", "momentum": "1/4", "weight_decay": "1/10"}
    w = Network.of(input=[1], target=[0], layer=[{"weights": [[2]], "bias": [1]}], update=update).work(2)
    found = rows(worked_page(w).blocks)
    assert "v_{W¹} ← [3] + 0.1 [2] = [3.2]" in found
    assert "W¹ ← [2] − 0.5 [3.2] = [0.4]" in found
    assert "v_{b¹} ← [3]" in found
    assert "v_{W¹} ← 0.25 [3.2] + [−0.1] + 0.1 [0.4] = [0.74]" in found


def test_weight_decay_is_written_out_in_the_update() -> None:
    update = {"learning_rate": "1/2", "weight_decay": "1/10"}
    w = Network.of(input=[1], target=[0], layer=[{"weights": [[2]], "bias": [1]}], update=update).work()
    found = rows(worked_page(w).blocks)
    assert "W¹ ← [2] − 0.5 ([3] + 0.1 [2]) = [0.4]" in found
    assert "b¹ ← [1] − 0.5 [3] = [−0.5]" in found


def test_an_exercise_passes_over_numbers_that_do_not_work() -> None:
    assert exercise([2, 2, 2], ["exp"], "half squared error", 1).agreement.dual == "overlap"
    with pytest.raises(NetworkError, match="no numbers were found"):
        exercise([1, 1], ["sqrt(z - 1000)"], "half squared error", 1)


def test_an_exercise_derives_its_formulas_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Network] = []
    true = Backward.__init__
    monkeypatch.setattr(Backward, "__init__", lambda self, net: (made.append(net), true(self, net))[1])
    exercise([2, 2, 1], ["z^2"], "half squared error", 1)
    assert len(made) == 1
