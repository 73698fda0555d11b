"""The verbs of the `baton` command, one module each."""
