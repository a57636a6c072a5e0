"""polyfind in DuckDB, loaded as anybody would: python3 -m unittest -v test_duckdb, in this folder.

Needs duckdb, numpy and polyfind, and the extension that package.py makes (EXTENSION is another).
"""

from __future__ import annotations

import math
import os
import tempfile
import unittest
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polyfind as pf

HERE = Path(__file__).resolve().parent
EXTENSION = os.environ.get("EXTENSION", str(HERE / "target" / "release" / "polyfind.duckdb_extension"))
ROWS = 10_000  # more than four chunks


def boxes(seed: int) -> pf.PolygonIndex:
    random = np.random.default_rng(seed)
    low = random.uniform(0, 90, (300, 2))
    return pf.PolygonIndex(pf.Polygons.from_boxes(np.hstack([low, low + random.uniform(0, 10, (300, 2))])))


class InDuckdb(unittest.TestCase):
    """Each test has a database, two indexes in files, and points in the table `points`."""

    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.indexes = [boxes(1), boxes(2)]
        self.paths = [str(Path(temporary.name) / f"{name}.index") for name in ("one", "two")]
        for index, path in zip(self.indexes, self.paths):
            index.save(path)
        self.x, self.y = np.random.default_rng(3).uniform(-5, 105, (2, ROWS))
        self.database = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        self.addCleanup(self.database.close)
        self.database.execute(f"LOAD '{EXTENSION}'")
        rows = {"row": np.arange(ROWS), "x": self.x, "y": self.y}
        self.database.register("given", rows)
        self.database.execute("CREATE TABLE points AS SELECT * FROM given")

    def ask(self, what: str, *arguments: Any) -> list[Any]:
        """An expression, of every point in order."""
        found = self.database.execute(f"SELECT {what} FROM points ORDER BY row", arguments).fetchall()
        return [value for (value,) in found]

    def one(self, what: str, *arguments: Any) -> Any:
        found = self.database.execute(f"SELECT {what}", arguments).fetchone()
        assert found is not None
        return found[0]


def or_null(rows: Any) -> list[int | None]:
    return [None if row < 0 else row for row in rows.tolist()]


class Answers(InDuckdb):
    def test_locate_count_nearest_and_dwithin_are_those_of_the_index(self) -> None:
        index, path, points = self.indexes[0], self.paths[0], (self.x, self.y)
        located = index.locate(*points)
        self.assertLess(located.min(), 0)
        self.assertEqual(self.ask("polyfind_locate(x, y, $1)", path), or_null(located))
        counts = index.query(*points, "covered_by", output_format="count")
        self.assertGreater(counts.max(), 1)
        self.assertEqual(self.ask("polyfind_count(x, y, $1)", path), counts.tolist())
        nearest = index.locate(*points, fallback="nearest")
        found = self.ask("polyfind_nearest(x, y, $1)", path)
        self.assertEqual([row for row, at in zip(found, located) if at < 0], nearest[located < 0].tolist())
        near = index.query(*points, "dwithin", distance=1.5, output_format="mask")
        self.assertGreater(near.sum(), (located >= 0).sum())
        self.assertEqual(self.ask("polyfind_dwithin(x, y, $1, 1.5)", path), near.tolist())

    def test_indexes_and_distances_may_change_from_row_to_row(self) -> None:
        self.database.execute("CREATE TABLE files AS SELECT unnest($1) AS path, unnest([0, 1]) AS id", [self.paths])
        found = self.database.execute(
            "SELECT polyfind_locate(x, y, path) FROM points JOIN files ON row % 7 % 2 = id ORDER BY row"
        ).fetchall()
        answers = [index.locate(self.x, self.y) for index in self.indexes]
        expected = np.where(np.arange(ROWS) % 7 % 2 == 0, *answers)
        self.assertEqual([value for (value,) in found], or_null(expected))
        near = self.ask("polyfind_dwithin(x, y, $1, row % 3)", self.paths[0])
        within = [self.indexes[0].query(self.x, self.y, "dwithin", distance=d, output_format="mask") for d in range(3)]
        self.assertEqual(near, np.choose(np.arange(ROWS) % 3, within).tolist())

    def test_threads_of_a_query_change_nothing(self) -> None:
        sql = "SELECT sum(hash(row, polyfind_locate(x, y, $1))) FROM points, range(20)"
        sums = set()
        for threads in (1, 2, 8):
            self.database.execute(f"SET threads = {threads}")
            sums.add(self.database.execute(sql, [self.paths[0]]).fetchone())
        self.assertEqual(len(sums), 1)

    def test_null_and_what_is_not_finite_is_null(self) -> None:
        path = self.paths[0]
        for value in (None, math.nan, math.inf, -math.inf):
            for arguments in ((value, 5.0), (5.0, value)):
                self.assertIsNone(self.one("polyfind_count($1::DOUBLE, $2::DOUBLE, $3)", *arguments, path))
        self.assertIsNone(self.one("polyfind_locate(1, 1, NULL)"))
        self.assertIsNone(self.one("polyfind_dwithin(1, 1, $1, NULL)", path))
        found = self.ask("polyfind_count(CASE WHEN row % 3 = 0 THEN NULL ELSE x END, y, $1)", path)
        self.assertEqual([value is None for value in found], [row % 3 == 0 for row in range(ROWS)])

    def test_no_rows_and_one_row(self) -> None:
        path = self.paths[0]
        found = self.database.execute("SELECT polyfind_locate(x, y, $1) FROM points WHERE x > 1000", [path]).fetchall()
        self.assertEqual(found, [])
        expected = or_null(self.indexes[0].locate(self.x[:20], self.y[:20]))
        found = [self.one("polyfind_locate($1, $2, $3)", x, y, path) for x, y in zip(self.x[:20], self.y[:20])]
        self.assertEqual(found, expected)


class Files(InDuckdb):
    def test_a_file_that_takes_the_place_of_another_is_opened(self) -> None:
        path = self.paths[0]
        for index in (*self.indexes, *self.indexes):
            index.save(path)
            self.assertEqual(self.ask("polyfind_locate(x, y, $1)", path), or_null(index.locate(self.x, self.y)))

    def test_what_is_no_index_is_refused_by_name(self) -> None:
        damaged = bytearray(Path(self.paths[0]).read_bytes())
        damaged[len(damaged) // 2] ^= 1
        Path(self.paths[1]).write_bytes(damaged)
        for path in ("/nowhere/zones.index", __file__, self.paths[1], str(HERE), "", "zones\0.index"):
            with self.assertRaises(duckdb.Error) as refused:
                self.ask("polyfind_locate(x, y, $1)", path)
            self.assertIn(path.split("\0")[0], str(refused.exception))

    def test_a_distance_that_means_nothing_is_refused(self) -> None:
        for distance in (-1.0, math.nan, math.inf):
            with self.assertRaisesRegex(duckdb.Error, "distance"):
                self.ask("polyfind_dwithin(x, y, $1, $2)", self.paths[0], distance)
        self.assertEqual(len(self.ask("polyfind_dwithin(x, y, $1, 0)", self.paths[0])), ROWS)


if __name__ == "__main__":
    unittest.main()
