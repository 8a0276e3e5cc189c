#!/usr/bin/env python3
"""Exports a PyTorch network to ONNX with the description that bfn-sde reads: NAME.onnx and NAME.json.

The networks of the released Bayesian flow networks (Graves et al. 2023, arXiv:2308.07037) are here by name; their checkpoints are at
https://huggingface.co/rupspace/pretrained-BFNs:

    python3 export_pytorch.py cifar10 --checkpoint cifar10_256c_ema.pt --out cifar10.onnx
    python3 export_pytorch.py cifar10-discretised --checkpoint cifar10_256d_ema.pt --out cifar10d.onnx
    python3 export_pytorch.py mnist --checkpoint mnist_ema.pt --out mnist.onnx
    python3 export_pytorch.py text8 --checkpoint text8_ema.pt --out text8.onnx
    python3 export_pytorch.py text8 --random --layers 2 --width 64 --heads 4 --length 32 --out small.onnx
    python3 export_pytorch.py cifar10 --count

For a network of your own, import `export` from here:

    from export_pytorch import export
    export(network, "mine.onnx", {"process": {"id": "vp-linear"}, "sampleShape": [3072], "predicts": "noise", ...})

PyTorch 1.13 or later; from 2.9 on its exporter also wants `pip install onnx`. What the description can say: docs/bring-your-own-network.md.
"""

import argparse
import inspect
import json
import math
import os
import sys
import warnings

import torch
from torch import nn
from torch.nn import functional as F

FORMAT = "bfn-sde network 1"
OPSET = 17


# ---- Networks of the released checkpoints: the names of the modules are those of the checkpoints' keys, after `net.`. ----


def position_code(length, width, base=1000.0):
    """sin(p / base^(j / width)) at even j, the cosine of that at odd j: as released, with this base and its own frequency at every j."""
    j = torch.arange(width, dtype=torch.float32)
    angles = torch.arange(length, dtype=torch.float32)[:, None] / base ** (j / width)
    return torch.where(j % 2 == 0, angles.sin(), angles.cos())


def attention(q, k, v, channels):
    """q, k, v: [..., tokens, channels]"""
    return (q @ k.transpose(-2, -1) * channels**-0.5).softmax(-1) @ v


class TransformerBlock(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.width, self.heads = width, heads
        self.ln_1 = nn.LayerNorm(width)
        self.attn = nn.ModuleDict({"c_attn": nn.Linear(width, 3 * width), "c_proj": nn.Linear(width, width)})
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(width, 4 * width), "c_proj": nn.Linear(4 * width, width)})

    def forward(self, x):
        length, channels = x.shape[1], self.width // self.heads
        parts = self.attn["c_attn"](self.ln_1(x)).chunk(3, -1)
        q, k, v = (p.reshape(-1, length, self.heads, channels).transpose(1, 2) for p in parts)
        mixed = attention(q, k, v, channels).transpose(1, 2).reshape(-1, length, self.width)
        x = x + self.attn["c_proj"](mixed)
        h = self.mlp["c_fc"](self.ln_2(x))
        h = 0.5 * h * (1 + torch.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * h**3)))
        return x + self.mlp["c_proj"](h)


class TextTransformer(nn.Module):
    """text8: class probabilities [n, length, K] and BFN time [n] to logits [n, length, K]."""

    def __init__(self, length=256, classes=27, layers=24, width=768, heads=12):
        super().__init__()
        self.input_adapter = nn.ModuleDict(
            {"inp_embedding": nn.Linear(classes, width), "t_embedding": nn.Linear(1, width)}
        )
        self.input_adapter.register_buffer("pos_embedding", position_code(length, width))
        blocks = nn.ModuleList(TransformerBlock(width, heads) for _ in range(layers))
        self.transformer = nn.ModuleDict({"h": blocks, "ln_f": nn.LayerNorm(width)})
        self.lm_head = nn.Linear(2 * width, classes)

    def forward(self, x, t):
        shown = self.input_adapter["inp_embedding"](2 * x - 1) + self.input_adapter.pos_embedding
        shown = shown + self.input_adapter["t_embedding"](2 * t[:, None, None] - 1)
        h = shown
        for block in self.transformer["h"]:
            h = block(h)
        return self.lm_head(torch.cat([self.transformer["ln_f"](h), shown], -1))


class VdmResidual(nn.Module):
    def __init__(self, before, channels, condition, groups):
        super().__init__()
        self.net1 = nn.Sequential(nn.GroupNorm(groups, before), nn.SiLU(), nn.Conv2d(before, channels, 3, padding=1))
        self.cond_proj = nn.Linear(condition, channels, bias=False)
        conv = nn.Conv2d(channels, channels, 3, padding=1)
        # the identity is where training has its dropout
        self.net2 = nn.Sequential(nn.GroupNorm(groups, channels), nn.SiLU(), nn.Identity(), conv)
        self.skip_conv = nn.Conv2d(before, channels, 1) if before != channels else nn.Identity()

    def forward(self, x, condition):
        return self.skip_conv(x) + self.net2(self.net1(x) + self.cond_proj(condition)[:, :, None, None])


class PixelAttention(nn.Module):
    """Among all pixels, in one head: [n, 3 channels, h, w] to [n, channels, h, w]."""

    def __init__(self, channels):
        super().__init__()
        self.channels = channels

    def forward(self, qkv):
        height, width = qkv.shape[2:]
        rows = qkv.reshape(-1, 3 * self.channels, height * width).transpose(1, 2)
        mixed = attention(*rows.chunk(3, -1), self.channels)
        return mixed.transpose(1, 2).reshape(-1, self.channels, height, width)


class VdmUNet(nn.Module):
    """CIFAR-10: images [n, side, side, 3] and BFN time [n] to `outputs` numbers a value: [n, side, side, 3] or [n, side, side, 3, 2]."""

    def __init__(self, width=128, blocks=32, outputs=1, groups=32, channels=3):
        super().__init__()
        self.width, self.channels, self.outputs = width, channels, outputs
        condition = 4 * width

        def block(before):
            return nn.ModuleDict({"resnet_block": VdmResidual(before, width, condition, groups)})

        self.embed_conditioning = nn.Sequential(
            nn.Linear(width, condition), nn.SiLU(), nn.Linear(condition, condition), nn.SiLU()
        )
        self.conv_in = nn.Conv2d(5 * channels, width, 3, padding=1)
        self.down_blocks = nn.ModuleList(block(width) for _ in range(blocks))
        self.mid_resnet_block_1 = VdmResidual(width, width, condition, groups)
        pixels = [nn.GroupNorm(groups, width), nn.Conv2d(width, 3 * width, 1), PixelAttention(width), nn.Conv2d(width, width, 1)]
        self.mid_attn_block = nn.ModuleDict({"layers": nn.Sequential(*pixels)})
        self.mid_resnet_block_2 = VdmResidual(width, width, condition, groups)
        self.up_blocks = nn.ModuleList(block(2 * width) for _ in range(blocks + 1))
        self.conv_out = nn.Sequential(nn.GroupNorm(groups, width), nn.SiLU(), nn.Conv2d(width, width, 3, padding=1))
        self.output_adapter = nn.ModuleDict({"output_projection": nn.Linear(channels + width, outputs * channels)})

    def forward(self, x, t):
        half = self.width // 2
        frequencies = 10 ** (-4 * torch.arange(half, dtype=torch.float32) / (half - 1))
        angles = 1000 * (t[:, None] + 0.001) * frequencies
        condition = self.embed_conditioning(torch.cat([angles.sin(), angles.cos()], 1))
        image = x.permute(0, 3, 1, 2)
        waves = torch.cat([2 * math.pi * 2**q * image for q in (5, 6)], 1)
        h = self.conv_in(torch.cat([image, waves.sin(), waves.cos()], 1))
        stack = []
        for block in self.down_blocks:
            stack.append(h)
            h = block["resnet_block"](h, condition)
        stack.append(h)
        h = self.mid_resnet_block_1(h, condition)
        h = h + self.mid_attn_block["layers"](h)
        h = self.mid_resnet_block_2(h, condition)
        for block in self.up_blocks:
            h = block["resnet_block"](torch.cat([h, stack.pop()], 1), condition)
        out = torch.cat([x, self.conv_out(h).permute(0, 2, 3, 1)], -1)
        y = self.output_adapter["output_projection"](out)
        side = x.shape[1]
        return y.reshape(-1, side, side, self.channels, 2) if self.outputs == 2 else y


class UNetResidual(nn.Module):
    def __init__(self, before, channels, condition, groups):
        super().__init__()
        self.in_layers = nn.Sequential(nn.GroupNorm(groups, before), nn.SiLU(), nn.Conv2d(before, channels, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(condition, channels))
        conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.out_layers = nn.Sequential(nn.GroupNorm(groups, channels), nn.SiLU(), nn.Identity(), conv)
        self.skip_connection = nn.Conv2d(before, channels, 1) if before != channels else nn.Identity()

    def forward(self, x, condition):
        return self.skip_connection(x) + self.out_layers(self.in_layers(x) + self.emb_layers(condition)[:, :, None, None])


class UNetAttention(nn.Module):
    def __init__(self, channels, heads, groups):
        super().__init__()
        self.channels, self.heads = channels, heads
        self.norm = nn.GroupNorm(groups, channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.proj_out = nn.Conv1d(channels, channels, 1)

    def forward(self, x, _):
        (height, width), each = x.shape[2:], self.channels // self.heads
        rows = self.qkv(self.norm(x.reshape(-1, self.channels, height * width)))
        # head by head its queries, keys and values
        heads = rows.reshape(-1, self.heads, 3 * each, height * width).transpose(2, 3)
        mixed = attention(*heads.chunk(3, -1), each).transpose(2, 3).reshape(-1, self.channels, height * width)
        return x + self.proj_out(mixed).reshape(-1, self.channels, height, width)


class Resample(nn.Module):
    """To half the side by a strided convolution, or to twice by repetition and a convolution."""

    def __init__(self, channels, up):
        super().__init__()
        self.up = up
        setattr(self, "conv" if up else "op", nn.Conv2d(channels, channels, 3, stride=1 if up else 2, padding=1))

    def forward(self, x, _):
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest")) if self.up else self.op(x)


class UNet(nn.Module):
    """MNIST: 2 theta_0 - 1 of each pixel [n, side, side, 1] and BFN time [n] to the logit of class 1, [n, side, side, 1]."""

    def __init__(self, width=128, factors=(1, 2, 2), blocks=2, heads=4, groups=32):
        super().__init__()
        self.width = width
        condition = 4 * width
        self.input_projection = nn.Linear(2, width)
        self.time_embed = nn.Sequential(nn.Linear(width, condition), nn.SiLU(), nn.Linear(condition, condition))
        down, skips, now = [nn.ModuleList([nn.Conv2d(width, width, 3, padding=1)])], [width], width
        for level, factor in enumerate(factors):
            for _ in range(blocks):
                down.append(nn.ModuleList([UNetResidual(now, factor * width, condition, groups)]))
                now = factor * width
                skips.append(now)
            if level < len(factors) - 1:
                down.append(nn.ModuleList([Resample(now, up=False)]))
                skips.append(now)
        self.input_blocks = nn.ModuleList(down)
        self.middle_block = nn.ModuleList(
            [
                UNetResidual(now, now, condition, groups),
                UNetAttention(now, heads, groups),
                UNetResidual(now, now, condition, groups),
            ]
        )
        up = []
        for level, factor in reversed(list(enumerate(factors))):
            for i in range(blocks + 1):
                layers = [UNetResidual(now + skips.pop(), factor * width, condition, groups)]
                now = factor * width
                if level > 0 and i == blocks:
                    layers.append(Resample(now, up=True))
                up.append(nn.ModuleList(layers))
        self.output_blocks = nn.ModuleList(up)
        self.out = nn.Sequential(nn.GroupNorm(groups, now), nn.SiLU(), nn.Conv2d(now, width, 3, padding=1))
        self.output_adapter = nn.ModuleDict({"output_projection": nn.Linear(2 * width, 1)})

    def forward(self, x, t):
        half = self.width // 2
        frequencies = 10000 ** (-torch.arange(half, dtype=torch.float32) / half)
        angles = 4000 * t[:, None] * frequencies
        condition = self.time_embed(torch.cat([angles.cos(), angles.sin()], 1))
        shown = self.input_projection(torch.cat([x, (2 * t - 1)[:, None, None, None].expand_as(x)], -1))
        h = shown.permute(0, 3, 1, 2)
        stack = []
        for first, *layers in self.input_blocks:
            h = first(h) if isinstance(first, nn.Conv2d) else first(h, condition)
            for layer in layers:
                h = layer(h, condition)
            stack.append(h)
        for layer in self.middle_block:
            h = layer(h, condition)
        for layers in self.output_blocks:
            h = torch.cat([h, stack.pop()], 1)
            for layer in layers:
                h = layer(h, condition)
        out = torch.cat([shown, self.out(h).permute(0, 2, 3, 1)], -1)
        return self.output_adapter["output_projection"](out)


# ---- A network by name, with its description. ----


def text8(options):
    size = {"length": options.length or 256, "width": options.width or 768}
    network = TextTransformer(layers=options.layers or 24, heads=options.heads or 12, **size)
    return network, {
        "process": {"id": "bfn-discrete", "parameters": {"classes": 27, "beta1": 0.5625}},
        "sampleShape": [size["length"], 27],
        "predicts": "logits",
        "input": "softmax",
        "data": {"kind": "text", "alphabet": " abcdefghijklmnopqrstuvwxyz"},
    }


def cifar10(options, discretised=False):
    side, bins = options.side or 32, options.bins or 256
    network = VdmUNet(
        width=options.width or 128, blocks=options.layers or 32, outputs=2 if discretised else 1, groups=options.groups or 32
    )
    return network, {
        # the released networks of 16 bins have sigma1² = 1e-3
        "process": {"id": "bfn-continuous", "parameters": {"sigma1": 1e-3 if bins == 256 else 1e-3**0.5}},
        "sampleShape": [3 * side * side],
        **({"predicts": "discretised-normal", "bins": bins} if discretised else {"predicts": "noise", "clip": [-1, 1]}),
        "smallTime": 1e-6,
        "inputShape": [side, side, 3],
        "data": {"kind": "picture", "width": side, "height": side, "channels": 3},
        "dataRange": [-1, 1],
    }


def mnist(options):
    side = options.side or 28
    network = UNet(width=options.width or 128, heads=options.heads or 4, groups=options.groups or 32)
    return network, {
        "process": {"id": "bfn-discrete", "parameters": {"classes": 2, "beta1": 9}},
        "sampleShape": [side * side, 2],
        "predicts": "binary-logit",
        "inputShape": [side, side, 1],
        "data": {"kind": "picture", "width": side, "height": side, "channels": 1},
    }


NETWORKS = {
    "text8": text8,
    "cifar10": cifar10,
    "cifar10-discretised": lambda options: cifar10(options, discretised=True),
    "mnist": mnist,
}


def fail(message):
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


def load_checkpoint(network, path):
    """Weights of a released checkpoint: a state dict whose keys for the network start with `net.`. (The key `state_dict` or `model` may hold it.)"""
    try:
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever the file is, it is no checkpoint
        fail(f"cannot read the checkpoint {path}: {error}")
    for key in ("state_dict", "model"):
        if isinstance(weights.get(key), dict):
            weights = weights[key]
    start = "net." if any(key.startswith("net.") for key in weights) else ""
    own = {key[len(start) :]: value for key, value in weights.items() if key.startswith(start)}
    unused = "input_adapter.pos_feats"  # a buffer that the released image networks do not read
    own.pop(unused, None)
    wanted = network.state_dict()
    missing, extra = sorted(wanted.keys() - own.keys()), sorted(own.keys() - wanted.keys())
    shapes = [key for key in wanted.keys() & own.keys() if wanted[key].shape != own[key].shape]
    if missing or extra or shapes:
        first = (missing + extra + sorted(shapes))[0]
        fail(
            f"the checkpoint {path} is of another network: {len(missing)} weights are missing, {len(extra)} are unknown, "
            f"{len(shapes)} have another shape; the first is {first}"
        )
    network.load_state_dict(own)


def randomise(network, seed):
    """Random weights everywhere, also where training starts at 0: a network that is no trivial function. They are small, since the Fourier
    features of cifar10 enlarge a rounding error several hundred times in each call of a network of larger ones."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in network.named_parameters():
            spread = 0.3 * p[0].numel() ** -0.5 if p.dim() > 1 else 0.1
            centre = 1.0 if p.dim() == 1 and name.endswith("weight") else 0.0
            p.copy_(centre + spread * torch.randn(p.shape, generator=generator))


def parameters_of(network):
    return sum(p.numel() for p in network.parameters())


def export(network, path, description, opset=OPSET):
    """Writes `path` (.onnx) and the description beside it (.json).

    `network(x, t)` takes x, [n, *inputShape] (that of the state where the description has none), and t, [n], both float32. For one that
    wants another time (t [n, 1], whole numbers) or returns more than its prediction, export a small module around it.
    """
    network.eval()
    description = {"format": FORMAT, **description}
    inputs, output = description.get("inputs", {"state": "x", "time": "t"}), description.get("output", "y")
    state, time = inputs["state"], inputs["time"]
    shape = description.get("inputShape") or description["sampleShape"]
    example = (torch.randn(2, *shape), torch.tensor([0.3, 0.6]))
    warnings.filterwarnings("ignore", message="The shape inference of prim::Constant")
    # later versions of PyTorch have another exporter beside this one
    older = {"dynamo": False} if "dynamo" in inspect.signature(torch.onnx.export).parameters else {}
    torch.onnx.export(
        network,
        example,
        path,
        input_names=[state, time],
        output_names=[output],
        dynamic_axes={name: {0: "n"} for name in (state, time, output)},
        opset_version=opset,
        **older,
    )
    beside = os.path.splitext(path)[0] + ".json"
    with open(beside, "w", encoding="utf-8") as file:
        lines = (f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in description.items())
        file.write("{\n" + ",\n".join(lines) + "\n}\n")
    return beside


def parser():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("name", choices=NETWORKS)
    p.add_argument("--checkpoint", help="weights: a file of torch.save")
    p.add_argument("--random", action="store_true", help="random weights instead")
    p.add_argument("--seed", type=int, default=0, help="of the random weights")
    p.add_argument("--out", help="where to: NAME.onnx, and NAME.json beside it")
    p.add_argument("--save", help="also save the weights as a checkpoint of the released layout")
    p.add_argument("--count", action="store_true", help="print the number of parameters, and export nothing")
    p.add_argument("--opset", type=int, default=OPSET)
    for name, what in (
        ("layers", "transformer blocks, or residual blocks of the way down of cifar10"),
        ("width", "channels"),
        ("heads", "of attention, text8 and mnist"),
        ("length", "characters, text8"),
        ("side", "of an image in pixels"),
        ("groups", "of group normalisation, cifar10 and mnist"),
        ("bins", "of cifar10: 256 or 16"),
    ):
        p.add_argument(f"--{name}", type=int, help=f"{what}; as released unless told")
    return p


def build(options):
    """The network that the options ask for, with its weights, and its description."""
    network, description = NETWORKS[options.name](options)
    if options.checkpoint:
        load_checkpoint(network, options.checkpoint)
        description["source"] = f"{options.name}, {os.path.basename(options.checkpoint)}"
    elif options.random:
        randomise(network, options.seed)
        description["source"] = f"{options.name}, random weights, seed {options.seed}"
    return network, description


def main():
    options = parser().parse_args()
    network, description = build(options)
    print(f"{options.name}: {parameters_of(network):,} parameters")
    if options.count:
        return
    if not (options.checkpoint or options.random):
        fail("give --checkpoint FILE, or --random")
    if not options.out or not options.out.endswith(".onnx"):
        fail("give --out NAME.onnx")
    beside = export(network, options.out, description, options.opset)
    if options.save:
        torch.save({f"net.{key}": value for key, value in network.state_dict().items()}, options.save)
    print(f"{options.out} and {beside}")


if __name__ == "__main__":
    main()
