"""SageMaker's BlazingText: text classification by fastText's model, and word vectors."""
