"""Finding cells that are probably wrong, and what should stand there, in a table of texts."""
