"""Which of ONNX's own tests are run, and which are left out, by name, each with its reason.

Floats run through layers; integers, which no layer takes, are folded as constants are.

`python -m tests.interop.onnx.suite` prints how many there are of each operator.
"""

from collections import Counter

from onnx.backend.test.loader import load_model_tests

OPERATORS = (
    *("Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"),
    *("BatchNormalization", "Gemm", "MatMul", "Flatten", "Reshape", "Relu", "LeakyRelu", "PRelu", "Elu"),
    *("Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Softplus", "HardSwish", "HardSigmoid", "Gelu", "Clip"),
    *("Add", "Mul", "Sub", "Div", "Concat", "Dropout", "Identity", "Transpose", "Squeeze", "Unsqueeze"),
    *("Constant", "ConstantOfShape", "Pad", "Slice", "ReduceMean", "LRN", "Resize", "DepthToSpace"),
    *("LayerNormalization", "GroupNormalization", "InstanceNormalization"),
    # what networks have beside them
    *(
        "Abs",
        "Celu",
        "Exp",
        "Expand",
        "Gather",
        "Max",
        "Mean",
        "Min",
        "Mish",
        "Neg",
        "Reciprocal",
        "ReduceSum",
    ),
    *("Selu", "Shape", "Size", "Softsign", "Split", "Sqrt", "Sum", "Swish", "Tile", "Upsample"),
)
"""The operators all of whose node tests are run, but for those below."""

LEFT_OUT = {
    "three spatial dimensions": """
        averagepool_3d_default averagepool_3d_dilations_small
        averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_True
        averagepool_3d_dilations_large_count_include_pad_is_0_ceil_mode_is_False
        averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True
        averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_False
        convtranspose_3d maxpool_3d_default maxpool_3d_dilations maxpool_3d_dilations_use_ref_impl
        maxpool_3d_dilations_use_ref_impl_large
        AvgPool3d AvgPool3d_stride AvgPool3d_stride1_pad0_gpu_input BatchNorm3d_eval BatchNorm3d_momentum_eval
        Conv3d Conv3d_dilated Conv3d_dilated_strided Conv3d_groups Conv3d_no_bias Conv3d_stride
        Conv3d_stride_padding MaxPool3d MaxPool3d_stride MaxPool3d_stride_padding
    """,
    "a type other than float32 and float64": """
        clip_default_int8_min clip_default_int8_max clip_default_int8_inbounds maxpool_2d_uint8
        edge_pad reflect_pad wrap_pad celu_float16 celu_bfloat16
    """,
    "sequences and optional values": "identity_sequence identity_opt",
    "training, whose results a run in prediction does not give": """
        batchnorm_example_training_mode batchnorm_epsilon_training_mode training_dropout
        training_dropout_default
    """,
    "masks and indices as outputs, which no layer gives": """
        dropout_default_mask dropout_default_mask_ratio training_dropout_mask training_dropout_default_mask
        training_dropout_zero_ratio_mask maxpool_with_argmax_2d_precomputed_pads
        maxpool_with_argmax_2d_precomputed_strides
    """,
    "resized parts of images, tf_crop_and_resize": """
        resize_tf_crop_and_resize resize_tf_crop_and_resize_axes_2_3 resize_tf_crop_and_resize_axes_3_2
        resize_tf_crop_and_resize_extrapolation_value
    """,
    "powers of data by data": "operator_pow",
    "the mean of nothing": "reduce_sum_empty_set",
    "indices in several axes": "gather_2d_indices",
}
"""By reason, the names without `test_`."""
REASONS = {name: reason for reason, names in LEFT_OUT.items() for name in names.split()}
HEAVY = "bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50", "vgg19", "zfnet512"
"""The real models that take more than two seconds on the reference backend."""
KINDS = {
    "pytorch-converted": "PyTorchConvertedModel",
    "pytorch-operator": "PyTorchOperatorModel",
    "real": "RealModel",
}
"""The other tests all of which are run, by folder and by the name of their class."""


def node_tests():
    """ONNX's tests of one node of an operator of the list, by name; not those of its function's body."""
    found = {}
    for test in load_model_tests(kind="node"):
        (*others, node) = test.model.graph.node
        if not others and node.op_type in OPERATORS and not test.name.endswith("_expanded"):
            found[test.name.removeprefix("test_")] = test
    return found


def selected():
    """By the class of the tests, their names and what they are a test of."""
    chosen = {"NodeModel": {name: test.model.graph.node[0].op_type for name, test in node_tests().items()}}
    for folder, kind in KINDS.items():
        names = [test.name.removeprefix("test_") for test in load_model_tests(kind=folder)]
        chosen[kind] = dict.fromkeys(sorted(names), folder)
    return chosen


def counts():
    """By operator or folder: how many tests are run, and how many are left out."""
    run, left_out = Counter(), Counter()
    for tests in selected().values():
        for name, subject in tests.items():
            (left_out if name in REASONS else run)[subject] += 1
    return {subject: (run[subject], left_out[subject]) for subject in (*OPERATORS, *KINDS)}


if __name__ == "__main__":
    print("| operator or folder | run | left out |\n|---|---|---|")
    for subject, (run, left_out) in counts().items():
        print(f"| {subject} | {run} | {left_out} |")
    print(
        f"| all | {sum(run for run, _ in counts().values())} | {sum(out for _, out in counts().values())} |"
    )
