"""Work that outlives a request: a queue in the store, warm processes, one job each."""
