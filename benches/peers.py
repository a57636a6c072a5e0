"""The ways that answer the engine's questions: ours first, then everybody else's, in their fastest forms.

A way is made from raw columns (that is its build: objects are made inside it) and answers questions (verb, argument):

    first             the lowest polygon that covers each point, closed
    all               every polygon that covers it
    dwithin distance  every polygon at most that far
    nearest k         the k nearest polygons with their distances
    close distance    every polygon whose center is nearer than that

`call(question, x, y, threads)` gives something for `compare.race`, from the points' raw columns to whatever this
way calls an answer; `answer` brings that to one form, for comparison only. Most answer "first" with all pairs: the
lowest of each point is not charged to them. Nor is the making of CSR.
"""

import subprocess
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polyfind
import shapely
from answers import Answer, first, of_pairs, of_rows
from compare import OUT, ROOT, Served

try:
    from scan import Scan
except ImportError:
    Scan = None
try:
    import geopandas
except ImportError:
    geopandas = None
try:
    from rtree.index import Index as RtreeIndex
    from rtree.index import Property as RtreeProperty
except ImportError:
    RtreeIndex = None
try:
    from geoindex_rs import rtree as geoindex
except ImportError:
    geoindex = None
try:
    import pandas
    import sedonadb
except ImportError:
    sedonadb = None

COVER = ("first", "all")


class Way:
    """What is common: subclasses have __init__(columns) and ask(verb, argument, x, y)."""

    name, verbs = "", ()
    threads = False  # whether it can use two
    whole = False  # whether it gains from many points a polygon, so that a sample of them would be unfair

    @classmethod
    def missing(cls):
        """Why it is not here."""

    def call(self, question, x, y, threads=1):
        assert threads == 1
        return partial(self.ask, *question, x, y)

    def answer(self, question, x, y):
        points, polygons, *distances = self.call(question, x, y)()
        found = of_pairs(len(x), points, polygons, *distances)
        return first(found) if question[0] == "first" else found

    def points(self, x, y):
        """The conversion of points alone, if there is any."""

    def can(self, question):
        return question[0] in self.verbs

    def close(self):
        pass


class Ours(Way):
    name, verbs, threads = "polyfind", (*COVER, "dwithin", "nearest", "close"), True

    def __init__(self, columns, threads=1, **options):
        table = polyfind.Polygons(columns.x, columns.y, columns.offsets)
        self.index = polyfind.PolygonIndex(table, workers=threads, **options)

    def can(self, question):
        """Not all of it is there yet."""
        try:
            self.call(question, np.zeros(1), np.zeros(1))()
        except (AttributeError, TypeError, NotImplementedError, ValueError):
            return False
        return True

    def call(self, question, x, y, threads=1):
        (verb, argument), index = question, self.index
        if verb == "first":
            return lambda: index.locate(x, y, workers=threads)
        if verb == "nearest":
            ask = dict(k=int(argument), return_distance=True, all_matches=argument == 1, workers=threads)
            return lambda: index.query_nearest(x, y, **ask)
        predicate = {"all": "intersects"}.get(verb, verb)
        asked = {} if verb == "all" else {"distance": argument}
        return lambda: index.query(x, y, predicate, **asked, output_format="csr", workers=threads)

    def answer(self, question, x, y):
        found = self.call(question, x, y)()
        if question[0] == "nearest":
            return of_pairs(len(x), *found[0], found[1])
        return of_rows(found) if question[0] == "first" else Answer(*found)


def polygon_objects(columns):
    """Shapely's, from raw columns."""
    xy, holes = np.column_stack(columns[:2]), np.arange(len(columns.offsets))
    return shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (columns.offsets, holes))


class ShapelyTree(Way):
    """STRtree.query(points, predicate) and query_nearest: as its manual has it. Polygons are not prepared in it."""

    name, verbs = "Shapely, tree.query(points)", (*COVER, "dwithin", "nearest")

    def __init__(self, columns):
        self.polygons = polygon_objects(columns)
        self.tree = shapely.STRtree(self.polygons)

    def points(self, x, y):
        return shapely.points(x, y)

    def can(self, question):
        return super().can(question) and question != ("nearest", 8)

    def ask(self, verb, argument, x, y):
        points = shapely.points(x, y)
        if verb == "nearest":
            (rows, found), distances = self.tree.query_nearest(points, return_distance=True)
            return rows, found, distances
        if verb == "dwithin":
            return self.tree.query(points, "dwithin", argument)
        return self.tree.query(points, "intersects")


class ShapelyPrepared(ShapelyTree):
    """Boxes from the tree, then the test on prepared polygons."""

    name, verbs = "Shapely, boxes, then prepared", (*COVER, "dwithin")

    def __init__(self, columns):
        super().__init__(columns)
        shapely.prepare(self.polygons)

    def ask(self, verb, argument, x, y):
        points = shapely.points(x, y)
        if verb == "dwithin":
            around = shapely.box(x - argument, y - argument, x + argument, y + argument)
            rows, found = self.ordered(*self.tree.query(around))
            hit = shapely.dwithin(self.polygons[found], points[rows], argument)
        else:
            rows, found = self.ordered(*self.tree.query(points))
            hit = shapely.intersects_xy(self.polygons[found], x[rows], y[rows])
        return rows[hit], found[hit]

    def ordered(self, rows, found):
        return rows, found


class ShapelyGrouped(ShapelyPrepared):
    """The same, one polygon after the other: what is prepared stays in the cache."""

    name, whole = "Shapely, boxes, grouped, prepared", True

    def ordered(self, rows, found):
        order = np.argsort(found.astype(np.int32), kind="stable")
        return rows[order], found[order]


class ShapelyPoints(ShapelyPrepared):
    """A tree over the points, asked with the prepared polygons."""

    name, whole = "Shapely, tree of points", True

    def ask(self, verb, argument, x, y):
        tree = shapely.STRtree(shapely.points(x, y))
        found, rows = tree.query(self.polygons, *(("dwithin", argument) if verb == "dwithin" else ("intersects",)))
        return rows, found


class Geopandas(Way):
    name, verbs = "geopandas, sjoin", (*COVER, "dwithin", "nearest")

    @classmethod
    def missing(cls):
        return None if geopandas else "geopandas is not installed"

    def __init__(self, columns):
        self.frame = geopandas.GeoDataFrame(geometry=polygon_objects(columns))
        assert self.frame.sindex is not None  # makes it

    def points(self, x, y):
        return geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(x, y))

    def can(self, question):
        return super().can(question) and question != ("nearest", 8)

    def ask(self, verb, argument, x, y):
        points = self.points(x, y)
        if verb == "nearest":
            joined = points.sjoin_nearest(self.frame, distance_col="distance")
            return joined.index.to_numpy(), joined["index_right"].to_numpy(), joined["distance"].to_numpy()
        how = {"predicate": "dwithin", "distance": argument} if verb == "dwithin" else {"predicate": "intersects"}
        joined = points.sjoin(self.frame, how="inner", **how)
        return joined.index.to_numpy(), joined["index_right"].to_numpy()


class Rtree(Way):
    """libspatialindex for the boxes, prepared Shapely polygons for the rest."""

    name, verbs = "rtree, then Shapely prepared", (*COVER, "dwithin")

    @classmethod
    def missing(cls):
        return None if RtreeIndex else "rtree is not installed"

    def __init__(self, columns):
        self.polygons = polygon_objects(columns)
        shapely.prepare(self.polygons)
        boxes = shapely.bounds(self.polygons)
        stream = ((row, tuple(box), None) for row, box in enumerate(boxes.tolist()))
        self.index = RtreeIndex(stream, interleaved=True, properties=RtreeProperty())

    def ask(self, verb, argument, x, y):
        around = argument if verb == "dwithin" else 0
        pairs = np.column_stack([x, y])
        found, counts = self.index.intersection_v(pairs - around, pairs + around)
        rows = np.repeat(np.arange(len(x)), counts.astype(np.int64))
        if verb == "dwithin":
            hit = shapely.dwithin(self.polygons[found], shapely.points(x, y)[rows], argument)
        else:
            hit = shapely.intersects_xy(self.polygons[found], x[rows], y[rows])
        return rows[hit], found[hit]


class Geoindex(Way):
    """Two packed R-trees joined, then prepared Shapely polygons."""

    name, verbs, whole = "geoindex-rs, then Shapely prepared", (*COVER, "dwithin"), True

    @classmethod
    def missing(cls):
        return None if geoindex else "geoindex-rs is not installed"

    @staticmethod
    def tree(*boxes):
        builder = geoindex.RTreeBuilder(len(boxes[0]))
        builder.add(*map(np.ascontiguousarray, boxes))
        return builder.finish()

    def __init__(self, columns):
        self.polygons = polygon_objects(columns)
        shapely.prepare(self.polygons)
        self.index = self.tree(*shapely.bounds(self.polygons).T)

    def ask(self, verb, argument, x, y):
        around = argument if verb == "dwithin" else 0
        other = self.tree(x - around, y - around, x + around, y + around)
        joined = geoindex.tree_join(self.index, other)
        found, rows = (np.asarray(joined.column(side)) for side in (0, 1))
        if verb == "dwithin":
            hit = shapely.dwithin(self.polygons[found], shapely.points(x, y)[rows], argument)
        else:
            hit = shapely.intersects_xy(self.polygons[found], x[rows], y[rows])
        return rows[hit], found[hit]


class Sedona(Way):
    """SQL; its points are made inside the query."""

    name, verbs, threads, whole = "SedonaDB, SQL join", (*COVER, "dwithin"), True, True

    @classmethod
    def missing(cls):
        return None if sedonadb else "sedonadb is not installed"

    def __init__(self, columns):
        self.database = sedonadb.connect()
        frame = {"polygon": np.arange(len(columns), dtype=np.int32)}
        frame = geopandas.GeoDataFrame(frame, geometry=polygon_objects(columns))
        self.database.create_data_frame(frame).to_memtable().to_view("polygons")

    def call(self, question, x, y, threads=1):
        verb, argument = question
        place = "polygons.geometry, ST_Point(points.x, points.y)"
        on = f"ST_DWithin({place}, {argument})" if verb == "dwithin" else f"ST_Intersects({place})"

        def ask():
            self.database.sql(f"SET datafusion.execution.target_partitions = {threads}").execute()
            frame = pandas.DataFrame({"point": np.arange(len(x)), "x": x, "y": y})
            self.database.create_data_frame(frame).to_view("points", overwrite=True)
            joined = self.database.sql(f"SELECT point, polygon FROM points JOIN polygons ON {on}").to_pandas()
            return joined["point"].to_numpy(), joined["polygon"].to_numpy()

        return ask


class Numba(Way):
    name, verbs, threads = "Numba, grid and loops", (*COVER, "dwithin"), True

    @classmethod
    def missing(cls):
        if Scan:  # compiled now, before any clock
            Scan(np.array([0.0, 1, 1, 0]), np.array([0.0, 0, 1, 0]), np.array([0, 4]))
        return None if Scan else "Numba is not installed"

    def __init__(self, columns):
        self.scan = Scan(*columns[:3])

    def call(self, question, x, y, threads=1):
        verb, argument = question
        if verb == "first":
            return lambda: self.scan.first(x, y, threads)
        return lambda: self.scan.all(x, y, argument or 0.0, threads)

    def answer(self, question, x, y):
        found = self.call(question, x, y)()
        if question[0] == "first":
            return of_rows(found)
        starts, polygons = found
        return of_pairs(len(x), np.repeat(np.arange(len(x)), np.diff(starts)), polygons)


def rust_name(way):
    return f"Rust: {way.replace('+', ' + ')}"


class Rust(Way):
    """One of the ways of benches/rivals, in a process of its own."""

    threads = True
    program = ROOT / "target" / "rivals" / "release" / "polyfind-rivals"

    @classmethod
    def missing(cls):
        return None if cls.program.is_file() else "the Rust peers are not built"

    @classmethod
    def compile(cls):
        manifest = ROOT / "benches" / "rivals" / "Cargo.toml"
        command = ["cargo", "build", "--locked", "--release", "--manifest-path", manifest]
        subprocess.run([*command, "--target-dir", ROOT / "target" / "rivals"])

    def __init__(self, columns, way, verbs):
        self.name, self.way, self.verbs, self.files = rust_name(way), way, verbs, {}
        self.served = Served([self.program, columns.folder])
        OUT.mkdir(parents=True, exist_ok=True)
        self.room = TemporaryDirectory(dir=OUT)

    def file(self, x, y):
        """The points' columns where the program can read them."""
        key = x.ctypes.data, y.ctypes.data, len(x)
        if key not in self.files:
            name = Path(self.room.name) / f"points{len(self.files)}"
            with name.open("wb") as file:
                x.tofile(file)
                y.tofile(file)
            self.files[key] = (name, x, y)  # which keeps the addresses taken
        return self.files[key][0]

    def build(self, verb="build"):
        return self.served.way("\t".join([self.way, verb, "-", "0", "1", "-"]))

    def call(self, question, x, y, threads=1, to="-"):
        verb, argument = question
        words = [self.way, verb, self.file(x, y), argument or 0, threads, to]
        return self.served.way("\t".join(map(str, words)))

    def answer(self, question, x, y):
        to = Path(self.room.name) / "answer"
        self.call(question, x, y, to=to).clock(1)
        types = {"starts": np.int64, "polygons": np.int32, "distances": np.float64}
        found = Answer(*(np.fromfile(f"{to}.{part}", dtype) for part, dtype in types.items()))
        return found if question[0] == "nearest" else found._replace(distances=None)

    def close(self):
        self.served.close()
        self.room.cleanup()


NAMED = (ShapelyTree, ShapelyPrepared, ShapelyPoints)  # the three forms that the engine's bars are on
SHAPELY = (*NAMED, ShapelyGrouped)
EXACT, NEAR = (*COVER, "dwithin", "nearest"), (*COVER,)
RUST = (
    *((f"{index}+geo", EXACT) for index in ("rstar", "geo-index", "packed_spatial_index")),
    *((f"{index}+tree", NEAR) for index in ("rstar", "geo-index", "packed_spatial_index")),
    ("kiddo", ("close",)),
)


def everybody(compile_rust=True):
    """{name: how to make it}, and a word about who is missing."""
    if compile_rust:
        Rust.compile()
    classes = (*SHAPELY, Geopandas, Rtree, Geoindex, Sedona, Numba)
    makers, absent = {}, []
    for peer in (*classes, Rust):
        reason = peer.missing()
        if reason:
            absent.append(reason)
        elif peer is Rust:
            makers.update({rust_name(way): partial(Rust, way=way, verbs=verbs) for way, verbs in RUST})
        else:
            makers[peer.name] = peer
    return makers, absent
