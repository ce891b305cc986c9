"""The cheapest options, at most one a source, as one integer programme.

python -m benchmarks.peers.plain_milp DATA ANSWER GAP
"""

import sys

import numpy as np

try:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, vstack
except ModuleNotFoundError as error:
    sys.exit(f"absent {error.name}")


def main(data, answer, gap):
    with np.load(data) as file:
        reduction, cost, source, required = (file[name] for name in ("reduction", "cost", "source", "required"))
    one_each = csr_array((np.ones(source.size), (source, np.arange(source.size))))
    rows = vstack([one_each, csr_array(reduction[None, :])])
    low = np.concatenate([np.full(one_each.shape[0], -np.inf), [float(required)]])
    high = np.concatenate([np.ones(one_each.shape[0]), [np.inf]])
    found = milp(
        cost,
        constraints=LinearConstraint(rows, low, high),
        bounds=Bounds(0, 1),
        integrality=np.ones(cost.size),
        options={"mip_rel_gap": float(gap)},
    )
    np.save(answer, [found.fun])


if __name__ == "__main__":
    main(*sys.argv[1:])
