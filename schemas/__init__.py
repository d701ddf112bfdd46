"""JSON Schemas of every document that kuiper-pack reads or writes."""
