"""Numbers from a formula, so that weights need not be stored: formula.ts computes the same ones.

The hash is "lowbias32" (https://nullprogram.com/blog/2018/07/31/), on the index and a seed.
"""

import numpy as np


def uniform(seed, count):
    """`count` numbers in [0, 1), float64."""
    h = (np.arange(count, dtype=np.uint64) + seed * 0x9E3779B9) & 0xFFFFFFFF
    h = h.astype(np.uint32)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x7FEB352D)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x846CA68B)
    h ^= h >> np.uint32(16)
    return h / 2.0**32


def between(seed, shape, low, high):
    """Numbers in [low, high) of a shape, float32."""
    values = low + (high - low) * uniform(seed, int(np.prod(shape, dtype=np.int64)))
    return values.astype(np.float32).reshape(shape)


def signs(seed, count):
    """-1 and 1, float64."""
    return np.where(uniform(seed, count) < 0.5, -1.0, 1.0)
