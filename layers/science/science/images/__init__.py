"""Pictures: decoded safely, kept as arrays of one size, and told by numbers."""
