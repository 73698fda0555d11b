"""Debugger's built-in rules over recorded tensors: pure, and of the standard library alone."""
