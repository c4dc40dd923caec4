"""Further witnesses for the pairs that the first matches leave open: other matches, of other features say.

What finds a place again from far aside takes longer, and matches more that only looks alike. So it is asked
about no pair whose photos a chain of sure pairs joins already.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from objpose.cameras.pairs.hypothesis import PairHypothesis, distinct_hypotheses
from objpose.cameras.pairs.pair_matches import PairMatches
from objpose.cameras.pairs.problem import CameraProblem
from objpose.cameras.pairs.sure_groups import sure_groups
from objpose.cameras.pairs.two_view import find_hypotheses
from objpose.cameras.scene.views import View
from objpose.features.local.matcher import Witness
from objpose.features.local.places import Pair, PlaceMatches, add_places
from objpose.work import share


def with_witness(
    problem: CameraProblem, witness: Witness, joined: Collection[Pair] = (), seed: int = 0
) -> CameraProblem:
    """The problem with what a witness adds to the matches of its open pairs, and with their hypotheses.

    Those known before are weighed by all matches, beside those that these lead to. joined: as for open_pairs.
    """
    pairs = open_pairs(problem, joined)
    said = {pair: found for pair, found in witness(pairs).items() if len(found)} if pairs else {}
    if not said:
        return problem
    straight = {pair: _straightened(problem.views, pair, found) for pair, found in said.items()}
    features, matches = add_places([view.features for view in problem.views], problem.matches, straight)
    views = [replace(view, features=one) for view, one in zip(problem.views, features, strict=True)]
    whole = replace(problem, views=views, matches=matches)
    found = share(lambda pair: _hypotheses(whole, pair, seed), said)
    more = {pair: some for pair, some in zip(said, found, strict=True) if some}
    return replace(whole, hypotheses={**problem.hypotheses, **more})


def open_pairs(problem: CameraProblem, joined: Collection[Pair] = ()) -> list[Pair]:
    """Pairs whose photos no chain of sure pairs joins; joined: pairs that a solution is sure of."""
    group = sure_groups(len(problem.views), problem.hypotheses, problem.options.sure_nats, joined)
    return [(a, b) for a, b in problem.matches if group[a] != group[b]]


def _straightened(views: Sequence[View], pair: Pair, found: PlaceMatches) -> PlaceMatches:
    """The places where the pinholes of both photos would see them."""
    first, second = views[pair[0]], views[pair[1]]
    return replace(found, first=first.on_pinhole(found.first), second=second.on_pinhole(found.second))


def _hypotheses(problem: CameraProblem, pair: Pair, seed: int) -> list[PairHypothesis]:
    first, second = (problem.views[index] for index in pair)
    matches, options = problem.matches[pair], problem.options
    known = problem.hypotheses.get(pair, [])
    weighing = PairMatches(first, second, matches)
    again = [weighing.weighed(one.b_from_a, options.evidence) for one in known]
    return distinct_hypotheses([*find_hypotheses(first, second, matches, options, seed), *again], options)
