"""Hyperparameter tuning jobs and the search behind them."""
