"""Trains and serves tables of numbers, by LightGBM, scikit-learn's linear models or XGBoost."""
