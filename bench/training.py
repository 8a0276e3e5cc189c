"""Steps of training in PyTorch, for training.ts: a line `NAME BATCH STEPS` in, after a first one about itself a line `PARAMETERS MILLISECONDS`, of one step, out for each."""

import math
import os
import sys
import time

import torch
from torch import nn

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "docs"))
from export_pytorch import TextTransformer, UNet  # noqa: E402


class Mlp(nn.Module):
    """src/train/mlp.ts"""

    def __init__(self, dimension, width, depth):
        super().__init__()
        self.frequencies = math.pi * 2 ** torch.arange(8)
        self.time, self.inp = nn.Linear(16, width), nn.Linear(dimension, width)
        self.inp_time = nn.Linear(width, width, bias=False)
        self.blocks = nn.ModuleList(
            nn.ModuleList(
                [nn.LayerNorm(width), nn.Linear(width, width), nn.Linear(width, width, bias=False), nn.Linear(width, width)]
            )
            for _ in range(depth)
        )
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, dimension)

    def forward(self, x, t):
        silu, angles = nn.functional.silu, t[:, None] * self.frequencies
        clock = silu(self.time(torch.cat([angles.sin(), angles.cos()], 1)))
        h = self.inp(x) + self.inp_time(clock)
        for norm, first, timed, second in self.blocks:
            h = h + second(silu(first(norm(h))) + timed(clock))
        return self.out(self.norm(silu(h)))


CASES = {
    "tiny": (lambda: Mlp(64, 32, 1), (64,)),
    "mlp": (lambda: Mlp(64, 256, 3), (64,)),
    "transformer": (lambda: TextTransformer(64, 27, 4, 128, 4), (64, 27)),
    "unet": (lambda: UNet(32, (1, 2), 1, 4, 8), (28, 28, 1)),
}


class Training:
    """AdamW with clipping and an average of the weights, on a squared error."""

    def __init__(self, name, batch):
        make, shape = CASES[name]
        torch.manual_seed(1)
        self.network = make()
        self.weights = list(self.network.parameters())
        self.average = [w.detach().clone() for w in self.weights]
        self.optimiser = torch.optim.AdamW(self.weights, lr=1e-3, betas=(0.9, 0.99), weight_decay=0.01)
        self.x, self.target, self.t = torch.rand(batch, *shape), torch.rand(batch, *shape), torch.rand(batch)

    def step(self):
        self.optimiser.zero_grad()
        ((self.network(self.x, self.t) - self.target) ** 2).sum().div(len(self.t)).backward()
        nn.utils.clip_grad_norm_(self.weights, 5.0)
        self.optimiser.step()
        with torch.no_grad():
            torch._foreach_mul_(self.average, 0.99)
            torch._foreach_add_(self.average, self.weights, alpha=0.01)


torch.set_num_threads(1)
trainings = {}
side = torch.rand(1024, 1024)
rates = []
for _ in range(5):
    start = time.perf_counter()
    side @ side
    rates.append(2e-9 * 1024**3 / (time.perf_counter() - start))
print(f"PyTorch {torch.__version__}, one thread, products of matrices at {max(rates):.0f} GFLOP/s", flush=True)
for line in sys.stdin:
    name, batch, steps = line.split()
    if name not in trainings:
        trainings[name] = Training(name, int(batch))
    training = trainings[name]
    start = time.perf_counter()
    for _ in range(int(steps)):
        training.step()
    elapsed = 1000 * (time.perf_counter() - start) / int(steps)
    print(sum(w.numel() for w in training.weights), elapsed, flush=True)
