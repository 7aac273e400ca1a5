"""What a document would cost and whom it would enrich, on a seeded population."""
