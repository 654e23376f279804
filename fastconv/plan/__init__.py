"""A step or a prediction recorded once, and run from end to end in machine code."""
