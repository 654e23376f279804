"""ONNX in: files, their graphs, and the layers that they become.

`files` and `tensors` read bytes, `graphs` makes plain Python of them, `table` says what each operation is,
`maker` runs through the nodes, and `structure` makes one model of the layers.
"""
