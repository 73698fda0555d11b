"""SageMaker's LightGBM algorithm: its hyperparameters, log lines, model file and answers."""
