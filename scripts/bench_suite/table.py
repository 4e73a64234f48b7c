"""Medians, spread and ratios, as JSON and as a table for people."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from typing import Any

Samples = dict[str, dict[str, dict[str, list[float]]]]
"""Measurement -> target -> figure -> one value for each round."""

Against = Mapping[str, str]
"""Target -> the one that it is compared with."""

NEW_CONNECTIONS = ", each on a new connection"
"""In a measurement's name; without it, the name is that of the same calls on kept connections."""
_RATIOS = ("calls_per_s", "calls_per_cpu_s")
_DIFFERENCES = ("first_p50_ms", "first_p99_ms", "chunk_p50_ms", "chunk_p99_ms")


def summary(samples: Samples, against: Against | None = None) -> dict[str, Any]:
    """Medians with the least and the greatest, and, round by round, ratios to bare, to the target named by
    ``against`` and to kept connections, and differences to direct."""
    summed: dict[str, Any] = {}
    for measure, targets in samples.items():
        kept = samples.get(measure.replace(NEW_CONNECTIONS, "")) if NEW_CONNECTIONS in measure else None
        summed[measure] = {}
        for target, figures in targets.items():
            other = (against or {}).get(target, "bare")
            found = {name: {**_spread(one), **_against(name, one, targets, other)} for name, one in figures.items()}
            if kept and (ratios := _ratios(figures.get("calls_per_s"), kept.get(target, {}).get("calls_per_s"))):
                found["x_kept"] = ratios
            summed[measure][target] = found
    return summed


def _spread(values: Iterable[float]) -> dict[str, float]:
    kept = [round(value, 3) for value in values]
    return {"median": statistics.median(kept), "least": min(kept), "greatest": max(kept)}


def _ratios(values: list[float] | None, base: list[float] | None) -> dict[str, float]:
    pairs = [one / other for one, other in zip(values or (), base or (), strict=False) if other]
    return _spread(pairs) if pairs else {}


def _against(
    figure: str, values: list[float], targets: dict[str, dict[str, list[float]]], other: str
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if figure in _RATIOS:
        for name in dict.fromkeys(("bare", other)):
            if ratios := _ratios(values, targets.get(name, {}).get(figure)):
                found[f"x_{name}"] = ratios
        if f"x_{other}" in found:
            found["against"] = other
    if figure in _DIFFERENCES:
        for name, key in (("bare", "over_bare"), ("direct", "over_direct")):
            if base := targets.get(name, {}).get(figure):
                found[key] = _spread(one - other for one, other in zip(values, base, strict=False))
    return found


_SHORT = {
    "calls_per_s": "calls/s",
    "calls_per_cpu_s": "calls/CPU s",
    "cpu_ms_per_call": "CPU s/1000",
    "slope_mb_per_10000": "MB/10000",
}


def lines(summed: dict[str, Any]) -> list[str]:
    """The table: one block for each measurement, one line for each target."""
    out: list[str] = []
    for measure, targets in summed.items():
        figures = [
            name for name in dict.fromkeys(name for found in targets.values() for name in found) if name != "calls"
        ]
        rows = [["", *(_SHORT.get(figure, figure) for figure in figures)]]
        rows += [[target, *(_cell(found.get(figure)) for figure in figures)] for target, found in targets.items()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        out += ["", measure]
        out += [
            "  "
            + row[0].ljust(widths[0])
            + "".join("  " + cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))
            for row in rows
        ]
    return out


def _cell(found: dict[str, Any] | None) -> str:
    if found is None:
        return "-"
    median = found["median"]
    text = f"{median:.0f}" if abs(median) >= 1000 else f"{median:.3g}"
    if other := found.get("against", "bare" if "x_bare" in found else None):
        ratio = found[f"x_{other}"]
        text += f" {ratio['median']:.2f}x ({ratio['least']:.2f}-{ratio['greatest']:.2f})"
        text += "" if other == "bare" else f" {other}"
    elif "over_direct" in found:
        text += f" ({found['over_direct']['median']:+.2f})"
    return text
