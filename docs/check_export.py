#!/usr/bin/env python3
"""Holds samples that bfn-sde drew from an exported network against the same formulas in PyTorch, on the same start and noise.

    python3 check_export.py runs.json text8 --checkpoint text8_ema.pt

The words after the file are those of export_pytorch.py. The file has `{ "runs": [run, ...] }`, a run being

    { "solver": "sde-bfn-solver2", "nfe": 10, "eta": 0.001, "start": [n, ...], "noises": [[n, ...], ...], "result": [n, ...] }

with the start states, the standard normals of each step in turn, and what the plan returned, sample by sample, flattened. The formulas are those of
Xue et al. 2024 (arXiv:2404.15766), algorithms 2, 3, 5 and 7 with their last step dropped, and of Graves et al. 2023, algorithm 3 (`bfn`,
of nfe - 1 updates).
"""

import json
import sys

import torch

sys.dont_write_bytecode = True  # this folder is for reading
from export_pytorch import build, fail, parser  # noqa: E402

TOLERANCE = 1e-4


def uniform(nfe, eta):
    """t_0 = 1 - eta, the noise end, to t_N = 0."""
    return [(1 - eta) * (nfe - i) / nfe for i in range(nfe + 1)]


class Continuous:
    """mu, [n, d]; a network that predicts noise, its predictions of the data clipped to [-1, 1]."""

    def __init__(self, network, description):
        self.network, self.shape = network, description["inputShape"]
        self.log_sigma1 = torch.tensor(description["process"]["parameters"]["sigma1"], dtype=torch.float64).log()

    def gamma(self, t):
        return -torch.expm1(2 * (1 - t) * self.log_sigma1)

    def data(self, mu, t):
        if 1 - t < 1e-6:
            return torch.zeros_like(mu)
        g = self.gamma(t)
        eps = self.network(mu.float().reshape(-1, *self.shape), torch.full((len(mu),), 1.0 - t)).reshape(mu.shape).double()
        return ((mu - (g * (1 - g)).sqrt() * eps) / g).clamp(-1, 1)

    def second_order(self, mu, times, noises):
        """Algorithm 2, and with noises algorithm 3."""
        before = None
        for i, (s, t) in enumerate(zip(times, times[1:])):
            x = self.data(mu, s)
            if i == len(times) - 2:
                return x
            g_s, g_t = self.gamma(s), self.gamma(t)
            sigma_s, sigma_t = (g_s * (1 - g_s)).sqrt(), (g_t * (1 - g_t)).sqrt()
            h = (g_t / sigma_t).log() - (g_s / sigma_s).log()
            d = x if before is None else x + (x - before[0]) * h / (2 * before[1])
            if noises is None:
                mu = sigma_t / sigma_s * mu + g_t * -torch.expm1(-h) * d
            else:
                rest = -torch.expm1(-2 * h)
                mu = sigma_t / sigma_s * torch.exp(-h) * mu + g_t * rest * d + sigma_t * rest.sqrt() * noises[i]
            before = (x, h)

    def original(self, n, noises):
        mu, rho = torch.zeros_like(noises[0]), 1.0
        for i in range(1, n + 1):
            x = self.data(mu, 1 - (i - 1) / n)
            alpha = torch.exp(-2 * i / n * self.log_sigma1) * -torch.expm1(2 / n * self.log_sigma1)
            y = x + noises[i - 1] / alpha.sqrt()
            mu, rho = (rho * mu + alpha * y) / (rho + alpha), rho + alpha
        return self.data(mu, 0.0)

    def run(self, solver, nfe, eta, start, noises):
        if solver == "bfn":
            return self.original(nfe - 1, noises)
        return self.second_order(start, uniform(nfe, eta), noises if solver == "sde-bfn-solver++2" else None)


class Discrete:
    """z, [n, length, K]; a network of logits that sees softmax(z). What is returned is K e - 1."""

    def __init__(self, network, description):
        self.network, self.shape = network, description["sampleShape"]
        parameters = description["process"]["parameters"]
        self.classes, self.beta1 = parameters["classes"], parameters["beta1"]

    def probabilities(self, z, t):
        theta = z.softmax(-1).float()
        return self.network(theta, torch.full((len(z),), 1.0 - t)).double().softmax(-1)

    def run(self, solver, nfe, eta, start, noises):
        """Algorithm 7, and for sde-bfn-solver2 algorithm 5."""
        k, b1 = self.classes, self.beta1
        z, before = start.reshape(-1, *self.shape), None
        times = uniform(nfe, eta)
        for i, (s, t) in enumerate(zip(times, times[1:])):
            e = self.probabilities(z, s)
            if i == nfe - 1:
                return (k * e - 1).reshape(start.shape)
            slope = 0 if before is None else (e - before[0]) / (s - before[1])
            if solver == "sde-bfn-solver2":
                rise = b1 * ((1 - t) ** 2 - (1 - s) ** 2)
                noise = noises[i].reshape(z.shape)
                z = z + rise * (k * e - 1) + k * b1 * (t - s) ** 2 * (s + 2 * t - 3) * slope / 3 + (k * rise) ** 0.5 * noise
            else:
                z = (1 - t) / (1 - s) * z + k * b1 * (1 - t) * ((t - s) * (1 / k - e) - (t - s) ** 2 / 2 * slope)
            before = (e, s)


def main():
    if len(sys.argv) < 3 or sys.argv[1].startswith("-"):
        fail("give the file of the runs, then the words of export_pytorch.py that make the network")
    options = parser().parse_args(sys.argv[2:])
    network, description = build(options)
    if description["predicts"] not in ("noise", "logits"):
        fail(f"{options.name} predicts {description['predicts']}; what is checked are networks of noise and logits: cifar10, text8")
    network.eval()
    algorithms = (Continuous if description["predicts"] == "noise" else Discrete)(network, description)
    with open(sys.argv[1], encoding="utf-8") as file:
        runs = json.load(file)["runs"]
    worst = 0.0
    for run in runs:
        start, result = (torch.tensor(run[key], dtype=torch.float64) for key in ("start", "result"))
        noises = [torch.tensor(noise, dtype=torch.float64) for noise in run["noises"]]
        with torch.no_grad():
            own = algorithms.run(run["solver"], run["nfe"], run["eta"], start, noises)
        difference = (own - result).abs().max().item()
        print(f"{run['solver']} of {run['nfe']} calls: largest difference {difference:.1e}")
        # what is not a number is not below
        worst = max(worst, difference if difference == difference else float("inf"))
    if not worst <= TOLERANCE:
        print(f"error: the largest difference is {worst:.1e}; accepted is {TOLERANCE}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
