"""How things show themselves in Jupyter: as tables and pictures; everywhere else their repr does.

Secrets are shortened, and QR codes within something else blurred beyond reading, unless `InFull` asks. A QR code that
is displayed by itself is asked for.
"""

import base64
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any

from kmc_model.actions import shorten
from kmc_model.analysis.statespace import PAIRINGS, Space, outline
from kmc_model.model import Model, Outcome
from kmc_model.notebook.history import History
from kmc_model.qr import QrCode
from kmc_model.records import Link, LinkStatus, Mail, Session
from kmc_model.values import bundle, drawings

if TYPE_CHECKING:
    import pandas
    from matplotlib.figure import Figure

__all__ = [
    "InFull",
    "Listing",
    "lifetime_chart",
    "moment",
    "picture",
    "png",
    "state_chart",
    "table",
]

GREEN, RED, BLUE, GREY, AMBER, VIOLET = "#1a7f4b", "#c22436", "#1f5fbf", "#667080", "#b87900", "#8a3fa0"
DAY_S, DPI = 86_400, 96
LEFT = "text-align:left;vertical-align:top"


@dataclass(frozen=True, repr=False)
class InFull:
    """Show something with its secrets, as in `InFull(mail)`."""

    thing: object

    def __repr__(self) -> str:
        return repr(self.thing)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        return bundle(self.thing, secrets=True)


def table(rows: Iterable[Sequence[str]], heads: Sequence[str] = ()) -> str:
    """Return a table in HTML; the cells are HTML already."""
    titles = "".join(f'<th style="{LEFT}">{each}</th>' for each in heads)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><tr>{titles}</tr>{body}</table>" if titles else f"<table>{body}</table>"


def _cell(html: str) -> str:
    whole = ";white-space:nowrap" if len(html) < 16 else ""
    return f'<td style="{LEFT}{whole}">{html}</td>'


def picture(png: bytes, alt: str) -> str:
    """Return a PNG as HTML that needs no other file."""
    return f'<img style="max-width:100%" alt="{escape(alt)}" src="data:image/png;base64,{_base64(png)}">'


@dataclass(frozen=True, repr=False)
class Listing:
    """Show a DataFrame as people read: texts whole and on the left, the index only where it says something."""

    frame: "pandas.DataFrame"

    def __repr__(self) -> str:
        return self.frame.to_string()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        says = any(self.frame.index.names)
        frame = self.frame.reset_index() if says else self.frame
        rows = ([escape(_text(cell)) for cell in row] for row in frame.itertuples(index=False))
        return {"text/plain": repr(self), "text/html": table(rows, [escape(_text(each)) for each in frame.columns])}


def _text(cell: object) -> str:
    return ", ".join(map(str, cell)) if isinstance(cell, tuple) else str(cell)


def moment(at: int) -> str:
    """Return day and time in UTC: 05 Jan 2026, 09:00:10."""
    return f"{datetime.fromtimestamp(at, UTC):%d %b %Y, %H:%M:%S}"


def _badge(text: str, colour: str) -> str:
    return f'<b style="color:{colour}">{escape(text)}</b>'


def _secret(text: str | None, secrets: bool) -> str:
    return escape(text if secrets else shorten(text)) if text else ""


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


# QR codes


@drawings.register
def _(thing: QrCode, secrets: bool) -> dict[str, object]:
    return {"image/png": _base64(thing.png())}


def _veiled(png: bytes) -> bytes:
    """Return a QR code at 6 x 6 cells of 4 greys: 72 bits at most, of a secret of 80 and more."""
    from PIL import Image

    cells = Image.open(io.BytesIO(png)).convert("L").resize((6, 6), Image.Resampling.BOX)
    out = io.BytesIO()
    cells.point([level // 64 * 85 for level in range(256)]).resize((72, 72), Image.Resampling.NEAREST).save(out, "PNG")
    return out.getvalue()


def _qr_code(thing: QrCode, secrets: bool) -> str:
    if secrets:
        return picture(thing.png(), "QR code")
    return picture(_veiled(thing.png()), "QR code, blurred") + "<br>blurred; <code>.qr_code</code> shows it"


# Records


@drawings.register
def _(thing: Mail, secrets: bool) -> dict[str, object]:
    text = thing.text if secrets or not thing.link else thing.text.replace(thing.link, shorten(thing.link))
    linked = re.sub(r"https?://\S+", r"<u>\g<0></u>", escape(text)).replace("\n", "<br>")
    rows = [("to", escape(thing.recipient)), ("sent", moment(thing.sent_at)), ("subject", escape(thing.subject))]
    return {"text/html": table([*rows, ("", linked)])}


@drawings.register
def _(thing: Link, secrets: bool) -> dict[str, object]:
    rows = [
        ("link", f"to {'enrol' if thing.kind == 'enrolment' else 'set a new password'}, of {escape(thing.email)}"),
        ("token", _secret(thing.token, secrets)),
        ("mailed", moment(thing.issued_at)),
        ("status", _badge(thing.status.value, GREEN if thing.status is LinkStatus.OPEN else GREY)),
    ]
    return {"text/html": table(rows)}


@drawings.register
def _(thing: Session, secrets: bool) -> dict[str, object]:
    rows = [
        ("session", f"of {escape(thing.email)} in {escape(thing.account)}"),
        ("handle", _secret(thing.handle, secrets)),
        ("status", _badge("open", GREEN) if thing.is_open else _badge("ended", GREY)),
    ]
    return {"text/html": table(rows)}


@drawings.register
def _(thing: Outcome, secrets: bool) -> dict[str, object]:
    answer = _badge("accepted", GREEN) if thing.accepted else _badge(f"refused: {thing.reason}", RED)
    rows = [
        ("answer", answer + (f" by {thing.requirement}" if thing.requirement else "")),
        ("told", escape(thing.message)),
        ("shown", _qr_code(thing.qr_code, secrets) if thing.qr_code else ""),
        ("session", f"{_secret(thing.session, secrets)} in {escape(thing.account or '')}" if thing.session else ""),
        ("mailed", "<br>".join(f"{escape(each.recipient)}: {escape(each.subject)}" for each in thing.mails)),
    ]
    return {"text/html": table(row for row in rows if row[1])}


# The model


@drawings.register
def _(thing: Model, secrets: bool) -> dict[str, object]:
    state, now = thing.state, thing.clock.now()
    accounts = [
        (
            escape(each.name),
            escape(each.owner),
            "on" if each.two_factor else "off",
            "<br>".join(escape(one.email) for one in state.memberships.values() if one.account == each.name),
        )
        for each in state.accounts.values()
    ]
    living = [each for each in History(thing).lifetimes() if each.until == now and _still(each.ended)]
    people = [
        (
            escape(email),
            "<br>".join(escape(f"{each.what}{_by(each.ended)}") for each in living if each.who == email) or "nothing",
            str(sum(mail.recipient == email for mail in state.outbox)),
        )
        for email in state.credentials
    ]
    return {
        "text/html": f"<p>{escape(repr(thing))}</p>"
        + table(accounts, ("account", "owner", "two-factor", "users"))
        + table(people, ("person", "has now", "mails"))
    }


def _still(ended: str) -> bool:
    return ended in ("", "password", "password and code")


def _by(ended: str) -> str:
    return f" with {ended}" if ended else ""


# Charts


@drawings.register
def _(thing: History, secrets: bool) -> dict[str, object]:
    return _drawing(lifetime_chart(thing)) if thing.events else {}


@drawings.register
def _(thing: Space, secrets: bool) -> dict[str, object]:
    return _drawing(state_chart(thing))


def png(figure: "Figure") -> bytes:
    """Return a chart as PNG."""
    out = io.BytesIO()
    figure.savefig(out, format="png")
    return out.getvalue()


def _drawing(figure: "Figure") -> dict[str, object]:
    return {"image/png": _base64(png(figure))}


COLOURS = {
    "can log in": GREEN,
    "QR code": AMBER,
    "pairing": BLUE,
    "enrolment link": VIOLET,
    "reset link": RED,
    "session": GREY,
}
"""By the beginning of what configurations; rows of one person stand in this order."""


def lifetime_chart(history: History) -> "Figure":
    """Draw who could log in with what when: lifetimes as bars, a row for each of a person's things.

    Times are UTC; a dotted line marks where a jump of the clock ended, and says how far it went.
    """
    lifetimes = history.lifetimes()
    order = list(COLOURS)
    rows = sorted(
        {(each.who, each.what) for each in lifetimes},
        key=lambda row: (_first(lifetimes, row[0]), order.index(_kind(row[1])), row[1]),
    )
    figure, axes = _canvas(9.5, 1.2 + 0.32 * len(rows))
    start, end = history.events[0].at, history.model.clock.now()
    width = max(end - start, 1)
    for each in lifetimes:
        at, colour = rows.index((each.who, each.what)), COLOURS[_kind(each.what)]
        pale = each.ended == "password"
        axes.barh(
            at,
            _days(each.until) - _days(each.since),
            left=_days(each.since),
            height=0.62,
            color=colour,
            alpha=0.45 if pale else 0.9,
            edgecolor=colour,
            linewidth=1.2,
        )
        if each.ended and (each.until - each.since > width * 0.012 * len(each.ended)):
            axes.text(
                (_days(each.since) + _days(each.until)) / 2,
                at,
                each.ended,
                ha="center",
                va="center",
                fontsize=7.5,
                color="black" if pale else "white",
            )
    for before, after in history.jumps():
        axes.axvline(_days(after), color="black", linewidth=0.7, linestyle=":")
        if after - before > width * 0.04:
            axes.text(
                _days(after),
                -0.75,
                f"+{_span(after - before)}",
                ha="right",
                fontsize=7.5,
            )
    axes.set_yticks(range(len(rows)), [_row_label(rows, at) for at in range(len(rows))], fontsize=8)
    for at in range(1, len(rows)):
        if rows[at][0] != rows[at - 1][0]:
            axes.axhline(at - 0.5, color=GREY, linewidth=0.6)
    axes.set_ylim(len(rows) - 0.4, -1.1)
    axes.set_xlim(_days(start) - width / DAY_S * 0.01, _days(end) + width / DAY_S * 0.01)
    _date_axis(axes)
    return figure


def _kind(what: str) -> str:
    return next(kind for kind in COLOURS if what.startswith(kind))


def _first(lifetimes: Sequence[Any], who: str) -> int:
    return next(at for at, each in enumerate(lifetimes) if each.who == who)


def _row_label(rows: Sequence[tuple[str, str]], at: int) -> str:
    who, what = rows[at]
    is_first = at == 0 or rows[at - 1][0] != who
    return f"{who.partition('@')[0].capitalize()}: {what}" if is_first else what


def _days(at: int) -> float:
    """Return epoch seconds as matplotlib counts dates: in days since 1970."""
    return at / DAY_S


def _span(seconds: int) -> str:
    for size, name in ((DAY_S, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and (size != DAY_S or seconds >= 2 * DAY_S):
            return f"{seconds / size:.3g} {name}"
    return f"{seconds} s"


def _canvas(width_in: float, height_in: float) -> tuple["Figure", Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), dpi=DPI, facecolor="white", layout="constrained")
    axes: Any = figure.subplots()
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return figure, axes


def _date_axis(axes: Any) -> None:
    from matplotlib import dates

    untyped: Any = dates
    locator = untyped.AutoDateLocator(minticks=4, maxticks=12)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator))
    axes.tick_params(axis="x", labelsize=8)


def state_chart(space: Space) -> "Figure":
    """Draw the few states of the outline: a column for how far the pairing is, a row for where two-factor is on."""
    few, arrows = outline(space)
    columns = [each for each in PAIRINGS if any(each == pairing for _, pairing in few)]
    rows = list(dict.fromkeys(on for on, _ in few))
    places = {(on, pairing): (columns.index(pairing) * 2.3, -rows.index(on) * 1.5) for on, pairing in few}
    figure, axes = _canvas(2.3 * len(columns), 1.5 * len(rows) + 0.5)
    axes.set_axis_off()
    axes.set_aspect("equal")
    boxes = {}
    for each, (x, y) in places.items():
        words = "\n".join(each).replace(" and ", "\nand ", 1) if len(each[0]) > 15 else "\n".join(each)
        box = {"boxstyle": "round,pad=0.5", "facecolor": "white", "edgecolor": BLUE if each == few[0] else "black"}
        boxes[each] = axes.text(x, y, words, ha="center", va="center", fontsize=8, bbox=box, zorder=3)
    axes.set_xlim(-1, columns.index(columns[-1]) * 2.3 + 1)
    axes.set_ylim(-(len(rows) - 1) * 1.5 - 0.8, 0.8)
    figure.draw_without_rendering()  # arrows end where boxes do, which are placed when they are drawn
    for (one, two), words in arrows.items():
        _arrow(axes, places[one], places[two], words, (boxes[one], boxes[two]))
    return figure


def _arrow(axes: Any, start: tuple[float, float], end: tuple[float, float], words: str, ends: tuple[Any, Any]) -> None:
    """Draw an arrow that bends away from what lies between, with its words beside it."""
    (x1, y1), (x2, y2) = start, end
    bend = 0.14 if abs(x1 - x2) < 3 and abs(y1 - y2) < 2 else 0.24
    patches = dict(zip(("patchA", "patchB"), (each.get_bbox_patch() for each in ends), strict=True))
    style = {"arrowstyle": "-|>", "color": GREY, "connectionstyle": f"arc3,rad={bend}", **patches}
    axes.annotate("", end, start, arrowprops=style, zorder=1)
    x, y = (x1 + x2) / 2 + (y2 - y1) * bend / 2, (y1 + y2) / 2 - (x2 - x1) * bend / 2
    page = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
    axes.text(
        x, y, words.replace(", ", "\n"), fontsize=6.5, ha="center", va="center", linespacing=0.95, bbox=page, zorder=2
    )
