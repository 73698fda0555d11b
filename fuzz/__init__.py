"""Fuzzing of whatever reads bytes from outside.

Each target is a function of bytes that ends well or raises what its reader documents; any other
error is a finding. ``python -m fuzz`` (``make fuzz``) runs every target under atheris, coverage
guided, with its corpus and its count of cases kept in ``.fuzz/``; the unit tests run the same
functions on seeds and on what hypothesis makes of them.
"""
