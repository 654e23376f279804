"""How a model becomes an ONNX graph: a table of layers, each with the function that writes its nodes."""
