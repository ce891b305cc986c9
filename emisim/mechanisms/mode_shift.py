"""Mode shift: transport work goes from road to rail, belt or pipe.

    q_k = w_k · d · Σ_i x · v_i · L,       x = shifted, or points/road_share

v: vehicle-km, L: ``load`` [t/vehicle], d: ``detour`` ratio of distances [1], q: t·km. ``points``: percentage points of all t·km
that leave the road; ``road_share``: road's share before. Without ``to`` (belt, pipe) the work leaves the inventory.
"""

import numpy as np

from emisim.mechanism import Bound, Mechanism, Parameter
from emisim.operation import Move


def compile_action(action: Bound) -> list[Move]:
    by_share, by_points = action["shifted"] is not None, action["points"] is not None or action["road_share"] is not None
    if by_share == by_points or (by_points and (action["points"] is None or action["road_share"] is None)):
        action.reject("action.one_of", names="shifted | points + road_share")
        return []
    if by_share:
        moved = action["shifted"]
    elif np.all(np.asarray(action["points"] / action["road_share"]) > 1.0):
        action.reject("value.share", name="points / road_share", text=_written(action["points"], action["road_share"]))
        return []
    else:
        moved = action["points"] / action["road_share"]
    if action["load"] is None:
        action.one_kind(action.rows, action.to)
    elif action.has_to:
        action.one_kind(action.rows)
        if not action.all_of_kind(action.to, "t km/yr"):
            action.reject("action.not_transport", at="to", unit=action.unit(action.to))
    load = 1.0 if action["load"] is None else action["load"]
    return [action.move(moved, load * action["detour"])]


def _written(points, road_share) -> str:
    """The share as a message shows it."""
    return f"{float(np.min(points)) / float(np.max(road_share)):.3g}"


MECHANISM = Mechanism(
    "mode_shift",
    30,
    "move transport work to another mode",
    "运输方式调整",
    "q'_to += d·L·x·v",
    (
        Parameter("shifted", "share", "share of the road work that leaves the road", "转移比例", role="adoption"),
        Parameter(
            "points", "share", "percentage points of all t km that leave the road", "占全部周转量的百分点", role="adoption"
        ),
        Parameter("road_share", "share", "road's share of all t km before", "此前公路占比", 0.0001),
        Parameter("load", "load", "load of a vehicle", "单车载重", 1e-9, 1e3),
        Parameter("detour", "ratio", "new distance over old", "距离比", 0.01, 100.0, default=1.0),
    ),
    compile_action,
    takes_to=True,
)
