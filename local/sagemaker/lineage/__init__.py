"""Lineage: artifacts, actions, contexts, and how they hang together."""
