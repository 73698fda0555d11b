"""Sentence embeddings: texts as points that lie close where they mean alike, by NumPy alone."""
