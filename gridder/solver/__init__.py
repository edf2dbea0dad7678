"""The partition: arrays in, assignment and certificates out."""
