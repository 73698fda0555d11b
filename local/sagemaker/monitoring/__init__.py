"""Monitoring schedules and the jobs that they start."""
