"""The PDF writer."""

import re

from local.sagemaker.registry.pdf import WIDTH, Pdf, width_of, wrap


def test_lines_fit_and_no_word_is_lost():
    """Words are kept in order; one that is wider than the line is cut."""
    text = "some words and " + "W" * 80 + " then more"
    lines = wrap(text, 120, 10)

    assert all(width_of(line, 10) <= 120 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_long_text_takes_more_pages_and_every_object_is_where_the_table_says():
    """A reader finds objects by the offsets of the cross-reference table."""
    pdf = Pdf("A title (long)")
    for number in range(200):
        pdf.text(f"Paragraph {number}")
    raw = pdf.to_bytes()
    start = int(re.search(rb"startxref\n(\d+)", raw).group(1))
    offsets = [int(line) for line in re.findall(rb"(\d{10}) 00000 n", raw[start:])]

    assert b"/Count 4" in raw
    assert [raw[offset:].split(b" ")[0] for offset in offsets] == [
        str(number).encode() for number in range(1, len(offsets) + 1)
    ]


def test_a_table_row_is_as_high_as_its_longest_cell():
    """Cells are wrapped to their share of the width."""
    pdf = Pdf("t")
    pdf.row(["short", "word " * 60], [0.5, 0.5])
    shown = [line for line in pdf._pages[0] if "Tj" in line]

    assert len(shown) > 4
    assert width_of("word " * 12, 9) < WIDTH
