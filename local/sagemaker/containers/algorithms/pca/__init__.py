"""SageMaker's PCA algorithm: its hyperparameters, log lines, model file and answers."""
