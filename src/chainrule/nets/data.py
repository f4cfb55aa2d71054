"""What a network file gives, brought into one orientation: sizes, inputs and targets, with every shape looked at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from chainrule.errors import NetworkError
from chainrule.nets.orientation import Rows, counted, turned
from chainrule.nets.spec import LayerSpec, Spec
from chainrule.nets.targets import targets


class Data:
    """The numbers and sizes of one network; `name` is what messages call it."""

    def __init__(self, spec: Spec, name: str) -> None:
        self.spec, self.name = spec, name

    # ------------------------------------------------------------ the layers

    @cached_property
    def layers(self) -> list[int]:
        """The numbers of the layers, from 1."""
        return list(range(1, len(self.spec.layer) + 1))

    @cached_property
    def steps(self) -> int:
        """Time steps of the recurrent layers; 0 where there are none."""
        return max((l.unroll or 0 for l in self.spec.layer), default=0)

    def owner(self, k: int) -> int:
        """The layer whose parameters layer k uses: itself, or the one that it shares with.

        Raises:
            NetworkError: it names a layer that cannot be.
        """
        share = self.spec.layer[k - 1].share
        if share is None:
            return k
        if share >= k or self.spec.layer[share - 1].share is not None:
            reason = "is none before it" if share >= k else "has none of its own"
            raise NetworkError(f"layer {k} shares the weights of layer {share}, which {reason}", hint="share = 1")
        return share

    def own(self, k: int) -> LayerSpec:
        """The layer, as the file has it, that holds the parameters of layer k."""
        return self.spec.layer[self.owner(k) - 1]

    def has_bias(self, k: int) -> bool:
        """Whether a layer adds a bias: it says so, or has units alone and does not refuse one."""
        own = self.own(k)
        return own.weights is None if own.bias is None else own.bias is not False

    def has_state(self, k: int) -> bool:
        """Whether a layer ever reads its own output of the step before."""
        return any(self.owner(j) == self.owner(k) and (self.spec.layer[j - 1].unroll or 0) > 1 for j in self.layers)

    # ------------------------------------------------------------ sizes

    @cached_property
    def widths(self) -> list[int | str]:
        """The number of inputs, then the number of units of each layer.

        Raises:
            NetworkError: weights or biases do not fit.
        """
        first = self._features()
        found = [first]
        for k in self.layers:
            found.append(self._units_of(k, found))
        return found

    def _features(self) -> int | str:
        if self.inputs is not None:
            features = len(self.inputs[0])
            self._same("inputs", self.spec.inputs, features, "features")
            return features
        if self.spec.inputs is not None:
            return self.spec.inputs
        weights = self.own(1).weights
        if weights is None:
            raise NetworkError(
                "the input is missing", hint="input = [[1], [1]], or inputs = 2 for formulas from sizes alone"
            )
        return len(weights[0])

    def _same(self, key: str, said: int | str | None, found: int, what: str) -> None:
        if said is not None and said != found:
            raise NetworkError(f"{key} = {said}, and the input has {counted(found, what)}", hint=f"{key} = {found}")

    def _units_of(self, k: int, before: Sequence[int | str]) -> int | str:
        """The units of layer k, whatever is said of it looked at; `before`: the widths up to its input."""
        layer, own = self.spec.layer[k - 1], self.own(k)
        self._check_sharing(k, layer, before)
        units = len(own.weights) if own.weights else own.units
        if units is None:
            raise NetworkError(f"layer {k} has neither weights nor units", hint="weights = [[1, 2], [3, 4]]; units = 2")
        self._check_weights(k, own, before[-1])
        self._check_bias(k, own, units)
        self._check_recurrence(k, layer, own, units)
        return units

    def _check_sharing(self, k: int, layer: LayerSpec, before: Sequence[int | str]) -> None:
        if layer.share is None:
            return
        keys = [key for key in ("weights", "bias", "units", "recurrent") if getattr(layer, key) is not None]
        if keys:
            raise NetworkError(
                f"layer {k} shares layer {layer.share}: it has no {keys[0]} of its own", hint=f"leave {keys[0]} out"
            )
        theirs, mine = before[layer.share - 1], before[-1]
        if theirs != mine:
            raise NetworkError(
                f"layer {k} cannot share the weights of layer {layer.share}: they are for "
                f"{counted(theirs, 'inputs')}, and {_source(k, mine)}"
            )

    def _check_weights(self, k: int, own: LayerSpec, before: int | str) -> None:
        if own.weights is None:
            return
        rows, columns = len(own.weights), len(own.weights[0])
        if columns != before:
            turned = "; is it transposed?" if rows == before else ""
            raise NetworkError(
                f"layer {k}: weights of shape {rows} × {columns} do not fit: {_source(k, before)}",
                hint=f"{columns if turned else rows} × {before} would fit{turned}",
            )
        if own.units is not None and own.units != rows:
            raise NetworkError(
                f"layer {k}: weights of {counted(rows, 'rows')}, and units = {own.units}", hint=f"units = {rows}"
            )

    def _check_bias(self, k: int, own: LayerSpec, units: int | str) -> None:
        if own.bias is True and own.weights is not None:
            raise NetworkError(f"layer {k}: bias = true says no numbers", hint="bias = [0, 1], a number for each unit")
        if isinstance(own.bias, list) and own.weights is None:
            raise NetworkError(
                f"layer {k}: a bias of numbers, and no weights", hint="weights as numbers, or bias = true"
            )
        if isinstance(own.bias, list) and len(own.bias) != units:
            raise NetworkError(
                f"layer {k}: a bias of {counted(len(own.bias), 'numbers')}, and {counted(units, 'units')}",
                hint="a number for each unit",
            )

    def _check_recurrence(self, k: int, layer: LayerSpec, own: LayerSpec, units: int | str) -> None:
        if own.recurrent is not None and (len(own.recurrent) != units or len(own.recurrent[0]) != units):
            shape = f"{len(own.recurrent)} × {len(own.recurrent[0])}"
            raise NetworkError(f"layer {k}: recurrent weights of shape {shape}, and {counted(units, 'units')}",
                               hint=f"{units} × {units} would fit")  # fmt: skip
        if layer.unroll is None and (own.recurrent is not None or own.unroll is not None):
            raise NetworkError(f"layer {k} has recurrent weights and no number of time steps", hint="unroll = 3")
        if layer.unroll is not None and own.unroll is None:
            raise NetworkError(f"layer {k} unrolls, and layer {layer.share}, whose weights it shares, does not",
                               hint=f"unroll and recurrent weights in layer {layer.share}")  # fmt: skip
        if layer.unroll is not None and layer.unroll != self.steps:
            raise NetworkError(f"layer {k} unrolls {layer.unroll} time steps, another layer {self.steps}")

    # ------------------------------------------------------------ inputs and targets

    @cached_property
    def inputs(self) -> list[Rows] | None:
        """The input, features × samples: one matrix, or one for each time step."""
        given = self.spec.input
        if given is None:
            return None
        columns = [turned(m) if self.spec.orientation == "rows" else m for m in given]
        shapes = {(len(m), len(m[0])) for m in columns}
        if len(shapes) > 1:
            raise NetworkError(f"the time steps of the input have different shapes: {sorted(shapes)}")
        if len(columns) > 1:
            self._check_time(len(columns))
        return columns

    def _check_time(self, given: int) -> None:
        if self.spec.layer and self.spec.layer[0].unroll is None:
            raise NetworkError(
                f"the input has {given} time steps, and layer 1, which reads it, does not unroll",
                hint=f"unroll = {given} and recurrent weights in layer 1",
            )
        if given != self.steps:
            raise NetworkError(f"the input has {given} time steps, and the layers unroll {self.steps}",
                               hint=f"unroll = {given}")  # fmt: skip

    @cached_property
    def samples(self) -> int | str:
        """How many samples the batch has: 1 where nothing is said."""
        if self.inputs is None:
            return self.spec.samples or 1
        found = len(self.inputs[0][0])
        self._same("samples", self.spec.samples, found, "samples")
        return found

    @cached_property
    def target(self) -> Rows | None:
        """The targets, outputs × samples."""
        return targets(self.spec, self.widths[-1], self.samples)

    # ------------------------------------------------------------ numbers

    @cached_property
    def numeric(self) -> bool:
        """Whether it has numbers to work with: an input, targets, and weights everywhere.

        Raises:
            NetworkError: some are there, and some are missing.
        """
        have = [self.own(k).weights is not None for k in self.layers]
        aimed = self.spec.target is not None or self.spec.labels is not None
        if self.inputs is None and not aimed and not any(have):
            return False
        missing = [f"the weights of layer {k}" for k, has in zip(self.layers, have, strict=True) if not has]
        if self.inputs is None:
            missing.append("input")
        if not aimed:
            missing.append("target")
        missing += [
            f"the recurrent weights of layer {k}"
            for k in self.layers
            if self.spec.layer[k - 1].unroll and self.own(k).recurrent is None
        ]
        if missing:
            raise NetworkError(f"numbers are missing: {', '.join(missing)}",
                               hint="all of them, or sizes alone (inputs, units) for the formulas")  # fmt: skip
        return True

    def values(self) -> dict[str, Any]:
        """The numbers of all variables by name: parameters, input and targets; of one sample as vectors."""
        single = self.samples == 1
        out: dict[str, Any] = {}
        for n, m in enumerate(self.inputs or [], 1):
            out[self.input_name(n)] = [row[0] for row in m] if single else m
        for k in self.layers:
            own = self.spec.layer[k - 1]
            if own.share is None:
                out[f"W{k}"] = own.weights
                if isinstance(own.bias, list):
                    out[f"b{k}"] = own.bias
                if self.has_state(k):
                    out[f"U{k}"] = own.recurrent
        assert self.target is not None
        out["t"] = [row[0] for row in self.target] if single else self.target
        return out

    def input_name(self, step: int) -> str:
        """a0, or a0_2 where the input is another one at each time step."""
        return "a0" if self.inputs is None or len(self.inputs) == 1 else f"a0_{step}"


def _source(k: int, before: int | str) -> str:
    """What layer k reads, and how much of it there is."""
    return f"the input has {counted(before, 'features')}" if k == 1 else f"layer {k - 1} has {counted(before, 'units')}"
