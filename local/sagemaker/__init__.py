"""A local SageMaker: AWS's own APIs on loopback, whose jobs and endpoints are real processes."""
