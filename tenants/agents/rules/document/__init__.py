"""The document that a tenant writes: its schema, reading it, what is wrong with it, and its compiled form."""
