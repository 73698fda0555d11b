"""The readers under test, a module for each kind of input.

Each module has ``READERS`` (name of the target → function of bytes) and ``SEEDS`` (name → function
that makes valid inputs).
"""

from fuzz.paths import make_importable

make_importable()
