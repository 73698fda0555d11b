"""Scripts that are packed into JumpStart's archives; each folder stands alone."""
