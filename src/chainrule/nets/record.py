"""A worked example as the dictionary of `work --json`."""

from __future__ import annotations

from math import isnan
from typing import Any

import numpy as np

from chainrule.nets.digits import exactly, nested
from chainrule.nets.work import StageValues, Step, Worked


def record(w: Worked) -> dict[str, Any]:
    """Every number a string, exact where it is rational; matrices as rows; z, a and δ as features × samples."""
    net = w.net
    return {
        "sizes": net.sizes,
        "samples": net.samples,
        "loss": net.spec.loss,
        "reduction": net.reduction,
        "learning_rate": exactly(net.learning_rate),
        "steps": [_step(w, s) for s in w.steps],
        "agreement": {
            "dual_numbers": w.agreement.dual,
            "numpy": None if isnan(w.agreement.numpy) else f"{w.agreement.numpy:.1e}",
            "holds": w.agreement.holds,
        },
    }


def _step(w: Worked, s: Step) -> dict[str, Any]:
    return {
        "loss_before": exactly(s.loss_before),
        "loss_after": exactly(s.loss_after),
        "layers": [_stage(w, s, v) for v in s.stages],
    }


def _stage(w: Worked, s: Step, v: StageValues) -> dict[str, Any]:
    k = v.stage.owner
    out: dict[str, Any] = {"layer": v.stage.layer}
    if v.stage.step:
        out["time"] = v.stage.step
    if v.stage.owner != v.stage.layer:
        out["shares"] = v.stage.owner
    out |= {"z": _columns(v.z), "a": _columns(v.a), "delta": _columns(v.delta), "dx": _columns(v.dx)}
    for letter in ("W", "U", "b"):
        name = f"{letter}{k}"
        if name in s.gradients:
            out[f"d{letter}"] = nested(s.gradients[name])
            out[letter] = nested(s.before[name])
            out[f"{letter}_new"] = nested(s.after[name])
    if not w.net.data.has_bias(v.stage.layer):
        out |= {"db": None, "b": None, "b_new": None}
    return out


def _columns(x: Any) -> Any:
    """Features × samples: one sample is a column."""
    a = np.asarray(x, dtype=object)
    return nested(a.reshape(-1, 1) if a.ndim == 1 else a)
