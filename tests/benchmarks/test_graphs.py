"""The graphs of the benchmark are what they are said to be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from benchmarks import graphs
from benchmarks.graphs import TIGHT, WIDE, Question, clustered, even, heavy, lattice, triangulated


def _matrix(question):
    n = question.n_units
    return csr_array((np.ones(len(question.indices)), question.indices, question.indptr), shape=(n, n))


@pytest.mark.parametrize("weights", [even, clustered, heavy])
def test_triangulations_are_symmetric_and_connected(weights):
    question = triangulated(900, weights, WIDE)
    links = _matrix(question)
    assert (links != links.T).nnz == 0
    assert links.diagonal().sum() == 0
    assert len(question.components()) == 1
    assert question.weight.shape == (900,)
    assert question.weight.max() <= WIDE[1]
    assert question.weight.mean() == pytest.approx(0.6, abs=0.3)


def test_strips_make_the_same_links(monkeypatch):
    whole = triangulated(1600, even, WIDE)
    monkeypatch.setattr(graphs, "STRIP", 400)
    inner = np.abs(whole.xy - 19.5).max(axis=1) < 17
    cut = triangulated(1600, even, WIDE)
    assert (_matrix(cut)[inner] != _matrix(whole)[inner]).nnz == 0


def test_lattice_has_its_links_and_one_size():
    question = lattice(80)
    assert question.n_units == 81
    assert len(question.indices) == 2 * 2 * 9 * 8
    assert question.minimum == question.target == question.maximum == 9


def test_a_question_survives_its_file(tmp_path):
    question = triangulated(100, even, TIGHT)
    question.save(tmp_path / "question.npz")
    again = Question.load(tmp_path / "question.npz")
    for name, value in vars(question).items():
        assert np.array_equal(getattr(again, name), value), name


def test_components_keep_their_links():
    whole = lattice(9)
    keep = np.isin(whole.heads() % 3, [0, 1]) == np.isin(whole.indices % 3, [0, 1])
    counts = np.bincount(whole.heads()[keep], minlength=9)
    question = Question(
        **(
            vars(whole)
            | {
                "indptr": np.append(0, np.cumsum(counts)),
                "indices": whole.indices[keep],
                "length": np.arange(keep.sum()) + 1.0,
            }
        )
    )
    pieces = question.components()
    assert sorted(map(len, pieces)) == [3, 6]
    parts = [question.component(units) for units in pieces]
    assert sum(part.length.sum() for part in parts) == question.length.sum()
    assert sorted(np.concatenate(pieces)) == list(range(9))
    assert np.array_equal(parts[0].xy, question.xy[pieces[0]])
    assert len(parts[0].components()) == 1


@pytest.mark.data
def test_fields_are_a_graph_of_land(data_dir):
    question, place = graphs.field_map(1_000)
    assert question.n_units == len(place.land) == len(question.mass)
    assert (_matrix(question) != _matrix(question).T).nnz == 0
