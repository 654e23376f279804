"""Machine code that Python calls as it calls C: memory as words, and Python's objects in it."""
