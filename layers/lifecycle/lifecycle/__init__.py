"""The control side of Baton: what every leg hears, decides, records and says."""
