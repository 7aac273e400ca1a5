"""A sale under the rules: what the buyer saves (never below cost), who earns what, what refunds take back."""
