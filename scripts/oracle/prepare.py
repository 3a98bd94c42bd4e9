#!/usr/bin/python3
"""The notebook's way from DICOM slices to three-window JPGs: pydicom, numpy, Pillow, a pool of processes.

  prepare.py SRC OUT --processes 2 [--quality 95]   convert every file below SRC; prints JSON with seconds
  prepare.py SRC OUT --raw 8                        write the grey levels of the first 8 files, before JPEG
  prepare.py --fixture FILE                         write what src/model/dataset/picture.test.ts compares with

Debian: python3-pydicom python3-numpy python3-pil, and python3-gdcm for JPEG Lossless.
"""
import argparse
import base64
import json
import os
import time
from multiprocessing import Pool

import numpy as np
import pydicom
from PIL import Image

WINDOWS = [(40, 80), (80, 200), (600, 2800)]


def window(hu, center, width):
    low = center - width / 2
    return np.clip((hu - low) / width, 0, 1) * 255


def grey_levels(path):
    ds = pydicom.dcmread(path)
    hu = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
    return np.stack([window(hu, c, w) for c, w in WINDOWS], axis=-1).astype(np.uint8)


def convert(job):
    path, target, quality = job
    Image.fromarray(grey_levels(path)).save(target, "JPEG", quality=quality, subsampling=0)


def name_of(path, extension):
    return os.path.splitext(os.path.basename(path))[0] + extension


def fixture(path):
    """A made-up slice of 40 x 40 pixels: its stored words, and its grey levels whole and at 24 x 24."""
    rng = np.random.default_rng(7)
    stored = rng.integers(0, 3000, (40, 40)).astype(np.uint16)
    stored[10:30, 8:32] = rng.integers(1000, 1200, (20, 24))
    hu = stored.astype(np.float64) - 1024
    linear = np.stack([pydicom_window(stored, c, w) for c, w in WINDOWS], -1)
    exact = np.stack([window(hu, c, w) for c, w in WINDOWS], axis=-1).astype(np.uint8)
    small = np.asarray(Image.fromarray(exact).resize((24, 24), Image.BILINEAR))
    encode = lambda array: base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
    with open(path, "w") as file:
        json.dump(
            {"rows": 40, "columns": 40, "stored": encode(stored), "linear": encode(linear),
             "exact": encode(exact), "exact24": encode(small)}, file, indent=1)
        file.write("\n")


def pydicom_window(stored, center, width):
    """pydicom's own apply_windowing, whose output has the modality LUT's range, brought to 0..255."""
    from pydicom.pixel_data_handlers.util import apply_windowing
    ds = pydicom.Dataset()
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.BitsStored, ds.PixelRepresentation = 12, 0
    ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
    ds.WindowCenter, ds.WindowWidth = center, width
    out = apply_windowing(stored.astype(np.float64) - 1024, ds)
    low, high = -1024, 4095 - 1024
    return ((out - low) / (high - low) * 255).astype(np.uint8)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("source", nargs="?")
    parser.add_argument("output", nargs="?")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--quality", type=int, default=95)
    parser.add_argument("--raw", type=int, default=0)
    parser.add_argument("--fixture")
    args = parser.parse_args()
    if args.fixture:
        fixture(args.fixture)
        return
    paths = sorted(os.path.join(d, f) for d, _, fs in os.walk(args.source) for f in fs if f.endswith(".dcm"))
    os.makedirs(args.output, exist_ok=True)
    if args.raw:
        for path in paths[: args.raw]:
            grey_levels(path).tofile(os.path.join(args.output, name_of(path, ".raw")))
        return
    jobs = [(path, os.path.join(args.output, name_of(path, ".jpg")), args.quality) for path in paths]
    started = time.time()
    with Pool(args.processes) as pool:
        for _ in pool.imap_unordered(convert, jobs, chunksize=8):
            pass
    print(json.dumps({"files": len(paths), "seconds": time.time() - started, "pydicom": pydicom.__version__}))


main()
