"""Files that are examples, not tables: pictures and texts, one by one, in archives, or listed.

Whatever they came as, they become rows of a table as any other (``science.tables``): a column
``image`` or ``text``, and the target, which is the name of the folder an example lies in or what
a list says of it.
"""
