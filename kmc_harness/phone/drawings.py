"""SVG drawings as pictures, as far as QR codes are drawn: rectangles, circles, polygons and paths, dark or light.

Curves are drawn as straight lines, circles as squares. What is turned, clipped or styled by a sheet is not followed.
"""

import io
import re
from collections.abc import Iterator
from math import ceil
from typing import Any, NamedTuple
from xml.etree import ElementTree

__all__ = ["as_picture", "may_hide_a_code"]

FEWEST_SHAPES = 60
"""Fewer lines and shapes are no QR code: of 25 x 25 modules, the fewest that hold a key, its outline alone has more."""
SIDE_PX = 800
LONGEST = 1_000_000
_NOT_FOLLOWED = re.compile(rb"rotate|skew|matrix|<style|<pattern|<mask|<filter|clip-path|<foreignObject")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_PATH = re.compile(rf"([a-zA-Z])|({_NUMBER.pattern})")
_LIGHT = re.compile(r"none|transparent|white|#f{3}|#f{6}|#f{8}|rgb\(255, ?255, ?255\)", re.IGNORECASE)
_TAKES = {"m": 2, "l": 2, "h": 1, "v": 1, "c": 6, "s": 4, "q": 4, "t": 2, "a": 7, "z": 0}
"""How many numbers each command of a path takes; the last ones are where it ends."""

Point = tuple[float, float]


class _Placed(NamedTuple):
    """Where a shape goes, and how it is painted: a point is scaled, then moved."""

    scale: Point = (1, 1)
    move: Point = (0, 0)
    fill: str = "black"
    stroke: str = "none"
    width: float = 1

    def at(self, x: float, y: float) -> Point:
        """Return where a point goes."""
        return x * self.scale[0] + self.move[0], y * self.scale[1] + self.move[1]


def may_hide_a_code(svg: bytes) -> bool:
    """Whether an SVG drawing in which no QR code was found may hold one that is drawn in another way."""
    return bool(as_picture(svg) is None or _NOT_FOLLOWED.search(svg)) and _shapes_in(svg) >= FEWEST_SHAPES


def _shapes_in(svg: bytes) -> int:
    paths = re.findall(rb"""\b(?:d|points)\s*=\s*["']([^"']*)""", svg)
    shapes = len(re.findall(rb"<(?:\w+:)?(?:rect|circle|ellipse|use|polygon|line|image)\b", svg))
    return shapes + sum(len(re.findall(rb"[a-zA-Z]|[ ,]-?\d", each)) for each in paths)


def as_picture(svg: bytes) -> bytes | None:
    """Return an SVG drawing as a PNG, dark on light; None where it cannot be read as XML."""
    from PIL import Image

    if len(svg) > LONGEST or b"<!ENTITY" in svg:
        return None
    try:
        root = ElementTree.fromstring(svg)  # noqa: S314 without entities, and of a bounded length
        left, top, width, height = _view_of(root)
        page = SIDE_PX / max(width, height)
        image = Image.new("1", (ceil(width * page), ceil(height * page)), 1)
        named = {each.get("id", ""): each for each in root.iter()}
        _draw(image, root, _Placed((page, page), (-left * page, -top * page)), named)
    except (ElementTree.ParseError, ValueError, ArithmeticError, RecursionError):
        return None
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _view_of(root: Any) -> tuple[float, float, float, float]:
    box = _numbers(root.get("viewBox", ""))
    left, top, width, height = box if len(box) == 4 else (0, 0, _number(root, "width"), _number(root, "height"))
    if not (0 < width < LONGEST and 0 < height < LONGEST and max(width, height) < 50 * min(width, height)):
        raise ValueError("a drawing without a size")
    return left, top, width, height


def _numbers(text: str) -> list[float]:
    return [float(each) for each in _NUMBER.findall(text)]


def _number(element: Any, name: str) -> float:
    return next(iter(_numbers(element.get(name, ""))), 0.0)


def _draw(image: Any, element: Any, where: _Placed, named: dict[str, Any]) -> None:
    kind = str(element.tag).rpartition("}")[2]
    if kind in ("defs", "clipPath", "mask", "symbol", "metadata", "title", "style"):
        return
    where = _painted(element, _moved(element, where))
    if kind == "use":
        used = named.get((element.get("href") or element.get("{http://www.w3.org/1999/xlink}href", ""))[1:])
        if used is not None and used is not element:
            move = where.at(_number(element, "x"), _number(element, "y"))
            _draw(image, used, where._replace(move=move), {})
        return
    _paint(image, list(_outlines(kind, element)), where)
    for child in element:
        _draw(image, child, where, named)


def _moved(element: Any, where: _Placed) -> _Placed:
    for name, told in re.findall(r"(\w+)\s*\(([^)]*)\)", element.get("transform", "")):
        match name, _numbers(told):
            case "translate", [x, *rest]:
                where = where._replace(move=where.at(x, rest[0] if rest else 0))
            case "scale", [x, *rest]:
                y = rest[0] if rest else x
                where = where._replace(scale=(where.scale[0] * x, where.scale[1] * y))
            case "matrix", [x, 0.0, 0.0, y, right, down]:
                where = where._replace(scale=(where.scale[0] * x, where.scale[1] * y), move=where.at(right, down))
    return where


def _painted(element: Any, where: _Placed) -> _Placed:
    styled = dict(re.findall(r"([\w-]+)\s*:\s*([^;]+)", element.get("style", "")))
    told = {name: (styled.get(name) or element.get(name) or "").strip() for name in ("fill", "stroke", "stroke-width")}
    width = next(iter(_numbers(told["stroke-width"])), where.width)
    return where._replace(fill=told["fill"] or where.fill, stroke=told["stroke"] or where.stroke, width=width)


def _outlines(kind: str, element: Any) -> Iterator[list[Point]]:
    match kind:
        case "rect":
            x, y, width, height = (_number(element, name) for name in ("x", "y", "width", "height"))
            if "%" in element.get("width", ""):
                width = height = LONGEST  # the whole page, as backgrounds are drawn
            yield [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        case "circle" | "ellipse":
            x, y = _number(element, "cx"), _number(element, "cy")
            across, down = (_number(element, name) or _number(element, "r") for name in ("rx", "ry"))
            yield [(x - across, y - down), (x + across, y - down), (x + across, y + down), (x - across, y + down)]
        case "polygon" | "polyline":
            numbers = _numbers(element.get("points", ""))
            yield list(zip(numbers[::2], numbers[1::2], strict=False))
        case "path":
            yield from _subpaths(element.get("d", ""))


def _subpaths(told: str) -> Iterator[list[Point]]:
    points: list[Point] = []
    command, numbers = "", list[float]()
    x = y = 0.0
    for letter, number in [*_PATH.findall(told), ("M", "")]:
        if letter:
            if letter.lower() == "m":
                yield points
                points = []
            if letter.lower() == "z" and points:
                x, y = points[0]
            command, numbers = letter, []
            continue
        numbers.append(float(number))
        if len(numbers) < _TAKES.get(command.lower(), 1):
            continue
        from_x, from_y = (x, y) if command.islower() else (0.0, 0.0)
        kind, end = command.lower(), numbers[-2:]
        x = from_x + end[0] if kind == "h" else x if kind == "v" else from_x + end[0]
        y = y if kind == "h" else from_y + end[-1]
        points.append((x, y))
        numbers = []
        command = {"m": "l", "M": "L"}.get(command, command)


def _holes(outlines: list[list[Point]]) -> list[int]:
    """Return which outlines lie in the box around another one: what is painted in both is a hole."""
    boxes = [_box(each) for each in outlines]
    return [
        at
        for at, (left, top, right, bottom) in enumerate(boxes)
        if any(box[0] < left and box[1] < top and right < box[2] and bottom < box[3] for box in boxes)
    ]


def _box(outline: list[Point]) -> tuple[float, float, float, float]:
    across, down = zip(*outline, strict=True)
    return min(across), min(down), max(across), max(down)


def _paint(image: Any, outlines: list[list[Point]], where: _Placed) -> None:
    from PIL import Image, ImageChops, ImageDraw

    placed = [[where.at(*point) for point in outline] for outline in outlines if len(outline) > 1]
    if where.fill != "none":
        holes = _holes(placed)
        inside = Image.new("1", image.size, 0) if holes else image
        colour = int(bool(_LIGHT.fullmatch(where.fill)))
        drawing = ImageDraw.Draw(inside)
        for at, outline in enumerate(placed):
            if at not in holes:
                drawing.polygon(outline, fill=1 if holes else colour)
        for at in holes:
            hole = Image.new("1", image.size, 0)
            ImageDraw.Draw(hole).polygon(placed[at], fill=1)
            inside = ImageChops.logical_xor(inside, hole)
        if holes:
            image.paste(colour, mask=inside)
    if where.stroke != "none":
        width_px = max(round(where.width * abs(where.scale[1])), 1)
        drawing, colour = ImageDraw.Draw(image), int(bool(_LIGHT.fullmatch(where.stroke)))
        for outline in placed:
            drawing.line(outline, colour, width_px)
