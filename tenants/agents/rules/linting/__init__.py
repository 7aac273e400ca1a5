"""What a document would do that a law or arithmetic stands against, and the smallest change that helps."""
