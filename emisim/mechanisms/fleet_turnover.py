"""Fleet turnover: scrapped vehicles or machines, and what does their work instead.

    v_k = w_k · r · Σ_i z · v_i

z: ``scrapped`` share [1]; r: ``replacement`` work of the new over the old [1]. The activity is vehicle-km, machine work or
fuel. Without ``to`` the work leaves the area. Where another fleet measure feeds the rows of this one, it goes first: scrap,
then the new-energy share of what is on the road.
"""

from emisim.mechanism import Bound, Mechanism, Parameter, share
from emisim.operation import Move


def compile_action(action: Bound) -> list[Move]:
    action.one_kind(action.rows, action.to)
    return [action.move(action["scrapped"], action["replacement"])]


MECHANISM = Mechanism(
    "fleet_turnover",
    41,
    "scrap vehicles or machines and replace their work",
    "车辆机械更新淘汰",
    "v'_to += r·z·v",
    (
        share("scrapped", "share scrapped", "淘汰比例", adoption=True),
        Parameter("replacement", "ratio", "work of the new over the old", "替代比", 0.0, 10.0, default=1.0),
    ),
    compile_action,
    takes_to=True,
)
