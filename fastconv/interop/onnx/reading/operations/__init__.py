"""What each operation of ONNX is here: a layer, several, or a change of a layer that is there already."""
