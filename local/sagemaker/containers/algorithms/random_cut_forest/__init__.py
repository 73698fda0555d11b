"""SageMaker's Random Cut Forest algorithm: hyperparameters, log lines, model file and answers."""
