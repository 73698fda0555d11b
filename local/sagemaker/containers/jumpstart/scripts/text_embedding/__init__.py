"""Sentence embeddings by a BERT encoder in NumPy."""
