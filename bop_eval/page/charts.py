"""Charts as inline SVG."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

# Okabe and Ito's colours, told apart with every kind of colour vision.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a00", "#000000")
WIDTH, HEIGHT = 330, 240
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 30, 42
BAR, GAP = 9, 9


class Series(NamedTuple):
    """One line, or one bar in each group."""

    name: str
    values: Sequence[float]  # in [0, 1]


def color(index: int) -> str:
    """The colour of a submission."""
    return COLORS[index % len(COLORS)]


def line_chart(title: str, x_label: str, x: Sequence[float], series: Sequence[Series]) -> str:
    """Values in [0, 1] over `x`, one line for each series."""
    plot_width, plot_height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    span = (max(x) - min(x)) or 1.0

    def place(at: float, value: float) -> tuple[float, float]:
        return LEFT + (at - min(x)) / span * plot_width, TOP + (1 - value) * plot_height

    parts = [_text(LEFT, 18, title, "title")]
    for value in (0, 0.25, 0.5, 0.75, 1):
        y = place(min(x), value)[1]
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{value:g}", "end"))
    for at in x[1::2]:
        parts.append(_text(place(at, 0)[0], HEIGHT - BOTTOM + 16, f"{at:.3g}", "middle"))
    parts.append(_text(LEFT + plot_width / 2, HEIGHT - 8, x_label, "middle label"))
    for index, (name, values) in enumerate(series):
        points = [place(*point) for point in zip(x, values, strict=True)]
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        dots = "".join(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="2.5"/>' for px, py in points)
        tip = f"<title>{escape(name)}: {', '.join(f'{v:.3f}' for v in values)}</title>"
        parts.append(
            f'<g fill="{color(index)}">{tip}<polyline points="{path}" fill="none" stroke="{color(index)}" '
            f'stroke-width="2"/>{dots}</g>'
        )
    return _svg(WIDTH, HEIGHT, parts)


def bar_chart(groups: Sequence[str], series: Sequence[Series]) -> str:
    """Horizontal bars in [0, 1], one group for each name, one bar for each series."""
    label, scale = 110, 340
    step = len(series) * BAR + GAP
    height = len(groups) * step + 26
    parts = []
    for value in (0, 0.25, 0.5, 0.75, 1):
        x = label + value * scale
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="4" y2="{height - 20}"/>')
        parts.append(_text(x, height - 6, f"{value:g}", "middle"))
    for g, name in enumerate(groups):
        top = 6 + g * step
        parts.append(_text(label - 8, top + len(series) * BAR / 2 + 4, name, "end"))
        for index, (submission, values) in enumerate(series):
            y, length = top + index * BAR, max(values[g] * scale, 0.5)
            tip = f"<title>{escape(submission)}, {escape(name)}: {values[g]:.4f}</title>"
            parts.append(
                f'<rect x="{label}" y="{y}" width="{length:.1f}" height="{BAR - 1}" '
                f'fill="{color(index)}">{tip}</rect>'
            )
            parts.append(_text(label + length + 5, y + BAR - 1, f"{values[g]:.2f}", "value"))
    return _svg(label + scale + 50, height, parts)


def _text(x: float, y: float, content: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(content)}</text>'


def _svg(width: float, height: float, parts: list[str]) -> str:
    return f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}">{"".join(parts)}</svg>'
