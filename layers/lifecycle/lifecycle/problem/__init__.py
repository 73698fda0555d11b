"""The problem definition: ``problem.yaml`` read, checked fault by fault, every default resolved.

``reader`` turns YAML into plain text values with their lines, ``definition`` says which keys there
are and what each accepts, ``rules`` say what must fit together, ``faults`` put all of it in words.
"""

from lifecycle.problem.durations import seconds
from lifecycle.problem.parse import ResolvedProblem, parse_problem
from lifecycle.problem.writer import to_yaml

__all__ = ["ResolvedProblem", "parse_problem", "seconds", "to_yaml"]
