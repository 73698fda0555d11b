"""SageMaker's XGBoost algorithm: its hyperparameters, formats, log lines and model file."""
