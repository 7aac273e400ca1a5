"""What the engine takes about a sale and returns of it: plain values, and the sentence of each earning."""
