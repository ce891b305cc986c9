"""Where a function of one number is zero: Brent's method, step for step as ``scipy.optimize.brentq`` takes it.

Source: Brent 1973, Algorithms for Minimization without Derivatives, chapter 4. It stands here because importing scipy.optimize takes
longer than a whole run.
"""

from __future__ import annotations

from collections.abc import Callable

MOST_STEPS = 100


def root(function: Callable[[float], float], low: float, high: float, at_low: float, at_high: float, precise: float) -> float:
    """Find where a function crosses zero.

    Parameters
    ----------
    low, high : two numbers between which it does. at_low, at_high : its values there, of different signs.
    precise : the absolute error allowed, and the relative one.

    Raises
    ------
    ValueError
        Both values have one sign.
    """
    if at_low == 0.0 or at_high == 0.0:
        return low if at_low == 0.0 else high
    if (at_low < 0.0) == (at_high < 0.0):
        raise ValueError("the function has one sign at both ends")
    # here: the best guess so far. before: the one ahead of it. across: the best one beyond the root.
    before, here, across = low, high, 0.0
    f_before, f_here, f_across = at_low, at_high, 0.0
    last = step = 0.0
    for _ in range(MOST_STEPS):
        if f_before != 0.0 and f_here != 0.0 and (f_before < 0.0) != (f_here < 0.0):
            across, f_across = before, f_before
            last = step = here - before
        if abs(f_across) < abs(f_here):
            before, here, across = here, across, here
            f_before, f_here, f_across = f_here, f_across, f_here
        near = (precise + precise * abs(here)) / 2
        middle = (across - here) / 2
        if f_here == 0.0 or abs(middle) < near:
            return here
        guess = None
        if abs(last) > near and abs(f_here) < abs(f_before):
            if before == across:  # a line through two points
                guess = -f_here * (here - before) / (f_here - f_before)
            else:  # a parabola on its side through three
                one, other = (f_before - f_here) / (before - here), (f_across - f_here) / (across - here)
                guess = -f_here * (f_across * other - f_before * one) / (other * one * (f_across - f_before))
        if guess is not None and 2 * abs(guess) < min(abs(last), 3 * abs(middle) - near):
            last, step = step, guess
        else:
            last = step = middle
        before, f_before = here, f_here
        here += step if abs(step) > near else near if middle > 0 else -near
        f_here = function(here)
    return here
