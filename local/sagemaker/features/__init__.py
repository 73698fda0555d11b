"""The Feature Store: groups, records online, Parquet offline."""
