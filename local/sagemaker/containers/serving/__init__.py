"""The model server: the process behind one variant of an endpoint, run in the jobs environment.

Nothing here imports botocore or the rest of the local SageMaker: the process plays the container.
"""
