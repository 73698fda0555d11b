"""Faults at every point: lives of models that are disturbed on purpose, and judged at their end."""
