"""What stands in for SageMaker's images: programs that run in the jobs environment."""
