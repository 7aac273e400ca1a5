"""A simulation as one HTML page with charts, for ``banyan simulate --html`` and the console."""
