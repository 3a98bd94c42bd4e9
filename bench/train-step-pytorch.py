"""PyTorch's side of train-step.ts: exports a network of torchvision with random weights, then makes one training step
for each line it reads, and answers with its milliseconds.

Usage: /usr/bin/python3 bench/train-step-pytorch.py NETWORK BATCH SIZE ONNX
BatchNormalization keeps its statistics (model.eval()); all weights are trained, by Adam, on two threads.
"""

import sys
import time

import torch
import torchvision

NAME, BATCH, SIZE, ONNX = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]

torch.manual_seed(1)
torch.set_num_threads(2)
model = getattr(torchvision.models, NAME)(weights=None).eval()
for module in model.modules():
    if isinstance(module, torch.nn.BatchNorm2d):
        # Every one different: the exporter would make equal weights one, and fewer would be trained.
        torch.nn.init.uniform_(module.weight, 0.5, 1.0)
        torch.nn.init.uniform_(module.bias, -0.1, 0.1)
        torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
        torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
image = torch.randn(BATCH, 3, SIZE, SIZE)
label = torch.arange(BATCH) % 1000

# PRESERVE and no folding: BatchNormalization stays a node of its own, as it is trained here.
torch.onnx.export(
    model,
    image,
    ONNX,
    opset_version=13,
    training=torch.onnx.TrainingMode.PRESERVE,
    do_constant_folding=False,
    input_names=["image"],
    output_names=["logits"],
    dynamic_axes={"image": {0: "N"}, "logits": {0: "N"}},
)

optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
print("ready", flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(image), label).backward()
    optimizer.step()
    print((time.perf_counter() - start) * 1000, flush=True)
