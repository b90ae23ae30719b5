"""How many multiply-adds a bundle's network needs for one picture: its convolutions and matrix products, counted."""

from math import prod

from onnx import GraphProto, NodeProto, load_model_from_string, shape_inference

__all__ = ["multiply_adds"]


def multiply_adds(onnx: bytes) -> int:
    """Counts the multiply-adds of a graph for one picture.

    Args:
        onnx: The graph's file.

    Raises:
        KeyError: It holds a convolution or a matrix product whose shapes cannot be inferred.
    """
    graph = shape_inference.infer_shapes(load_model_from_string(onnx), data_prop=True).graph
    shapes = _shapes(graph)
    return sum(_of_node(node, shapes) for node in graph.node)


def _shapes(graph: GraphProto) -> dict[str, tuple[int, ...]]:
    """Returns the shape of each value, an open side, which is the batch, being 1."""
    shapes = {each.name: tuple(each.dims) for each in graph.initializer}
    for value in (*graph.input, *graph.output, *graph.value_info):
        shapes[value.name] = tuple(side.dim_value or 1 for side in value.type.tensor_type.shape.dim)
    return shapes


def _of_node(node: NodeProto, shapes: dict[str, tuple[int, ...]]) -> int:
    match node.op_type:
        case "Conv" | "ConvInteger":
            # A kernel is (filters, channels of its group, rows, columns): each output needs all of it but the filters.
            return prod(shapes[node.output[0]]) * prod(shapes[node.input[1]][1:])
        case "QLinearConv":
            return prod(shapes[node.output[0]]) * prod(shapes[node.input[3]][1:])
        case "Gemm" | "MatMul" | "MatMulInteger":
            return prod(shapes[node.output[0]]) * _inner(node, shapes[node.input[0]])
        case "QLinearMatMul":
            return prod(shapes[node.output[0]]) * shapes[node.input[0]][-1]
    return 0


def _inner(node: NodeProto, left: tuple[int, ...]) -> int:
    """Returns over how many products each value of a matrix product sums."""
    turned = any(attribute.name == "transA" and attribute.i for attribute in node.attribute)
    return left[0] if turned else left[-1]
