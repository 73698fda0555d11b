"""What detectors say of columns written down in a test."""

from science.suspects.columns import coded


def said(detector, **columns):
    """For each suspected cell (row, column): the detector, how sure it is, and its suggestion."""
    table = coded(columns)
    found = {}
    for evidence in detector.find(table):
        for row in evidence.strength.nonzero()[0].tolist():
            strength = float(evidence.strength[row])
            cell = row, table.columns[evidence.column].name
            if cell not in found or strength > found[cell][1]:
                found[cell] = evidence.detector, strength, evidence.hint(row).suggestion
    return found


def suggestions(found, column):
    """The suggestions by row."""
    return {row: suggestion for (row, title), (*_, suggestion) in found.items() if title == column}
