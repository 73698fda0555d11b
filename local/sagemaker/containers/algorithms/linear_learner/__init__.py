"""SageMaker's Linear Learner algorithm: its hyperparameters, log lines, model file and answers."""
