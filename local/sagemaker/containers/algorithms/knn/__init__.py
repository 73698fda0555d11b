"""SageMaker's k-NN algorithm: its hyperparameters, log lines, model file and answers."""
