"""The least that a run can be: numpy for the arithmetic and h5netcdf for the file.

python -m benchmarks.peers.least OUT
"""

import sys

import h5netcdf
import numpy as np


def main(out):
    emission = np.ones((237, 3, 6)) * np.linspace(1.0, 0.8, 6)
    with h5netcdf.File(out, "w") as file:
        file.dimensions = dict(zip(("source", "pollutant", "year"), emission.shape, strict=True))
        file.create_variable("plan", ("source", "pollutant", "year"), data=emission).attrs["units"] = "t yr-1"


if __name__ == "__main__":
    main(sys.argv[1])
