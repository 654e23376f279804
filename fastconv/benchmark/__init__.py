"""The benchmark: layers of real networks, and whole ones, side by side with other libraries.

`rows` reads the layers, `driver` measures them in child processes that run `worker`, `report` and `picture`
write down what came out. `bench/README.md` in the repository describes the protocol.
"""
