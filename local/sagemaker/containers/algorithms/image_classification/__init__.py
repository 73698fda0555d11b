"""SageMaker's Image Classification, by a small residual network in NumPy."""
