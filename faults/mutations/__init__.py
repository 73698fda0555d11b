"""Planted bugs, each of which the judge must find: who judges is judged.

A life of a model is lived in one process: the real functions, wired by the real ``template.yaml``,
over moto's S3 with a table and a SageMaker in memory. A planted bug is a small change of the
source; it lives the same life, disturbed in one way, and the judge must find something, where it
finds nothing in the life of the code as it is.
"""
