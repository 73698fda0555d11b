"""The cleaning recipe: typed steps as JSON, fitted to training rows, carried out by three engines.

``steps`` has every kind of step and ``documents`` reads and writes them; ``planning`` says what
each does to a table, as expressions that ``statements`` renders in SQL for DuckDB and for Spark,
and that ``row_engine`` runs on the records an endpoint is sent; ``fits`` has what they learn;
``engines.carry_out`` does it all in a database.
"""
