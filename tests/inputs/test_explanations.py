"""Every number of the shipped scenarios can be explained: recomputed from its inputs it closes to 1e-9."""

from pathlib import Path

import numpy as np
import pytest

from emisim.io.config_file import load
from emisim.questions.explanation import Explainer
from emisim.traced import recompute, traced
from emisim.verdicts import judge

ROOT = Path(__file__).parents[2]
SCENARIOS = [f"{county}-2025{kind}" for county in ("mengjin", "yichuan") for kind in ("", "-strict", "-ambitious")]


@pytest.fixture(params=SCENARIOS, scope="module")
def known(request):
    return Explainer(load(ROOT / f"scenarios/{request.param}.yaml").case)


def test_every_source_closes(known):
    end, proof = known.end, known.proof(2025)
    found = {"plan": (proof.plan, end.plan), "reference": (proof.reference, end.reference)}
    for trees, run in found.values():
        again = np.vectorize(lambda number: recompute(traced(number)))(trees.emission[..., 0])
        known_t = run.emission[..., -1]
        assert np.all(np.abs(again - known_t) <= 1e-9 * np.maximum(np.abs(known_t), 1e-6))
        assert np.count_nonzero(known_t) > 300


def test_every_measure_closes_at_every_source(known):
    end, proof = known.end, known.proof(2025)
    ledger, cells = end.ledger, {}
    for row, measure, cut in zip(ledger.row.tolist(), ledger.measure.tolist(), ledger.reduction[..., -1], strict=True):
        for p, tonnes in enumerate(cut.tolist()):
            cells.setdefault((row, p), {})[measure] = tonnes
    for (row, p), wanted in cells.items():
        trees = proof.reductions(row, p)
        scale = max(end.reference.emission[row, p, -1], end.plan.emission[row, p, -1], 1e-6)
        for m, tonnes in wanted.items():
            again = recompute(trees[m]) if m in trees else 0.0
            assert abs(again - tonnes) <= 1e-9 * scale, (known.case.bound.names[m], row, p)
    assert len(cells) > 100


def test_every_target_with_a_value_closes(known):
    """``explain`` itself raises Broken where a proof does not close."""
    explained = 0
    for verdict in judge(known.case.reading.targets, known.end.evidence):
        if verdict.value is not None:
            (found,) = known.explain(target=verdict.id)
            assert found.value == verdict.value and found.closure <= 1e-9
            explained += 1
    assert explained > 15


def test_every_input_has_a_place(known):
    """A leaf is a figure of a file: it names the file, the line, and how it is written there."""
    for row in range(len(known.case.inventory)):
        for number in known.proof(2025).plan.emission[row, :, 0]:
            for leaf in traced(number).leaves():
                assert leaf.origin.place.file and leaf.origin.place.line > 0 and leaf.origin.written


def test_every_measure_is_explained(known):
    """Also where the ledger has the dust of a sum that the proof knows to be nothing."""
    for measure in known.case.bound.names:
        assert all(found.closure <= 1e-9 for found in known.explain(measure=measure))
