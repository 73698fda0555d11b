"""SageMaker Data Wrangler's ``.flow`` files: read into recipe steps, and written from them.

The format is not documented by AWS. What is read and written here was put together from flow files
that are public (``metadata.version`` 1, nodes with ``node_id``, ``type``, ``operator``,
``parameters``, ``trained_parameters``, ``inputs`` and ``outputs``) and from the Python code that
Data Wrangler exports, which names every parameter. Flows written here have not been opened in Data
Wrangler itself.
"""
