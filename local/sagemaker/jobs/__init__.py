"""What every kind of job runs on: the worker pool, the container's folders, programs, logs."""
