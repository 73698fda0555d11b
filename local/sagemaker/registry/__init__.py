"""The model registry, model cards and the JumpStart hub."""
