"""Pictures as inline SVG: no script, no font, no request, and colours that follow the page's theme.

Every chart is 560 wide in its own units and scales with the page. Text is escaped here, so the
templates take what these functions return as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Iterable, Optional, Sequence

from markupsafe import Markup, escape

WIDTH = 560.0
LEFT, RIGHT, TOP, BOTTOM = 56.0, 16.0, 14.0, 44.0
COLOURS = 8
"""So many series have a colour of their own (``.c0`` … in the page's style)."""

Points = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Frame:
    """A plot's area and the values at its edges."""

    low_x: float
    high_x: float
    low_y: float
    high_y: float
    height: float = 330.0

    def x(self, value: float) -> float:
        """A value's place from the left."""
        share = (value - self.low_x) / ((self.high_x - self.low_x) or 1.0)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        """A value's place from the top."""
        share = (value - self.low_y) / ((self.high_y - self.low_y) or 1.0)
        return round(self.height - BOTTOM - share * (self.height - TOP - BOTTOM), 1)


def lines(
    series: dict[str, Points],
    across: str,
    up: str,
    *,
    diagonal: bool = False,
    dots: bool = False,
    level: Optional[float] = None,
) -> Markup:
    """Curves inside the unit square.

    Args:
        series: points [x, y] by name, in drawing order.
        across: what x means.
        up: what y means.
        diagonal: whether to draw the line of chance, or of perfect calibration.
        dots: whether to mark the points.
        level: height of a dashed line, such as the share of positives.
    """
    frame = Frame(0.0, 1.0, 0.0, 1.0)
    parts = [_axes(frame, across, up)]
    if diagonal:
        parts.append(_line(frame, (0, 0), (1, 1)))
    if level is not None:
        parts.append(_line(frame, (0, level), (1, level)))
    for number, points in enumerate(series.values()):
        path = " ".join(f"{frame.x(x)},{frame.y(y)}" for x, y in points)
        parts.append(f'<polyline class="line c{number % COLOURS}" points="{path}"/>')
        if dots:
            parts += [
                f'<circle class="dot c{number % COLOURS}" cx="{frame.x(x)}" cy="{frame.y(y)}" '
                'r="4"/>'
                for x, y in points
            ]
    return _svg(parts, frame.height, f"{up} over {across}") + _legend(list(series))


def bars(items: Sequence[tuple[str, float, str]], label: str) -> Markup:
    """Horizontal bars from zero, negative ones to the left in another colour.

    Args:
        items: name, value and the text at the bar's end.
        label: what the picture shows, for those who cannot see it.
    """
    step, names_end = 26.0, 200.0
    largest = max((abs(value) for _, value, _ in items), default=0.0) or 1.0
    room = WIDTH - names_end - 80.0
    parts = []
    for number, (name, value, text) in enumerate(items):
        top = number * step
        length = round(max(1.0, abs(value) / largest * room), 1)
        kind = "c1" if value < 0 else "c0"
        parts.append(
            f'<text class="name" x="{names_end - 8}" y="{top + 17}">{_short(name, 28)}</text>'
            f'<rect class="bar {kind}" x="{names_end}" y="{top + 4}" width="{length}" height="18" '
            f'rx="3"><title>{escape(name)}: {escape(text)}</title></rect>'
            f'<text x="{names_end + length + 6}" y="{top + 17}">{escape(text)}</text>'
        )
    return _svg(parts, max(step, step * len(items)), label)


def matrix(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> Markup:
    """A confusion matrix: a row for each true class, shaded by its share of that row."""
    size = len(labels)
    side = min(96.0, 400.0 / max(1, size))
    left, top = 130.0, 46.0
    centre = left + size * side / 2
    parts = [f'<text class="middle soft" x="{centre}" y="14">predicted</text>']
    for column, label in enumerate(labels):
        middle = left + (column + 0.5) * side
        parts.append(f'<text class="middle" x="{middle}" y="38">{_short(label, side / 8)}</text>')
    for row, (label, line) in enumerate(zip(labels, counts)):
        y, whole = top + row * side, sum(line) or 1
        parts.append(
            f'<text class="name" x="{left - 8}" y="{y + side / 2 + 4}">{_short(label, 16)}</text>'
        )
        for column, count in enumerate(line):
            share = count / whole
            kind = "c0" if row == column else "c1"
            text = f"{count:,}" if side > 30 else ""
            parts.append(
                f'<rect class="cell {kind}" fill-opacity="{0.06 + 0.8 * share:.3f}" '
                f'x="{left + column * side + 1:.1f}" y="{y + 1:.1f}" width="{side - 2:.1f}" '
                f'height="{side - 2:.1f}" rx="4"><title>{escape(label)} predicted as '
                f"{escape(labels[column])}: {count:,} ({share:.1%})</title></rect>"
                f'<text class="middle strong" x="{left + (column + 0.5) * side:.1f}" '
                f'y="{y + side / 2 + 4:.1f}">{text}</text>'
            )
    return _svg(parts, top + size * side + 8, "Confusion matrix: true classes by predicted ones")


def heat(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[Optional[float]]],
    label: str,
) -> Markup:
    """A table of figures from -1 to 1 as shades: blue above zero, orange below, empty for none."""
    left, top, right = 132.0, 96.0, 64.0
    side = min(44.0, (WIDTH - left - right) / max(1, len(columns)))
    parts = []
    for at, name in enumerate(columns):
        x = left + (at + 0.6) * side
        parts.append(
            f'<text transform="translate({x:.1f} {top - 8}) rotate(-48)">{_short(name, 15)}</text>'
        )
    for row, (name, line) in enumerate(zip(rows, values)):
        y = top + row * side
        parts.append(
            f'<text class="name" x="{left - 8}" y="{y + side / 2 + 4:.1f}">'
            f"{_short(name, 18)}</text>"
        )
        for at, value in enumerate(line):
            kind = "c1" if (value or 0.0) < 0 else "c0"
            told = "none" if value is None else f"{value:.2f}"
            parts.append(
                f'<rect class="cell {kind}" fill-opacity="{0.04 + 0.9 * abs(value or 0.0):.3f}" '
                f'x="{left + at * side + 0.5:.1f}" y="{y + 0.5:.1f}" width="{side - 1:.1f}" '
                f'height="{side - 1:.1f}" rx="2"><title>{escape(name)}, {escape(columns[at])}: '
                f"{told}</title></rect>"
            )
            if side >= 26 and value is not None:
                parts.append(
                    f'<text class="middle small" x="{left + (at + 0.5) * side:.1f}" '
                    f'y="{y + side / 2 + 4:.1f}">{value:.2f}</text>'
                )
    return _svg(parts, top + len(rows) * side + 6, label)


def histogram(edges: Sequence[float], series: dict[str, Sequence[float]], across: str) -> Markup:
    """Shares over bins, one colour a series, drawn over each other."""
    shares = {name: _shares(counts) for name, counts in series.items()}
    highest = max((max(values, default=0.0) for values in shares.values()), default=0.0) or 1.0
    frame = Frame(edges[0], edges[-1], 0.0, highest, 260.0)
    parts = [_axes(frame, across, "share of rows")]
    for number, values in enumerate(shares.values()):
        for start, end, share in zip(edges[:-1], edges[1:], values):
            left, width = frame.x(start), frame.x(end) - frame.x(start) - 1
            height = frame.y(0.0) - frame.y(share)
            parts.append(
                f'<rect class="area c{number}" x="{left}" y="{frame.y(share)}" '
                f'width="{width:.1f}" height="{height:.1f}"/>'
            )
    return _svg(parts, frame.height, f"Histogram of {across}") + _legend(list(shares))


def spark(counts: Sequence[float]) -> Markup:
    """A histogram the size of a word."""
    highest = max(counts, default=0.0) or 1.0
    width = 120.0 / max(1, len(counts))
    parts = [
        f'<rect class="bar c0" x="{at * width:.1f}" y="{28 - 26 * count / highest:.1f}" '
        f'width="{max(0.5, width - 0.6):.1f}" height="{26 * count / highest:.1f}"/>'
        for at, count in enumerate(counts)
    ]
    picture = '<svg class="spark" viewBox="0 0 120 28" aria-hidden="true">'
    return Markup(picture + "".join(parts) + "</svg>")  # noqa: S704  (numbers alone)


def pairs(labels: Sequence[str], before: Sequence[float], now: Sequence[float]) -> Markup:
    """Two bars a label, side by side: shares of rows in training and in the traffic."""
    highest = max([*before, *now], default=0.0) or 1.0
    height, bottom = 250.0, 92.0
    frame = Frame(0.0, float(max(1, len(labels))), 0.0, highest, height - bottom + BOTTOM)
    width = (frame.x(1.0) - frame.x(0.0)) / 2 - 2
    parts = [_axes(frame, "", "share of rows", marks_x=False)]
    for number, (label, first, second) in enumerate(zip(labels, before, now)):
        left = frame.x(number) + 2
        for at, (kind, share) in enumerate((("c0", first), ("c1", second))):
            parts.append(
                f'<rect class="bar {kind}" x="{left + at * width:.1f}" y="{frame.y(share)}" '
                f'width="{width - 1:.1f}" height="{frame.y(0.0) - frame.y(share):.1f}">'
                f"<title>{escape(label)}: {share:.1%}</title></rect>"
            )
        x, y = left + width, frame.y(0.0) + 14
        parts.append(
            f'<text class="end" transform="translate({x:.1f} {y:.1f}) rotate(-40)">'
            f"{_short(label, 15)}</text>"
        )
    return _svg(parts, height, "Shares before and now") + _legend(["training", "traffic"])


def scatter(points: Points, across: str, up: str) -> Markup:
    """Points over one scale on both axes, with the line where they are equal."""
    values = [value for point in points for value in point]
    low, high = min(values, default=0.0), max(values, default=1.0)
    frame = Frame(low, high, low, high)
    parts = [_axes(frame, across, up), _line(frame, (low, low), (high, high))]
    parts += [
        f'<circle class="point" cx="{frame.x(x)}" cy="{frame.y(y)}" r="3"/>' for x, y in points
    ]
    return _svg(parts, frame.height, f"{up} over {across}")


def ticks(low: float, high: float) -> list[float]:
    """Four to eight round numbers from low to high."""
    span = high - low
    if span <= 0:
        return [low]
    rough = span / 5.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(size * power for size in (1.0, 2.0, 2.5, 5.0, 10.0) if size * power >= rough)
    first = math.floor(low / step)
    return [
        round(number * step, 10)
        for number in range(first, first + 20)
        if low - step * 1e-9 <= number * step <= high + step * 1e-9
    ]


def short_number(value: float) -> str:
    """A number for an axis: 12k, 3.5M, 0.25."""
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{suffix}"
    return f"{value:.4g}"


def _axes(frame: Frame, across: str, up: str, *, marks_x: bool = True) -> str:
    left, right, bottom = LEFT, WIDTH - RIGHT, frame.height - BOTTOM
    parts = []
    for value in ticks(frame.low_y, frame.high_y):
        y = frame.y(value)
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="name" x="{left - 8}" y="{y + 4}">{short_number(value)}</text>')
    if marks_x:
        for value in ticks(frame.low_x, frame.high_x):
            x = frame.x(value)
            parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{bottom}"/>')
            parts.append(
                f'<text class="middle" x="{x}" y="{bottom + 18}">{short_number(value)}</text>'
            )
    parts.append(
        f'<text class="middle soft" x="{(left + right) / 2}" y="{frame.height - 6}">'
        f"{escape(across)}</text>"
        f'<text class="middle soft" transform="translate(12 {(TOP + bottom) / 2}) rotate(-90)">'
        f"{escape(up)}</text>"
    )
    return "".join(parts)


def _line(frame: Frame, start: tuple[float, float], end: tuple[float, float]) -> str:
    return (
        f'<line class="dashed" x1="{frame.x(start[0])}" y1="{frame.y(start[1])}" '
        f'x2="{frame.x(end[0])}" y2="{frame.y(end[1])}"/>'
    )


def _svg(parts: Iterable[Any], height: float, label: str) -> Markup:
    head = (
        f'<svg viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-label="{escape(label)}" '
        'xmlns="http://www.w3.org/2000/svg">'
    )
    return Markup(head + "".join(str(part) for part in parts) + "</svg>")  # noqa: S704  (escaped)


def _legend(names: list[str]) -> Markup:
    if len(names) < 2:
        return Markup("")
    entries = Markup("").join(
        Markup('<li><i class="c{}"></i>{}</li>').format(number % COLOURS, name)
        for number, name in enumerate(names)
    )
    return Markup('<ul class="legend">{}</ul>').format(entries)


def _shares(counts: Sequence[float]) -> list[float]:
    whole = sum(counts) or 1.0
    return [count / whole for count in counts]


def _short(text: str, most: float) -> Markup:
    kept = max(3, int(most))
    return escape(text if len(text) <= kept else text[: kept - 1] + "…")
