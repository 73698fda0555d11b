"""Requests to SageMaker and CloudWatch, built purely from a run and the settings.

Every builder returns the API's own parameters; the contract tests hold each of them against
botocore's service model.
"""
