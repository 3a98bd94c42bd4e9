"""Gradients of single operators by PyTorch: what tests/oracle-operators.test.ts compares with.

    /usr/bin/python3 scripts/oracle/operators.py tests/fixtures/oracle/operators

Each case is a function of PyTorch, exported as PyTorch exports it; weights are inputs too. A file holds a family of
cases: the graph, the inputs, the output, and the gradient of the sum of the output times coefficients (by formula)
with respect to each input. Numbers are float32 in base64.
"""

import base64
import io
import json
import pathlib
import sys

import torch
import torch.nn.functional as F

import formula

COEFFICIENT_SEED = 2
FIRST_INPUT_SEED = 100
DEFAULT_OPSET = 14


class Range:
    """An input by formula."""

    def __init__(self, *shape, low=-2.0, high=2.0):
        self.shape, self.low, self.high = shape, low, high

    def tensor(self, seed):
        return torch.from_numpy(formula.between(seed, self.shape, self.low, self.high))


class Values:
    """An input by its values."""

    def __init__(self, values):
        self.values = values

    def tensor(self, seed):
        return torch.tensor(self.values, dtype=torch.float32)


def positive(*shape):
    return Range(*shape, low=0.2, high=3.0)


IMAGE = (2, 3, 6, 7)


def activations():
    kinks = Values([-4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0])
    x = Range(3, 7, low=-5.0, high=5.0)
    for given, place in ((x, ""), (kinks, " at its kinks")):
        yield "relu" + place, F.relu, [given]
        yield "leaky_relu" + place, lambda t: F.leaky_relu(t, 0.2), [given]
        yield "elu" + place, lambda t: F.elu(t, 0.7), [given]
        yield "relu6" + place, F.relu6, [Range(3, 7, low=-5.0, high=9.0) if given is x else Values([-1.0, 0.0, 3.0, 6.0, 7.0])]
        yield "hardtanh" + place, lambda t: F.hardtanh(t, -2.0, 0.5), [given]
        yield "abs" + place, torch.abs, [given]
        yield "gelu" + place, F.gelu, [given]
        yield "softplus" + place, F.softplus, [given]
    yield "prelu, one slope", F.prelu, [Values([-2.0, -1.0, 0.0, 1.0]), Values([0.25])]
    yield "prelu, a slope for each channel", F.prelu, [Range(*IMAGE), Range(3, low=0.1, high=0.4)]
    yield "clamp", lambda t: torch.clamp(t, -1.0, 1.5), [x]
    yield "clamp from below", lambda t: torch.clamp(t, min=-1.0), [x]
    yield "clamp from above", lambda t: torch.clamp(t, max=1.5), [x]
    yield "sigmoid", torch.sigmoid, [Range(3, 7, low=-30.0, high=30.0)]
    yield "tanh", torch.tanh, [x]
    yield "hardsigmoid", F.hardsigmoid, [x]
    yield "hardswish", F.hardswish, [x]
    yield "hardswish before operator set 14", F.hardswish, [x], 13
    yield "silu", F.silu, [x]
    yield "mish", F.mish, [x]
    yield "gelu by tanh", lambda t: F.gelu(t, approximate="tanh"), [x]
    yield "erf", torch.erf, [x]


def arithmetic():
    for name in ("add", "sub", "mul", "maximum", "minimum"):
        function = getattr(torch, name)
        yield name, function, [Range(2, 3, 4), Range(2, 3, 4)]
        yield name + ", broadcast", function, [Range(2, 1, 4), Range(3, 1)]
        yield name + ", scalar", function, [Range(), Range(2, 3)]
    yield "maximum of equal ones", torch.maximum, [Values([1.0, 2.0, 3.0]), Values([2.0, 2.0, 2.0])]
    yield "minimum of equal ones", torch.minimum, [Values([1.0, 2.0, 3.0]), Values([2.0, 2.0, 2.0])]
    yield "div, broadcast", torch.div, [Range(2, 3, 4), positive(3, 1)]
    yield "pow of tensors", torch.pow, [positive(2, 3), Range(3)]
    yield "pow of tensors at 0", torch.pow, [Values([0.0, 0.0, 2.0]), Values([2.0, 3.0, 0.0])]
    for exponent in (0, 1, 2, 3, 0.5, -1.5):
        yield f"pow {exponent}", lambda t, e=exponent: torch.pow(t, e), [positive(2, 3)]
    yield "pow 2 of negative numbers and 0", lambda t: t**2, [Values([-2.0, 0.0, 2.0])]
    yield "pow 3 of negative numbers and 0", lambda t: t**3, [Values([-2.0, 0.0, 2.0])]
    yield "exp", torch.exp, [Range(2, 3)]
    yield "log", torch.log, [positive(2, 3)]
    yield "sqrt", torch.sqrt, [positive(2, 3)]
    yield "rsqrt", torch.rsqrt, [positive(2, 3)]
    yield "reciprocal", torch.reciprocal, [positive(2, 3)]
    yield "neg", torch.neg, [Range(2, 3)]
    yield "where", lambda a, b: torch.where(a > 0, a * 2, b), [Range(2, 3, 4), Range(3, 1)]
    yield "steps have no gradient", lambda t: t * torch.floor(t) + torch.round(t) + torch.sign(t), [Range(2, 5)]


def matrices():
    yield "linear", F.linear, [Range(4, 5), Range(3, 5), Range(3)]
    yield "linear of three axes", F.linear, [Range(2, 4, 5), Range(3, 5), Range(3)]
    yield "addmm with alpha and beta", lambda c, a, b: torch.addmm(c, a, b, beta=0.5, alpha=2.0), [
        Range(3), Range(4, 5), Range(5, 3)]
    yield "matmul", torch.matmul, [Range(4, 5), Range(5, 3)]
    yield "matmul of batches, broadcast", torch.matmul, [Range(2, 1, 4, 5), Range(3, 5, 2)]
    yield "matmul of a matrix and a vector", torch.matmul, [Range(4, 5), Range(5)]
    yield "matmul of a vector and batches", torch.matmul, [Range(4), Range(2, 4, 3)]
    yield "bmm", torch.bmm, [Range(2, 3, 4), Range(2, 4, 5)]
    yield "attention", lambda q, k, v: torch.softmax(q @ k.transpose(-2, -1) / 2.0, -1) @ v, [
        Range(2, 3, 4), Range(2, 5, 4), Range(2, 5, 6)]


def reductions():
    x = Range(2, 3, 4)
    ties = Values([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    for name in ("sum", "mean", "amax", "amin"):
        function = getattr(torch, name)
        yield name + " of all", lambda t, f=function: f(t, dim=(0, 1, 2)), [x]
        yield name + " of axis 1", lambda t, f=function: f(t, dim=1), [x]
        yield name + " of axes -1 and 0, kept", lambda t, f=function: f(t, dim=(-1, 0), keepdim=True), [x]
    yield "amax of equal ones", lambda t: torch.amax(t, dim=1), [ties]
    yield "largest and its place", lambda t: torch.max(t, dim=1)[0], [x]
    yield "norm", lambda t: torch.norm(t, p=2, dim=1), [x]
    yield "norm of zeros", lambda t: torch.norm(t, p=2, dim=1), [Values([[0.0, 0.0], [3.0, 4.0]])]
    yield "logsumexp", lambda t: torch.logsumexp(t, dim=-1), [x]
    yield "logsumexp of large numbers", lambda t: torch.logsumexp(t, dim=-1), [Range(2, 4, low=500.0, high=510.0)]
    yield "variance", lambda t: torch.var(t, dim=1, unbiased=False), [x]
    yield "softmax", lambda t: torch.softmax(t, -1), [x]
    yield "softmax of axis 1", lambda t: torch.softmax(t, 1), [x]
    yield "softmax of large numbers", lambda t: torch.softmax(t, 1), [Values([[1e3, 1001.0, -1e3], [9e4, 0.0, 9e4]])]
    yield "log_softmax", lambda t: torch.log_softmax(t, -1), [x]
    yield "log_softmax of axis 0", lambda t: torch.log_softmax(t, 0), [x]
    yield "log_softmax of large numbers", lambda t: torch.log_softmax(t, 1), [Values([[1e3, 1001.0, -1e3], [9e4, 0.0, 9e4]])]
    yield "global average", lambda t: F.adaptive_avg_pool2d(t, 1), [Range(*IMAGE)]
    yield "global maximum", lambda t: F.adaptive_max_pool2d(t, 1), [Range(*IMAGE)]
    yield "global maximum of equal ones", lambda t: F.adaptive_max_pool2d(t, 1), [Values([[[[1.0, 2.0], [2.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]]])]


def layout():
    x = Range(2, 3, 4)
    yield "reshape", lambda t: t.reshape(3, -1) * 2, [x]
    yield "flatten", lambda t: torch.flatten(t, 1), [Range(*IMAGE)]
    yield "permute", lambda t: t.permute(2, 0, 1), [x]
    yield "transpose", lambda t: t.transpose(0, 2), [x]
    yield "squeeze", lambda t: t.squeeze(1), [Range(2, 1, 3)]
    yield "squeeze all", lambda t: t.squeeze(), [Range(2, 1, 3, 1)]
    yield "unsqueeze", lambda t: t.unsqueeze(-1), [x]
    yield "expand", lambda t: t.expand(2, 3, 4), [Range(3, 1)]
    yield "cat", lambda a, b: torch.cat([a, b], 1), [Range(2, 3, 2), Range(2, 1, 2)]
    yield "stack", lambda a, b: torch.stack([a, b], 1), [Range(2, 3), Range(2, 3)]
    yield "cat with itself", lambda a: torch.cat([a, a * 2], -1), [Range(2, 3)]
    yield "split", lambda t: torch.cat([p * k for k, p in enumerate(torch.split(t, [1, 3, 2], 1), 1)], 1), [Range(2, 6)]
    yield "chunk, one piece not used", lambda t: torch.chunk(t, 3, 1)[1], [Range(2, 6)]
    yield "chunk with a shorter last piece", lambda t: torch.chunk(t, 2, 1)[0] * torch.chunk(t, 2, 1)[0], [Range(2, 5)]
    yield "slices", lambda t: t[:, 1:3, -3:], [Range(2, 4, 5)]
    yield "slices with steps", lambda t: t[:, ::2, 1::3], [Range(2, 4, 7)]
    yield "one row", lambda t: t[:, 1], [x]
    yield "rows by index, one twice", lambda t: torch.index_select(t, 1, torch.tensor([2, 0, 2])), [x]
    yield "flip", lambda t: torch.flip(t, [1]), [x]
    yield "pixel_shuffle", lambda t: F.pixel_shuffle(t, 2), [Range(1, 8, 3, 2)]
    yield "channel shuffle", lambda t: t.view(2, 2, 3, 4).transpose(1, 2).reshape(2, 6, 4), [Range(2, 6, 4)]
    yield "dropout", lambda t: F.dropout(t, 0.5, training=False) * 1, [x]
    yield "pad", lambda t: F.pad(t, (1, 2, 0, 3), value=0.5), [Range(*IMAGE)]
    yield "pad that cuts", lambda t: F.pad(t, (-1, 2, 1, -2)), [Range(*IMAGE)]
    yield "pad reflect", lambda t: F.pad(t, (3, 1, 2, 4), mode="reflect"), [Range(*IMAGE)]
    yield "pad replicate", lambda t: F.pad(t, (3, 1, 2, 4), mode="replicate"), [Range(*IMAGE)]


def resampling():
    x = Range(1, 2, 4, 5)
    for size in ((8, 10), (7, 3), (1, 1), (4, 9)):
        yield f"nearest to {size}", lambda t, s=size: F.interpolate(t, s, mode="nearest"), [x]
        for corners in (False, True):
            named = ", corners aligned" if corners else ""
            yield f"bilinear to {size}{named}", lambda t, s=size, c=corners: F.interpolate(
                t, s, mode="bilinear", align_corners=c), [x]
    yield "bicubic", lambda t: F.interpolate(t, (7, 9), mode="bicubic", align_corners=False), [x]
    yield "nearest twice as large", lambda t: F.interpolate(t, scale_factor=2, mode="nearest"), [x]
    yield "bilinear twice as large", lambda t: F.interpolate(t, scale_factor=2, mode="bilinear"), [x]
    yield "linear in one dimension", lambda t: F.interpolate(t, 7, mode="linear"), [Range(2, 2, 4)]


def normalizations():
    channels = [Range(3), Range(3)]
    statistics = [Range(3), positive(3)]
    yield "batch_norm, frozen", lambda t, m, v, w, b: F.batch_norm(t, m, v, w, b, training=False, eps=1e-3), [
        Range(*IMAGE), *statistics, *channels], DEFAULT_OPSET, (0, 3, 4)
    yield "batch_norm of two axes", lambda t, m, v, w, b: F.batch_norm(t, m, v, w, b, training=False), [
        Range(4, 3), *statistics, *channels], DEFAULT_OPSET, (0, 3, 4)
    for opset in (14, 17):
        yield f"layer_norm, operator set {opset}", lambda t, w, b: F.layer_norm(t, (5,), w, b), [
            Range(2, 3, 5), Range(5), Range(5)], opset
        yield f"layer_norm of two axes, operator set {opset}", lambda t, w, b: F.layer_norm(t, (3, 5), w, b, 1e-2), [
            Range(2, 3, 5), Range(3, 5), Range(3, 5)], opset
    yield "instance_norm", lambda t, w, b: F.instance_norm(t, weight=w, bias=b), [Range(*IMAGE), *channels]
    yield "group_norm", lambda t, w, b: F.group_norm(t, 2, w, b), [Range(2, 4, 3, 5), Range(4), Range(4)]
    yield "local contrast", lambda t: t / (t.pow(2).mean(1, keepdim=True) + 1e-3).sqrt(), [Range(2, 3, 4)]
    yield "normalize", lambda t: F.normalize(t, dim=1), [Range(2, 3, 4)]


def convolutions():
    def conv(name, image, weight, bias=True, **options):
        inputs = [Range(*image), Range(*weight)] + ([Range(weight[0])] if bias else [])
        f = F.conv1d if len(image) == 3 else F.conv2d
        return name, lambda t, w, b=None: f(t, w, b, **options), inputs

    yield conv("1 x 1", (2, 3, 4, 5), (4, 3, 1, 1))
    yield conv("3 x 3, padded", (2, 3, 5, 6), (4, 3, 3, 3), padding=1)
    yield conv("3 x 3, stride 2", (2, 3, 7, 6), (4, 3, 3, 3), stride=2, padding=1, bias=False)
    yield conv("7 x 7, stride 2, padding 3", (1, 2, 9, 8), (3, 2, 7, 7), stride=2, padding=3)
    yield conv("1 x 1, stride 2", (2, 3, 5, 6), (4, 3, 1, 1), stride=2, bias=False)
    yield conv("2 x 3, strides 3 and 2, paddings 0 and 1", (1, 2, 8, 7), (3, 2, 2, 3), stride=(3, 2), padding=(0, 1))
    yield conv("dilated", (1, 2, 9, 8), (3, 2, 3, 3), dilation=2, padding=2)
    yield conv("dilated with stride 2", (1, 2, 9, 10), (3, 2, 3, 2), dilation=(2, 3), stride=2, padding=(2, 1))
    yield conv("two groups", (2, 4, 5, 5), (6, 2, 3, 3), groups=2, padding=1)
    yield conv("depthwise", (2, 4, 5, 6), (4, 1, 3, 3), groups=4, padding=1)
    yield conv("depthwise, stride 2", (2, 4, 7, 6), (4, 1, 3, 3), groups=4, padding=1, stride=2, bias=False)
    yield conv("depthwise, two filters a channel", (1, 3, 5, 5), (6, 1, 5, 5), groups=3, padding=2)
    yield conv("of rows", (2, 3, 9), (4, 3, 3), stride=2, padding=1)
    yield "of an image padded on one side", lambda t, w: F.conv2d(F.pad(t, (0, 1, 0, 1)), w, stride=2), [
        Range(1, 2, 6, 6), Range(3, 2, 3, 3)]

    def transposed(name, image, weight, **options):
        f = F.conv_transpose1d if len(image) == 3 else F.conv_transpose2d
        outputs = weight[1] * options.get("groups", 1)
        return name, lambda t, w, b: f(t, w, b, **options), [Range(*image), Range(*weight), Range(outputs)]

    yield transposed("transposed", (2, 3, 4, 3), (3, 2, 3, 3))
    yield transposed("transposed, stride 2", (1, 2, 3, 4), (2, 3, 2, 2), stride=2)
    yield transposed("transposed, stride 2, padded", (1, 2, 3, 4), (2, 3, 3, 3), stride=2, padding=1, output_padding=1)
    yield transposed("transposed, two groups", (1, 4, 3, 3), (4, 2, 3, 2), groups=2, stride=(2, 1))
    yield transposed("transposed, dilated", (1, 2, 4, 3), (2, 2, 3, 3), dilation=2, padding=1)
    yield transposed("transposed, of rows", (2, 2, 5), (2, 3, 4), stride=2, padding=1)


def pools():
    x = Range(2, 3, 7, 6)
    for name, options in (
        ("2 x 2", dict(kernel_size=2)),
        ("3 x 3, stride 2, padded", dict(kernel_size=3, stride=2, padding=1)),
        ("3 x 3, stride 2, rounded up", dict(kernel_size=3, stride=2, ceil_mode=True)),
        ("3 x 3, stride 2, padded, rounded up", dict(kernel_size=3, stride=2, padding=1, ceil_mode=True)),
        ("3 x 2, stride 1", dict(kernel_size=(3, 2), stride=1)),
    ):
        yield "max " + name, lambda t, o=options: F.max_pool2d(t, **o), [x]
        yield "average " + name, lambda t, o=options: F.avg_pool2d(t, **o), [x]
        yield "average, padding not counted, " + name, lambda t, o=options: F.avg_pool2d(
            t, **o, count_include_pad=False), [x]
    yield "max, dilated", lambda t: F.max_pool2d(t, 2, 1, 0, 2), [x]
    yield "max of equal ones", lambda t: F.max_pool2d(t, 2, 1), [Values([[[[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]]])]
    yield "max of rows", lambda t: F.max_pool1d(t, 3, 2, 1), [Range(2, 3, 7)]
    yield "average of rows", lambda t: F.avg_pool1d(t, 3, 2, 1), [Range(2, 3, 7)]


FAMILIES = (activations, arithmetic, matrices, reductions, layout, resampling, normalizations, convolutions, pools)


class Wrapped(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def encoded(tensor):
    data = tensor.detach().numpy().astype("<f4").tobytes()
    return dict(shape=list(tensor.shape), data=base64.b64encode(data).decode())


def describe(name, function, ranges, opset=DEFAULT_OPSET, differentiated=None):
    inputs = [r.tensor(FIRST_INPUT_SEED + i) for i, r in enumerate(ranges)]
    names = [f"x{i}" for i in range(len(inputs))]
    graph = io.BytesIO()
    torch.onnx.export(
        Wrapped(function).eval(), tuple(inputs), graph, opset_version=opset, input_names=names, output_names=["y"]
    )
    chosen = range(len(inputs)) if differentiated is None else differentiated
    leaves = [t.clone().requires_grad_(i in chosen) for i, t in enumerate(inputs)]
    output = function(*leaves)
    coefficients = formula.between(COEFFICIENT_SEED, tuple(output.shape), -1.0, 1.0)
    (output * torch.from_numpy(coefficients)).sum().backward()
    return dict(
        name=name,
        graph=base64.b64encode(graph.getvalue()).decode(),
        inputs=[encoded(t) for t in inputs],
        output=encoded(output),
        gradients={names[i]: encoded(leaves[i].grad) for i in chosen},
    )


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for family in FAMILIES:
        cases = []
        for case in family():
            try:
                cases.append(describe(*case))
            except Exception as error:
                raise RuntimeError(f"{family.__name__}: {case[0]}") from error
        text = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
        (out / f"{family.__name__}.json").write_text(f"[\n{text}\n]\n")
        print(f"{family.__name__}: {len(cases)} cases")


if __name__ == "__main__":
    main()
