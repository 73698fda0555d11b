"""What a table is like, told by measuring it: figures, oddities, links, a quick model's score."""
