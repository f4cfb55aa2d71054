"""Targets, outputs × samples; labels, the class of each sample, become one-hot columns."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from chainrule.errors import NetworkError
from chainrule.nets import losses
from chainrule.nets.orientation import Rows, counted, turned
from chainrule.nets.spec import Spec


def targets(spec: Spec, outputs: int | str, samples: int | str) -> Rows | None:
    """The targets of a file for so many outputs and samples, None if it gives none.

    Raises:
        NetworkError: they do not fit the outputs.
    """
    labels, given = spec.labels, spec.target
    if labels is not None and given is not None:
        raise NetworkError("target and labels say the same thing: one of them")
    if labels is not None:
        return _onehot(labels, outputs, samples)
    if given is None:
        return None
    found = turned(given) if spec.orientation == "rows" else given
    classes = _as_labels(spec, found, outputs, samples)
    if classes is not None:
        return _onehot(classes, outputs, samples)
    rows, columns = len(found), len(found[0])
    if rows != outputs or columns != samples:
        raise NetworkError(
            f"the targets are {rows} × {columns}, the outputs {outputs} × {samples}",
            hint='target as outputs × samples, or orientation = "rows" for samples × outputs',
        )
    return found


def _onehot(labels: Sequence[int], classes: int | str, samples: int | str) -> Rows:
    if not isinstance(classes, int):
        raise NetworkError("labels need a last layer with a number of units", hint="units = 3")
    if len(labels) != samples:
        raise NetworkError(f"{counted(len(labels), 'labels')} for {counted(samples, 'samples')}",
                           hint="a label for each sample")  # fmt: skip
    if max(labels) >= classes:
        raise NetworkError(f"label {max(labels)} is none of the {counted(classes, 'classes')}",
                           hint=f"labels from 0 to {classes - 1}")  # fmt: skip
    return [[Fraction(c == label) for label in labels] for c in range(classes)]


def _as_labels(spec: Spec, target: Rows, outputs: int | str, samples: int | str) -> list[int] | None:
    """The classes of the samples, where a loss of distributions is given one whole number a sample."""
    kind, flat = losses.find(spec.loss), [x for row in target for x in row]
    shape, are_whole = (len(target), len(target[0])), all(x.denominator == 1 and x >= 0 for x in flat)
    line = 1 in shape and len(flat) == samples and shape != (outputs, samples)
    distribution = kind is not None and kind.target == "distribution"
    return [int(x) for x in flat] if distribution and are_whole and line and outputs != 1 else None
