"""What the tabular algorithms share: their data, hyperparameters, model file and requests."""
