"""PyTorch's side of train-step.ts, for a network of torchvision with random weights.

    /usr/bin/python3 bench/train-step-pytorch.py export NETWORK FILE
    /usr/bin/python3 bench/train-step-pytorch.py step NETWORK BATCH SIZE THREADS

`export` writes the network as ONNX. `step` makes one training step (forward, backward, Adam) for each line it reads, and
answers with its milliseconds and those of processor time. BatchNormalization keeps its statistics (model.eval()); all weights are trained.
"""

import sys
import time

import torch
import torchvision


def network(name):
    torch.manual_seed(1)
    model = getattr(torchvision.models, name)(weights=None).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            # Every one different: the exporter would make equal weights one, and fewer would be trained.
            torch.nn.init.uniform_(module.weight, 0.5, 1.0)
            torch.nn.init.uniform_(module.bias, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model


def export(name, file):
    # PRESERVE and no folding: BatchNormalization stays a node of its own, as it is trained here.
    torch.onnx.export(
        network(name),
        torch.randn(2, 3, 224, 224),
        file,
        opset_version=13,
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
        input_names=["image"],
        output_names=["logits"],
        dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}},
    )


def step(name, batch, size, threads):
    torch.set_num_threads(threads)
    model = network(name)
    image = torch.randn(batch, 3, size, size)
    label = torch.arange(batch) % 1000
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in sys.stdin:
        start, start_processor = time.perf_counter(), time.process_time()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(image), label).backward()
        optimizer.step()
        wall, processor = time.perf_counter() - start, time.process_time() - start_processor
        print(wall * 1000, processor * 1000, flush=True)


if sys.argv[1] == "export":
    export(sys.argv[2], sys.argv[3])
else:
    step(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
