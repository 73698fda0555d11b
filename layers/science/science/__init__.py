"""The compute layer: arrays and files in, arrays, documents and files out; no AWS."""
