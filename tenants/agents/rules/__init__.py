"""The rules engine: a document in, earnings out. Pure: no Django, no clock, no I/O, no floats."""
