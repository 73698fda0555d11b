"""Small tables with something to learn in them, the same at every call."""

import csv
import io

import numpy as np

PLANS = ("basic", "plus", "pro")
WORDS = ("slow answers", "billing error", "all fine", "great value", "asked for a refund")


def customers(rows, seed=7, *, wrong=0.0, shifted=False):
    """Who leaves: mixed types, gaps, text and dates.

    Args:
        rows: how many.
        seed: other seeds, other people.
        wrong: the share of labels that mean nothing.
        shifted: people of another world: older and dearer, and they leave for other reasons.
    """
    rng = np.random.default_rng(seed)
    age = rng.normal(62 if shifted else 45, 11, rows).clip(18, 95).round()
    plan = rng.choice(3, rows, p=(0.1, 0.2, 0.7) if shifted else (0.5, 0.3, 0.2))
    monthly = (rng.gamma(4, 9, rows) * (1.8 if shifted else 1.0) + 10 * plan).round(2)
    tenure = rng.integers(0, 72, rows)
    gender = rng.choice(["f", "m"], rows)
    word = rng.integers(0, len(WORDS), rows)
    pull = (monthly - 45) / 15 - tenure / 14 + 2.2 * np.isin(word, (0, 1, 4)) + (plan == 0)
    if shifted:
        pull = tenure / 12 - 3 + 2.5 * (plan == 2) - (age - 60) / 8
    leaves = pull + rng.logistic(0, 0.6, rows) > 0.6
    leaves ^= rng.random(rows) < wrong
    gap = rng.random(rows) < 0.05
    return [
        {
            "customerID": f"C{seed}-{i:05d}",
            "gender": gender[i],
            "age": "" if gap[i] else f"{age[i]:.0f}",
            "plan": PLANS[plan[i]],
            "monthly": f"{monthly[i]:.2f}",
            "tenure": str(tenure[i]),
            "since": f"{2015 + i % 8}-{1 + i % 12:02d}-{1 + i % 28:02d}",
            "note": WORDS[word[i]],
            "Churn": "Yes" if leaves[i] else "No",
        }
        for i in range(rows)
    ]


def flowers(rows, seed=11):
    """Three kinds, told apart by two measures and a colour."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, rows)
    return [
        {
            "petal": f"{rng.normal(2 + 1.4 * k, 0.6):.2f}",
            "sepal": f"{rng.normal(5 + 0.7 * k, 0.6):.2f}",
            "colour": rng.choice(["white", "violet", "blue"], p=np.roll((0.7, 0.2, 0.1), k)),
            "kind": ("setosa", "versicolor", "virginica")[k],
        }
        for k in kind
    ]


def houses(rows, seed=13, noise=20_000.0):
    """Prices by size, age and place."""
    rng = np.random.default_rng(seed)
    place = rng.choice(["centre", "river", "hill", "edge"], rows)
    worth = {"centre": 160_000, "river": 120_000, "hill": 60_000, "edge": 0}
    size, years = rng.uniform(30, 220, rows), rng.uniform(0, 90, rows)
    return [
        {
            "size": f"{size[i]:.1f}",
            "years": f"{years[i]:.0f}",
            "place": str(place[i]),
            "price": f"{1800 * size[i] - 900 * years[i] + worth[place[i]] + e:.2f}",
        }
        for i, e in enumerate(rng.normal(0, noise, rows))
    ]


def questions(table, target):
    """The rows without their target."""
    return [{name: value for name, value in row.items() if name != target} for row in table]


def to_csv(table, *, header=True, newline="\n", delimiter=","):
    """The rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, table[0], delimiter=delimiter, lineterminator=newline)
    if header:
        writer.writeheader()
    writer.writerows(table)
    return text.getvalue()


def from_csv(body):
    """The rows of a CSV file."""
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))
