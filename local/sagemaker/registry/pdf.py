"""A small writer of PDF files: headings, paragraphs and tables of text on A4 pages.

Only what ISO 32000-1 asks of a file with the standard fonts Helvetica and Helvetica-Bold in the
encoding WinAnsi; a character that this encoding does not have is shown as a question mark.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

PAGE_WIDTH, PAGE_HEIGHT = 595.0, 842.0  # A4, in points
MARGIN = 56.0
WIDTH = PAGE_WIDTH - 2 * MARGIN
REGULAR, BOLD = "F1", "F2"
# Adobe's font metrics of Helvetica: the widths of the characters 32 to 126, in thousandths.
_WIDTHS = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
_BOLD_FACTOR = 1.08  # Helvetica-Bold is wider, by this much at most in a line of text
_OTHER_WIDTH = 600


def width_of(text: str, size: float, font: str = REGULAR) -> float:
    """How wide a text is, in points; for the bold font at least as wide."""
    total = sum(
        _WIDTHS[ord(character) - 32] if 32 <= ord(character) <= 126 else _OTHER_WIDTH
        for character in text
    )
    return total * size / 1000 * (_BOLD_FACTOR if font == BOLD else 1.0)


def wrap(text: str, width: float, size: float, font: str = REGULAR) -> list[str]:
    """Break a text into lines that fit; a word that is too long by itself is cut."""
    lines = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in paragraph.split():
            joined = f"{line} {word}" if line else word
            if width_of(joined, size, font) <= width:
                line = joined
                continue
            if line:
                lines.append(line)
            line = word
            while width_of(line, size, font) > width:
                cut = _fitting(line, width, size, font)
                lines.append(line[:cut])
                line = line[cut:]
        lines.append(line)
    return lines


def _fitting(word: str, width: float, size: float, font: str) -> int:
    cut = 1
    while cut < len(word) and width_of(word[: cut + 1], size, font) <= width:
        cut += 1
    return cut


@dataclass
class Pdf:
    """A document that grows downwards; a new page begins by itself."""

    title: str
    _pages: list[list[str]] = field(default_factory=list)
    _y: float = 0.0

    def text(
        self, text: str, size: float = 10.0, font: str = REGULAR, *, indent: float = 0.0
    ) -> None:
        """A paragraph."""
        for line in wrap(text, WIDTH - indent, size, font):
            self._need(size * 1.4)
            self._y -= size * 1.4
            self._draw(line, MARGIN + indent, size, font)

    def heading(self, text: str, size: float) -> None:
        """A heading with space above it; it is never the last line of a page."""
        self._need(size * 4)
        self._y -= size * 0.9
        self.text(text, size, BOLD)
        self._y -= size * 0.2

    def rule(self) -> None:
        """A thin line across the page."""
        self._need(8)
        self._y -= 6
        self._pages[-1].append(
            f"0.6 G {MARGIN} {self._y:.1f} m {PAGE_WIDTH - MARGIN} {self._y:.1f} l S"
        )

    def row(self, cells: list[str], shares: list[float], *, bold: bool = False) -> None:
        """A table row: each cell is wrapped to its share of the width."""
        size, font = 9.0, BOLD if bold else REGULAR
        widths = [share * WIDTH for share in shares]
        wrapped = [
            wrap(cell, width - 8, size, font) for cell, width in zip(cells, widths, strict=True)
        ]
        for number in range(max(len(lines) for lines in wrapped)):
            self._need(size * 1.35)
            self._y -= size * 1.35
            x = MARGIN
            for lines, width in zip(wrapped, widths, strict=True):
                if number < len(lines):
                    self._draw(lines[number], x, size, font)
                x += width
        self._y -= 3

    def to_bytes(self) -> bytes:
        """The file."""
        pages = self._pages or [[]]
        kids = " ".join(f"{6 + 2 * number} 0 R" for number in range(len(pages)))
        fonts = "<< /F1 3 0 R /F2 4 0 R >>"
        font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
        objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
            font.format("Helvetica").encode(),
            font.format("Helvetica-Bold").encode(),
            b"<< /Title (" + _escaped(self.title) + b") >>",
        ]
        for number, page in enumerate(pages):
            box = f"/MediaBox [0 0 {PAGE_WIDTH:.0f} {PAGE_HEIGHT:.0f}]"
            objects.append(
                f"<< /Type /Page /Parent 2 0 R {box} /Resources << /Font {fonts} >> "
                f"/Contents {7 + 2 * number} 0 R >>".encode()
            )
            stream = zlib.compress("\n".join(page).encode("latin-1"))
            head = f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n".encode()
            objects.append(head + stream + b"\nendstream")
        return _assembled(objects)

    def _need(self, height: float) -> None:
        if not self._pages or self._y - height < MARGIN:
            self._pages.append([])
            self._y = PAGE_HEIGHT - MARGIN
            footer = f"{self.title} - page {len(self._pages)}"
            y, self._y = self._y, MARGIN - 20
            self._draw(footer, MARGIN, 8.0, REGULAR)
            self._y = y

    def _draw(self, line: str, x: float, size: float, font: str) -> None:
        # Bytes travel as Latin-1 text, so that the page's operators can be joined as text.
        shown = _escaped(line).decode("latin-1")
        self._pages[-1].append(f"BT /{font} {size:g} Tf {x:.1f} {self._y:.1f} Td ({shown}) Tj ET")


def _escaped(text: str) -> bytes:
    raw = text.encode("cp1252", "replace")
    for character in (b"\\", b"(", b")"):
        raw = raw.replace(character, b"\\" + character)
    return raw


def _assembled(objects: list[bytes]) -> bytes:
    """Body, cross-reference table and trailer (ISO 32000-1, 7.5)."""
    body = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    table += "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 5 0 R >>\n"
    return body + (table + trailer + f"startxref\n{len(body)}\n%%EOF\n").encode()
