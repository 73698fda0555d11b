"""Pipelines: their definition, checks, and every kind of step really executed."""
