"""What runs in the place of SageMaker's images: in the jobs environment, never in the API."""
