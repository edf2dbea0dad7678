"""What the service remembers: rows in a store, files in a data folder."""
