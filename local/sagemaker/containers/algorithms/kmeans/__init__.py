"""SageMaker's K-Means algorithm: its hyperparameters, log lines, model file and answers."""
