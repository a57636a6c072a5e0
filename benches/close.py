"""Close at scale: which centers are nearer to each point than a distance, against SciPy's cKDTree.

Uniform points and centers in a square, or (--clustered) towns of uneven size with some countryside; three distances,
for about 0.1, 2 and 40 matches a point; then the 1 and 8 nearest. One thread each. We answer all points as they come,
cKDTree a sample of them (a tenth of it for 40 matches). Its form is the fastest of the leaf sizes 8, 10, 16 and 32,
balanced or not. All pairs are found by query_ball_point and, as rows of their own, by the faster of the ways with a
second tree over the points: query_ball_tree and sparse_distance_matrix. cKDTree gains from points in spatial order, so
that is timed, too: against ours on the same points in the same order; and where points come in no order the tree may
sort them first, if sorting and asking together are faster. Making its (n, 2) arrays of the columns counts and is shown
apart. Lists stay lists: nothing is charged for making a CSR of them.

    python close.py [--centers N] [--points N] [--sample N] [--clustered] [--quick]
"""

import argparse
from functools import partial
from itertools import chain
from time import perf_counter

import numpy as np
import polyfind
from compare import bar, machine, number, race, ratio, same, table
from scipy.spatial import cKDTree
from workloads import spatial_order

MATCHES = (0.1, 2.0, 40.0)
FORMS = [(leaf, balanced) for balanced in (True, False) for leaf in (8, 10, 16, 32)]
TRIAL = 20_000


def spread(rng, n, clustered):
    """n places in the unit square."""
    if not clustered:
        return rng.random(n), rng.random(n)
    towns = np.random.default_rng(7)
    middle = towns.random((400, 2))
    share = towns.pareto(1.1, 400) + 0.1
    width = 0.004 * (share / share.mean()) ** 0.4
    town = rng.choice(400, n, p=share / share.sum())
    places = middle[town] + rng.normal(size=(n, 2)) * width[town, None]
    rural = rng.random(n) < 0.1
    places[rural] = rng.random((int(rural.sum()), 2))
    x, y = np.clip(places, 0, 1).T
    return x.copy(), y.copy()


def distance_for(matches, index, x, y):
    """The distance with that many matches a point, on average."""
    low, high = 0.0, 2 * (matches / len(index)) ** 0.5  # twice as far as even centers need, at least
    for _ in range(20):
        middle = (low + high) / 2
        found = index.query(x, y, distance=middle, output_format="count", workers=1).mean()
        low, high = (middle, high) if found < matches else (low, middle)
    return (low + high) / 2


# cKDTree's forms: (tree, points, distance) -> answer


def ball_count(tree, points, distance):
    return tree.query_ball_point(points, distance, workers=1, return_length=True)


def ball_point(tree, points, distance):
    return tree.query_ball_point(points, distance, workers=1, return_sorted=False)


def ball_tree(tree, points, distance):
    return cKDTree(points, leafsize=tree.leafsize).query_ball_tree(tree, distance)


def distance_matrix(tree, points, distance):
    other = cKDTree(points, leafsize=tree.leafsize)
    return other.sparse_distance_matrix(tree, distance, output_type="ndarray")


def nearest(tree, points, k):
    return tree.query(points, k, workers=1)


def as_csr(answer, n):
    """(indptr, indices) of any of the forms of all pairs, rows in order."""
    if getattr(answer, "dtype", np.dtype(object)) == np.dtype(object):  # lists
        count = np.fromiter(map(len, answer), np.int64, n)
        column = np.fromiter(chain.from_iterable(answer), np.int64, count.sum())
        row = np.repeat(np.arange(n), count)
    else:
        row, column = answer["i"], answer["j"]
        count = np.bincount(row, minlength=n)
    indptr = np.concatenate([[0], np.cumsum(count)])
    return indptr, np.sort(row << 32 | column) & 0xFFFFFFFF


def equal_counts(what, ours, theirs):
    same(what, ours, theirs)


def equal_pairs(what, ours, theirs):
    indptr, indices = as_csr(theirs, len(ours[0]) - 1)
    same(what, ours[0], indptr)
    same(what, ours[1], indices)


def equal_nearest(what, ours, theirs):
    same(what, ours[1], theirs[0], rtol=1e-14)
    differ = ours[0] != theirs[1]  # where distances tie, any order will do
    assert differ.mean() < 1e-4, f"{what}: other polygons"


def fastest_form(trees, functions, points, argument):
    """The function with its tree that takes least for some points."""

    def seconds(form):
        turns = []
        for _ in range(3):
            start = perf_counter()
            form(points, argument)
            turns.append(perf_counter() - start)
        return min(turns)

    best = min((partial(function, tree) for function in functions for tree in trees), key=seconds)
    tree = best.args[0]
    balance = "balanced" if tree.balanced else "not balanced"
    return best, f"{best.func.__name__}, leafsize {tree.leafsize}, {balance}"


class Tree(cKDTree):
    """A cKDTree that knows how it was made."""

    def __init__(self, data, leafsize, balanced):
        super().__init__(data, leafsize, compact_nodes=balanced, balanced_tree=balanced)
        self.balanced = balanced


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--centers", type=int, default=1_000_000)
    parser.add_argument("--points", type=int, default=10_000_000)
    parser.add_argument("--sample", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clustered", action="store_true")
    parser.add_argument("--quick", action="store_true", help="10,000 centers, 50,000 points")
    args = parser.parse_args()
    if args.quick:
        args.centers, args.points, args.sample, args.rounds = 10_000, 50_000, 5_000, 2
    args.sample = min(args.sample, args.points)
    print(machine())

    rng = np.random.default_rng(6)
    cx, cy = spread(rng, args.centers, args.clustered)
    px, py = spread(rng, args.points, args.clustered)
    ring_offsets = np.arange(args.centers + 1)
    index = polyfind.PolygonIndex(polyfind.Polygons(cx, cy, ring_offsets), workers=1, uses="centers")
    centers = np.column_stack([cx, cy])
    trees = [Tree(centers, leaf, balanced) for leaf, balanced in FORMS]
    kind = "clustered" if args.clustered else "uniform"
    print(
        f"{kind}: {args.centers:,} centers, {args.points:,} points, {args.sample:,} of them for "
        "cKDTree; one thread; ns per point",
        flush=True,
    )

    def compete(what, functions, argument, ask, equal, sample, wanted):
        """One job: equal answers, then the race. A row of the table, and its bar."""
        x, y = px[:sample], py[:sample]
        order = spatial_order(x, y)
        x_sorted, y_sorted = x[order], y[order]
        as_is, in_order = np.column_stack([x, y]), np.column_stack([x_sorted, y_sorted])
        form, name = fastest_form(trees, functions, as_is[:TRIAL], argument)
        equal(what, ask(x, y), form(as_is, argument))
        equal(what, ask(x_sorted, y_sorted), form(in_order, argument))

        def sort_and_stack():
            order = spatial_order(x, y)
            np.column_stack([x[order], y[order]])

        times = race(
            {
                "ours": lambda: ask(px, py),
                "tree": lambda: form(as_is, argument),
                "ours in order": lambda: ask(x_sorted, y_sorted),
                "tree in order": lambda: form(in_order, argument),
                "stack": lambda: np.column_stack([x, y]),
                "sort": sort_and_stack,
            },
            rounds=args.rounds,
        )
        points = dict.fromkeys(times, sample) | {"ours": args.points}
        ns = {key: 1e9 * seconds / points[key] for key, seconds in times.items()}
        for_any = min(ns["tree"] + ns["stack"], ns["tree in order"] + ns["sort"]) / ns["ours"]
        for_ordered = (ns["tree in order"] + ns["stack"]) / ns["ours in order"]
        row = [what, *(number(value) for value in ns.values()), ratio(for_any), ratio(for_ordered)]
        rows.append([*row, name])
        bar(f"{kind}, {what}", min(for_any, for_ordered), wanted)

    rows = []
    for matches in MATCHES:
        distance = distance_for(matches, index, px[:TRIAL], py[:TRIAL])
        sample = args.sample // 10 if matches > 10 else args.sample
        for verb, functions, output, equal, wanted in (
            ("count", [ball_count], "count", equal_counts, 10),
            ("find", [ball_point], "csr", equal_pairs, 10),
            ("find (two trees)", [ball_tree, distance_matrix], "csr", equal_pairs, 1),
        ):
            ask = partial(index.query, distance=distance, output_format=output, workers=1)
            what = f"{verb}, {matches:g} matches"
            compete(what, functions, distance, ask, equal, sample, wanted)
    for k in (1, 8):
        ask = partial(index.nearest_centers, k=k, return_distance=True, workers=1)
        compete(f"nearest, k = {k}", [nearest], k, ask, equal_nearest, args.sample, 1)
    table(
        f"Close, {kind} (as they come: points in no order; in order: the sample along a curve)",
        ("job", "ours", "tree", "ours in order", "tree in order", "stack", "sort + stack")
        + ("ratio", "ratio in order", "form of cKDTree"),
        rows,
    )

    build = race(
        {
            "ours": lambda: polyfind.PolygonIndex(polyfind.Polygons(cx, cy, ring_offsets), workers=1, uses="centers"),
            **{form: lambda form=form: Tree(np.column_stack([cx, cy]), *form) for form in FORMS},
            "stack": lambda: np.column_stack([cx, cy]),
        },
        rounds=args.rounds,
    )
    table(
        "Building, from two columns",
        ("what", "ms", "against ours"),
        [
            ("polyfind", number(build["ours"] * 1e3), ""),
            *(
                (
                    f"cKDTree, leafsize {leaf}, {'' if balanced else 'not '}balanced",
                    number(build[leaf, balanced] * 1e3),
                    ratio(build[leaf, balanced] / build["ours"]),
                )
                for leaf, balanced in FORMS
            ),
            ("of which (n, 2) array", number(build["stack"] * 1e3), ""),
        ],
    )
    print()
    bar(f"{kind}, build against cKDTree as is", build[16, True] / build["ours"], 1)
    fastest = min(build[form] for form in FORMS)
    bar(f"{kind}, build against its fastest form", fastest / build["ours"], 1)


if __name__ == "__main__":
    main()
