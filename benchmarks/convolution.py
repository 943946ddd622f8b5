"""Times the course's conv2d_fast and its backward beside torch, one thread each, layer by layer.

Both run in this process, in turns, and each round gives a ratio; the table has the medians. The
peak is the best that NumPy's own matrix product reached here. It judges nothing.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

# Read when NumPy's matrix library is loaded, so before NumPy is imported.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import numpy as np
import torch

from autograder.checks.reference import reference

# (N, C_in, C_out, size, kernel): square pictures at 'same', as in networks for photographs.
LAYERS = (
    (8, 64, 64, 56, 3),
    (8, 128, 128, 28, 3),
    (8, 256, 256, 14, 3),
    (8, 3, 64, 112, 7),
    (32, 16, 32, 28, 5),
)


def main() -> None:
    """Print a table for each dtype, forward and backward."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="timed rounds of each pair")
    rounds = parser.parse_args().rounds
    torch.set_num_threads(1)
    for dtype in (np.float32, np.float64):
        peak = max(gemm_gflops(dtype) for _ in range(5))
        for name, pair in (("forward", forward), ("backward", backward)):
            print(f"\n{name}, {np.dtype(dtype).name}; matrix product: {peak:.1f} GFLOP/s")
            print("    N C_in C_out size kernel    ours ms   torch ms   ratio   of the peak")
            ratios = []
            for layer in LAYERS:
                ours, theirs, flops = pair(layer, dtype)
                mine, other, ratio = compared(ours, theirs, rounds)
                share = flops / mine / 1e9 / peak
                n, c, f, size, k = layer
                print(
                    f"{n:5} {c:4} {f:5} {size:4} {k:4}x{k} {mine * 1e3:10.2f} {other * 1e3:10.2f}"
                    f" {ratio:7.2f} {share:9.0%}",
                    flush=True,
                )
                ratios.append(ratio)
            print(f"geometric mean of the ratios: {statistics.geometric_mean(ratios):.2f}")
    print("\nMore than 100% of the peak: Winograd's tiles need fewer products than the plain sum.")


def compared(
    ours: Callable[[], Any], theirs: Callable[[], Any], rounds: int
) -> tuple[float, float, float]:
    """Median processor seconds of both, and the median of the rounds' ratios ours / theirs."""
    pairs = []
    for turn in range(rounds + 1):
        pair = (seconds(ours), seconds(theirs))
        if turn:  # the first round warms up
            pairs.append(pair)
    return (
        statistics.median(mine for mine, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(mine / other for mine, other in pairs),
    )


def seconds(work: Callable[[], Any]) -> float:
    """Processor time of one run."""
    start = time.process_time()
    work()
    return time.process_time() - start


def gemm_gflops(dtype: Any, size: int = 1024) -> float:
    """What a product of two square matrices reaches."""
    a, b = np.ones((2, size, size), dtype)
    out = np.empty((size, size), dtype)
    return 2 * size**3 / seconds(lambda: np.matmul(a, b, out=out)) / 1e9


def arrays(layer: tuple[int, ...], dtype: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """input, weight, grad_output and the flops of the forward pass."""
    n, c, f, size, k = layer
    rng = np.random.default_rng(0)
    shapes = ((n, c, size, size), (f, c, k, k), (n, f, size, size))
    x, w, g = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
    return x, w, g, 2 * n * f * size * size * c * k * k


def forward(layer: tuple[int, ...], dtype: Any) -> tuple[Any, Any, int]:
    """(ours, torch's, flops) of a forward pass; raises where the two differ."""
    x, w, _, flops = arrays(layer, dtype)
    tx, tw = torch.from_numpy(x), torch.from_numpy(w)
    fast, padding = reference("conv2d_fast"), layer[4] // 2

    def ours() -> Any:
        return fast(x, w, padding=padding)

    def theirs() -> Any:
        return torch.nn.functional.conv2d(tx, tw, padding=padding).numpy()

    same(ours(), theirs())
    return ours, theirs, flops


def backward(layer: tuple[int, ...], dtype: Any) -> tuple[Any, Any, int]:
    """(ours, torch's, flops) of all three gradients; raises where the two differ."""
    x, w, g, flops = arrays(layer, dtype)
    tx, tw, tg = map(torch.from_numpy, (x, w, g))
    fast, p = reference("conv2d_fast_backward"), layer[4] // 2

    def ours() -> Any:
        return fast(g, x, w, padding=p)

    def theirs() -> Any:
        gradients = torch.ops.aten.convolution_backward(
            tg, tx, tw, [len(w)], [1, 1], [p, p], [1, 1], False, [0, 0], 1, [True, True, True]
        )
        return [gradient.numpy() for gradient in gradients]

    for one, other in zip(ours(), theirs(), strict=True):
        same(one, other)
    return ours, theirs, 2 * flops


def same(one: np.ndarray, other: np.ndarray) -> None:
    """A timing of something else is worth nothing."""
    error = float(np.abs(one - other).max() / np.abs(other).max())
    if error > 2000 * np.finfo(one.dtype).eps:
        raise SystemExit(f"ours and torch's differ by {error:.1e} of the largest value")


if __name__ == "__main__":
    main()
