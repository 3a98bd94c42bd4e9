"""Gradients of whole networks by PyTorch: what tests/oracle-networks.test.ts and compare-networks.ts compare with.

    /usr/bin/python3 scripts/oracle/networks.py OUT [--full] [--size N] [NAME ...]

For each network of torchvision, in evaluation mode, with weights by formula: NAME.onnx, whose weights are inputs
without values, and NAME.json with the image, the weights' ranges, and for each weight the norm of its gradient and its
products with two vectors of signs. With --full also NAME.gradients, all gradients as float32, one after the other.
What is differentiated is the sum of the logits, each times a coefficient. Computed in float64.
"""

import argparse
import json
import math
import pathlib

import numpy as np
import onnx
import torch
import torchvision.models as models

import formula

IMAGE_SEED = 1
COEFFICIENT_SEED = 2
FIRST_WEIGHT_SEED = 10
SIGN_SEEDS = 1_000_000

# Input sizes of the committed form: the least the network takes, or little more. Operator set 17 has
# LayerNormalization; 14 is PyTorch's own default. Inception-v3 at 96 pixels has two nearly equal values in a pooling
# window, whose order float32 and float64 see differently: one gradient of a few thousand moves to the neighbour.
NETWORKS = {
    "resnet18": dict(size=64, opset=14),
    "resnet50": dict(size=64, opset=14),
    "densenet121": dict(size=64, opset=14),
    "mobilenet_v2": dict(size=64, opset=13),
    "mobilenet_v3_small": dict(size=64, opset=14),
    "mobilenet_v3_large": dict(size=64, opset=15),
    "efficientnet_b0": dict(size=64, opset=14),
    "inception_v3": dict(size=107, opset=14),
    "squeezenet1_1": dict(size=64, opset=14),
    "vgg11": dict(size=64, opset=14),
    "convnext_tiny": dict(size=64, opset=17),
}
BATCH = 2


def build(name, full):
    options = dict(init_weights=False) if name == "inception_v3" else {}
    network = getattr(models, name)(weights=None, **options)
    if name == "vgg11" and not full:
        # 103 of its 133 million weights are one matrix on 7 x 7 cells; ONNX has no pooling from 2 x 2 to 7 x 7 either.
        network.avgpool = torch.nn.Identity()
        network.classifier[0] = torch.nn.Linear(512 * 2 * 2, 64)
        network.classifier[3] = torch.nn.Linear(64, 64)
        network.classifier[6] = torch.nn.Linear(64, 1000)
    return network.eval()


def rounded(number):
    """Seven digits: a thousand times what is compared."""
    return float(f"{number:.7g}")


def range_of(name, tensor):
    """A range that keeps activations finite and of similar size through the layers."""
    if name.endswith("running_var"):
        return 0.5, 1.5
    if name.endswith("layer_scale"):
        return 0.2, 0.8
    if tensor.ndim >= 2:
        bound = math.sqrt(3.0 / tensor[0].numel())
        return -bound, bound
    if name.endswith("weight"):  # of a normalization
        return 0.5, 1.5
    return -0.1, 0.1


def fill(network):
    """Weights by formula; their ranges and seeds by name."""
    filled = {}
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            low, high = range_of(name, tensor)
            seed = FIRST_WEIGHT_SEED + len(filled)
            tensor.copy_(torch.from_numpy(formula.between(seed, tuple(tensor.shape), low, high)))
            filled[name] = dict(seed=seed, low=low, high=high)
    return filled


def export(network, image, opset, path):
    """The graph with its weights as inputs without values, by the names PyTorch gives them."""
    torch.onnx.export(
        network,
        (image,),
        str(path),
        opset_version=opset,
        input_names=["image"],
        output_names=["logits"],
        training=torch.onnx.TrainingMode.PRESERVE,  # evaluation mode, but BatchNormalization stays a node
        do_constant_folding=False,
    )
    model = onnx.load(str(path))
    for tensor in model.graph.initializer:
        model.graph.input.append(
            onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
        )
    names = [tensor.name for tensor in model.graph.initializer]
    del model.graph.initializer[:]
    del model.graph.value_info[:]
    for node in model.graph.node:
        node.ClearField("doc_string")
    onnx.save(model, str(path))
    return names


def write(name, out, full, size):
    settings = NETWORKS[name]
    size = size or (224 if full and name == "vgg11" else settings["size"])
    network = build(name, full)
    filled = fill(network)
    shape = (BATCH, 3, size, size)
    image = torch.from_numpy(formula.between(IMAGE_SEED, shape, -2.0, 2.0))
    names = export(network, image, settings["opset"], out / f"{name}.onnx")

    network.double()
    logits = network(image.double())
    coefficients = formula.between(COEFFICIENT_SEED, tuple(logits.shape), -1.0, 1.0)
    (logits * torch.from_numpy(coefficients).double()).sum().backward()
    gradients = {n: p.grad for n, p in network.named_parameters() if p.grad is not None}

    weights = []
    for weight in names:
        entry = dict(name=weight, **filled[weight])
        if weight in gradients:
            values = gradients[weight].numpy().ravel()
            products = [
                rounded(values @ formula.signs(SIGN_SEEDS * (k + 1) + entry["seed"], values.size))
                for k in range(2)
            ]
            entry["gradient"] = dict(norm=rounded(np.linalg.norm(values)), products=products)
        weights.append(entry)
    missing = [n for n in gradients if n not in names]
    assert not missing, f"{name}: the exported graph lacks {missing}"
    description = dict(
        network=name,
        image=dict(shape=shape, seed=IMAGE_SEED, low=-2.0, high=2.0),
        coefficients=dict(shape=list(logits.shape), seed=COEFFICIENT_SEED, low=-1.0, high=1.0),
        logits=dict(norm=rounded(logits.detach().norm())),
        weights=weights,
    )
    text = json.dumps(description, separators=(",", ":")).replace('{"name"', '\n{"name"')
    (out / f"{name}.json").write_text(text + "\n")
    if full:
        with open(out / f"{name}.gradients", "wb") as file:
            for weight in names:
                if weight in gradients:
                    file.write(gradients[weight].numpy().astype("<f4").tobytes())
    print(f"{name}: {len(gradients)} gradients, logits' norm {float(logits.detach().norm()):.3g}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("names", nargs="*", default=list(NETWORKS))
    parser.add_argument("--full", action="store_true", help="all gradients, and VGG-11 whole (at 224 x 224)")
    parser.add_argument("--size", type=int, help="height and width of the image")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.names or NETWORKS:
        write(name, options.out, options.full, options.size)


if __name__ == "__main__":
    main()
