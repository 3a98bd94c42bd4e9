"""Maps of the CAM family by PyTorch: what src/explain/oracle.test.ts compares with.

    /usr/bin/python3 scripts/oracle/cams.py tests/fixtures/oracle/cams

Three small networks with random weights, exported to ONNX, and for each a layer, two images, a target class an image,
and the map of every method, recomputed here from its published definition in the form that pytorch-grad-cam gives it
(autograd's gradients, numpy's SVD). Maps stand at the layer's own size, before any stretching or enlarging.
"""

import base64
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

IMAGES = 2
SIZE = 32
INTEGRATION_STEPS = 32


class PooledAtTheEnd(nn.Module):
    """Convolutions, global average pooling, one linear layer."""

    layer_name = "maps"

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 24, 3, 1, 1), nn.ReLU()
        )
        self.top = nn.Linear(24, 5)

    def maps(self, x):
        return self.body(x)

    def rest(self, maps):
        return self.top(maps.mean((2, 3)))


class LayersAfter(nn.Module):
    """The layer looked at is followed by a strided convolution, pooling and two linear layers."""

    layer_name = "maps"

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 5, 2, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 12, 3, 1, 1), nn.ReLU())
        self.after = nn.Sequential(
            nn.Conv2d(12, 16, 3, 2, 1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(64, 20), nn.ReLU(), nn.Linear(20, 4)
        )

    def maps(self, x):
        return self.body(x)

    def rest(self, maps):
        return self.after(maps)


class Residual(nn.Module):
    """Batch normalization, a residual sum, negative activations (SiLU) at the layer looked at."""

    layer_name = "maps"

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 10, 3, 2, 1, bias=False), nn.BatchNorm2d(10), nn.ReLU())
        self.block = nn.Sequential(nn.Conv2d(10, 10, 3, 1, 1, bias=False), nn.BatchNorm2d(10))
        self.down = nn.Conv2d(10, 20, 3, 2, 1)
        self.top = nn.Linear(40, 3)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.uniform_(-0.3, 0.3)
                module.running_var.uniform_(0.5, 1.5)
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.uniform_(module.bias, -0.3, 0.3)

    def maps(self, x):
        x = self.stem(x)
        return F.silu(self.down(torch.relu(x + self.block(x))))

    def rest(self, maps):
        return self.top(torch.cat([maps.mean((2, 3)), maps.amax((2, 3))], 1))


class Whole(nn.Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        maps = self.network.maps(x)
        return self.network.rest(maps), maps


def positive_sum(weighted):
    return np.maximum(weighted.sum(0), 0)


def principal(weighted):
    """The projection on the first right singular vector; its sign so that it agrees with the sum of the channels."""
    points = weighted.reshape(len(weighted), -1).T
    points = points - points.mean(0)
    direction = np.linalg.svd(points, full_matrices=False)[2][0]
    projection = points @ direction
    if projection @ points.sum(1) < 0:
        projection = -projection
    return np.maximum(projection.reshape(weighted.shape[1:]), 0)


def by_gradient(a, g):
    mean = g.mean((1, 2), keepdims=True)
    total = a.sum((1, 2), keepdims=True)
    alpha = g**2 / (2 * g**2 + total * g**3 + 1e-6)
    plus_plus = (np.maximum(g, 0) * np.where(g != 0, alpha, 0)).sum((1, 2), keepdims=True)
    x_grad = (g * a).sum((1, 2), keepdims=True) / (total + 1e-7)
    return {
        "grad-cam": positive_sum(mean * a),
        "grad-cam++": positive_sum(plus_plus * a),
        "hires-cam": positive_sum(g * a),
        "xgrad-cam": positive_sum(x_grad * a),
        "layer-cam": positive_sum(np.maximum(g, 0) * a),
        "element-wise": np.maximum(g * a, 0).sum(0),
        "eigen-cam": principal(a),
        "eigen-grad-cam": principal(g * a),
    }


def score_cam(network, image, maps, target):
    masks = F.interpolate(maps, size=image.shape[-2:], mode="bilinear", align_corners=True)[0]
    least, most = masks.amin((1, 2), keepdim=True), masks.amax((1, 2), keepdim=True)
    masks = (masks - least) / (most - least + 1e-8)
    with torch.no_grad():
        scores = network.rest(network.maps(image * masks[:, None]))[:, target]
    weights = torch.softmax(scores, 0)
    return positive_sum((weights[:, None, None] * maps[0]).detach().numpy())


def ablation_cam(network, maps, target):
    with torch.no_grad():
        score = network.rest(maps)[0, target]
        weights = []
        for channel in range(maps.shape[1]):
            without = maps.clone()
            without[:, channel] = 0
            weights.append((score - network.rest(without)[0, target]) / score.abs())
    return positive_sum((torch.stack(weights)[:, None, None] * maps[0]).detach().numpy())


def stretched(values):
    """Each channel to 0..1, then to the size of the image."""
    least = values.amin((1, 2), keepdim=True)
    values = values - least
    values = values / (1e-7 + values.amax((1, 2), keepdim=True))
    return F.interpolate(values[None], size=(SIZE, SIZE), mode="bilinear", align_corners=False)[0].sum(0)


def full_grad(whole, image, target):
    kept = []

    def keep(module, _input, output):
        output.retain_grad()
        if isinstance(module, nn.BatchNorm2d):
            bias = module.bias - module.running_mean * module.weight / torch.sqrt(module.running_var + module.eps)
        else:
            bias = module.bias
        kept.append((bias, output))

    biased = [m for m in whole.modules() if isinstance(m, (nn.Conv2d, nn.BatchNorm2d)) and m.bias is not None]
    hooks = [m.register_forward_hook(keep) for m in biased]
    image = image.clone().requires_grad_(True)
    whole(image)[0][0, target].backward()
    for hook in hooks:
        hook.remove()
    total = stretched((image.grad * image).abs()[0].detach())
    for bias, output in kept:
        total = total + stretched((bias[:, None, None] * output.grad[0]).abs().detach())
    return total.numpy()


def integrated_gradients(whole, image, target):
    total = torch.zeros_like(image)
    for step in range(INTEGRATION_STEPS):
        at = (image * ((step + 0.5) / INTEGRATION_STEPS)).requires_grad_(True)
        total += torch.autograd.grad(whole(at)[0][0, target], at)[0]
    return np.maximum((image * total / INTEGRATION_STEPS)[0].sum(0).numpy(), 0)


def occlusion(whole, image, target, windows=16):
    step = SIZE // windows
    found = np.zeros((windows, windows), np.float32)
    with torch.no_grad():
        score = whole(image)[0][0, target]
        for row in range(windows):
            for column in range(windows):
                covered = image.clone()
                covered[:, :, row * step : (row + 1) * step, column * step : (column + 1) * step] = 0
                found[row, column] = score - whole(covered)[0][0, target]
    return np.maximum(found, 0)


def encoded(array):
    return base64.b64encode(np.ascontiguousarray(array, np.float32).tobytes()).decode()


def explained(network, image):
    """The image's best class is explained, so that the score is positive as Ablation-CAM takes for granted."""
    whole = Whole(network).eval()
    maps = network.maps(image).detach().requires_grad_(True)
    logits = network.rest(maps)
    target = int(logits[0].argmax())
    gradient = torch.autograd.grad(logits[0, target], maps)[0]
    found = by_gradient(maps.detach().numpy()[0].astype(np.float64), gradient.numpy()[0].astype(np.float64))
    found["score-cam"] = score_cam(network, image, maps.detach(), target)
    found["ablation-cam"] = ablation_cam(network, maps.detach(), target)
    found["full-grad"] = full_grad(whole, image, target)
    found["integrated-gradients"] = integrated_gradients(whole, image, target)
    found["occlusion"] = occlusion(whole, image, target)
    return dict(target=target, score=float(logits[0, target]), maps={name: encoded(m) for name, m in found.items()})


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for seed, kind in enumerate([PooledAtTheEnd, LayersAfter, Residual]):
        torch.manual_seed(seed)
        network = kind().eval()
        # Smooth images with a bright spot: noise alone would make every map flat.
        coarse = torch.randn(IMAGES, 3, 6, 6)
        images = F.interpolate(coarse, size=(SIZE, SIZE), mode="bicubic", align_corners=False)
        images[:, :, 8:16, 18:26] += 2
        name = kind.__name__
        torch.onnx.export(
            Whole(network).eval(), images, out / f"{name}.onnx", opset_version=14, input_names=["image"],
            output_names=["logits", "maps"], dynamic_axes={"image": {0: "N"}},
        )
        cases = [explained(network, images[n : n + 1]) for n in range(IMAGES)]
        described = dict(layer="maps", shape=list(images.shape), images=encoded(images.numpy()), cases=cases)
        (out / f"{name}.json").write_text(json.dumps(described) + "\n")


if __name__ == "__main__":
    main()
