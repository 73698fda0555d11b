"""The contracts between the legs: samples, schemas, and a catalogue made from the sources."""
