"""Training jobs: managed spot, warm pools, pipe channels, debugger rules and profiles included."""
