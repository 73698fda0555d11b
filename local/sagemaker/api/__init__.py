"""SageMaker's protocol: which operation a request is, what it may say, what all share."""
