"""The frames of pandas, geopandas, polars and pyarrow, as far as a join needs them.

A package is looked at only where an object of its own is given; none is imported for polyfind.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Collection
from importlib import import_module
from typing import Any

from ._numpy import Array, Doubles, np

_POINT, _MISSING = 0, -1  # types of Shapely's geometries


def is_of(given: object, package: str, name: str) -> bool:
    """Whether something is of a class of a package that may not even be imported."""
    module = sys.modules.get(package)
    return module is not None and isinstance(given, getattr(module, name))


class Frame(ABC):
    """Rows of columns of one of the packages."""

    def __init__(self, given: Any) -> None:
        self.given = given

    @property
    @abstractmethod
    def names(self) -> list[Any]:
        """What the columns are called, those of a pandas index first (None if it has no name)."""

    @abstractmethod
    def renamed(self, names: list[Any]) -> Frame:
        """The same with other names."""

    @abstractmethod
    def numbers(self, name: str) -> Doubles:
        """A column of numbers; NaN where one is missing."""

    @abstractmethod
    def take(self, rows: Array) -> Frame:
        """Some rows."""

    @abstractmethod
    def take_or_null(self, rows: Array) -> Frame:
        """Some rows, and for -1 one of nothing but nulls, for which every column has a way."""

    @abstractmethod
    def numbered(self, rows: int, name: str) -> Frame:
        """A frame of this kind with one column: the numbers of so many rows."""

    def with_keys(self, name: str) -> Frame:
        """The index, or the numbers of the rows where there is none, as columns before all."""
        check_free(name, self.names)
        return type(self)(self.numbered(len(self), name).beside(self))

    @abstractmethod
    def beside(self, right: Any) -> Any:
        """The columns of another of this kind after ours; the frame itself."""

    @abstractmethod
    def with_column(self, name: str, values: Array) -> Frame:
        """One more column."""

    @abstractmethod
    def to_pandas(self) -> Any:
        """A frame of pandas."""

    @abstractmethod
    def alike(self, other: Frame) -> Frame:
        """Another frame, of whatever kind, as one of this."""

    def __len__(self) -> int:
        return len(self.given)


class PandasFrame(Frame):
    """A DataFrame of pandas or a GeoDataFrame."""

    @property
    def names(self) -> list[Any]:
        return [*self.given.index.names, *self.given.columns]

    def renamed(self, names: list[Any]) -> Frame:
        frame, levels = self.given.copy(deep=False), self.given.index.nlevels
        frame.index = frame.index.set_names(names[:levels])
        frame.columns = names[levels:]
        return PandasFrame(frame)

    def numbers(self, name: str) -> Doubles:
        column = self.given[name]
        _check_numeric(import_module("pandas").api.types.is_numeric_dtype(column.dtype), column)
        return column.to_numpy(np.float64, na_value=np.nan)  # type: ignore[no-any-return]

    def take(self, rows: Array) -> Frame:
        return PandasFrame(self.given.iloc[rows])

    def take_or_null(self, rows: Array) -> Frame:
        frame, names = self.given.reset_index(drop=True), self.given.columns
        frame.columns = range(len(names))  # which are different, as names need not be
        dtypes = {i: nullable(dtype) for i, dtype in enumerate(frame.dtypes)}
        frame = frame.astype(dtypes).reindex(rows)
        frame.columns = names
        return PandasFrame(frame)

    def numbered(self, rows: int, name: str) -> Frame:
        return PandasFrame(import_module("pandas").DataFrame({name: np.arange(rows)}))

    def with_keys(self, name: str) -> Frame:
        index = self.given.index
        made = [name] if index.nlevels == 1 else [f"{name}{i}" for i in range(index.nlevels)]
        names = [made[i] if given is None else given for i, given in enumerate(index.names)]
        check_free(name, self.given.columns if name in names else [])
        frame = self.given.copy(deep=False)
        frame.columns = range(frame.shape[1])
        frame.index = index.set_names([f"level {i}" for i in range(index.nlevels)])
        frame = frame.reset_index()
        frame.columns = [*names, *self.given.columns]
        return PandasFrame(frame)

    def beside(self, right: Any) -> Any:
        columns = right.given.set_axis(self.given.index, axis=0)
        return import_module("pandas").concat([self.given, columns], axis=1)

    def with_column(self, name: str, values: Array) -> Frame:
        return PandasFrame(self.given.assign(**{name: values}))

    def to_pandas(self) -> Any:
        return self.given

    def alike(self, other: Frame) -> Frame:
        return PandasFrame(other.to_pandas())


class PolarsFrame(Frame):
    """A DataFrame of polars."""

    @property
    def names(self) -> list[Any]:
        return list(self.given.columns)

    def renamed(self, names: list[Any]) -> Frame:
        return PolarsFrame(self.given.rename(dict(zip(self.names, names))))

    def numbers(self, name: str) -> Doubles:
        column = self.given[name]
        _check_numeric(column.dtype.is_numeric(), column)
        column = column.cast(import_module("polars").Float64)
        return column.fill_null(np.nan).to_numpy()  # type: ignore[no-any-return]

    def take(self, rows: Array) -> Frame:
        return PolarsFrame(self.given[rows])

    def take_or_null(self, rows: Array) -> Frame:
        polars = import_module("polars")
        if len(self) == 0:  # nothing to take, not even null
            return PolarsFrame(self.given.clear(len(rows)))
        at = polars.Series(rows, dtype=polars.Int64)
        return PolarsFrame(self.given.select(polars.all().gather(at.set(at < 0, None))))

    def numbered(self, rows: int, name: str) -> Frame:
        return PolarsFrame(import_module("polars").DataFrame({name: np.arange(rows)}))

    def beside(self, right: Any) -> Any:
        return self.given.hstack(right.given)

    def with_column(self, name: str, values: Array) -> Frame:
        return PolarsFrame(self.given.with_columns(import_module("polars").Series(name, values)))

    def to_pandas(self) -> Any:
        return self.given.to_pandas()

    def alike(self, other: Frame) -> Frame:
        if isinstance(other, PolarsFrame):
            return other
        return PolarsFrame(import_module("polars").from_pandas(other.to_pandas()))


class ArrowFrame(Frame):
    """A Table of pyarrow."""

    @property
    def names(self) -> list[Any]:
        return list(self.given.column_names)

    def renamed(self, names: list[Any]) -> Frame:
        return ArrowFrame(self.given.rename_columns(names))

    def numbers(self, name: str) -> Doubles:
        pyarrow, column = import_module("pyarrow"), self.given[name]
        types = pyarrow.types
        _check_numeric(types.is_integer(column.type) or types.is_floating(column.type), name)
        column = column.cast(pyarrow.float64())
        return column.fill_null(np.nan).to_numpy()  # type: ignore[no-any-return]

    def take(self, rows: Array) -> Frame:
        return ArrowFrame(self.given.take(import_module("pyarrow").array(rows)))

    def take_or_null(self, rows: Array) -> Frame:
        pyarrow = import_module("pyarrow")
        fields = [field.with_nullable(True) for field in self.given.schema]
        table = self.given.cast(pyarrow.schema(fields, self.given.schema.metadata))
        return ArrowFrame(table.take(pyarrow.array(rows, mask=rows < 0)))

    def numbered(self, rows: int, name: str) -> Frame:
        return ArrowFrame(import_module("pyarrow").table({name: np.arange(rows)}))

    def beside(self, right: Any) -> Any:
        table = self.given
        for field, column in zip(right.given.schema, right.given.columns):
            table = table.append_column(field, column)
        return table

    def with_column(self, name: str, values: Array) -> Frame:
        column = import_module("pyarrow").array(values, from_pandas=True)
        return ArrowFrame(self.given.append_column(name, column))

    def to_pandas(self) -> Any:
        return self.given.to_pandas()

    def alike(self, other: Frame) -> Frame:
        if isinstance(other, ArrowFrame):
            return other
        table = import_module("pyarrow").Table
        return ArrowFrame(table.from_pandas(other.to_pandas(), preserve_index=False))


class BatchFrame(ArrowFrame):
    """A RecordBatch of pyarrow, as streams have them."""

    @property
    def names(self) -> list[Any]:
        return list(self.given.schema.names)

    def with_column(self, name: str, values: Array) -> Frame:
        pyarrow, given = import_module("pyarrow"), self.given
        column = pyarrow.array(values)
        schema = given.schema.append(pyarrow.field(name, column.type))
        return BatchFrame(pyarrow.RecordBatch.from_arrays([*given.columns, column], schema=schema))

    def __len__(self) -> int:
        return self.given.num_rows  # type: ignore[no-any-return]


_KINDS: dict[tuple[str, str], type[Any]] = {
    ("pandas", "DataFrame"): PandasFrame,
    ("polars", "DataFrame"): PolarsFrame,
    ("pyarrow", "Table"): ArrowFrame,
}


def frame_of(given: Any, name: str) -> Frame:
    """A frame of whatever kind, or a TypeError that says which there are."""
    for (package, kind), made in _KINDS.items():
        if is_of(given, package, kind):
            return made(given)  # type: ignore[no-any-return]
    kinds = ", ".join(f"{package}.{kind}" for package, kind in _KINDS)
    raise TypeError(f"{name} must be one of {kinds} or of geopandas, not {type(given).__name__}")


def points_of(geometries: Any) -> tuple[Doubles, Doubles]:
    """Coordinates of a column of points; NaN where one is missing or empty."""
    shapely = import_module("shapely")
    rows = np.array(geometries, object)
    kinds = shapely.get_type_id(rows)
    wrong = (kinds != _POINT) & (kinds != _MISSING)
    if wrong.any():
        at = int(wrong.argmax())
        raise TypeError(f"left has a {rows[at].geom_type} in row {at}: all must be points")
    rows[shapely.is_empty(rows)] = None  # an empty point has no x at all
    return shapely.get_x(rows), shapely.get_y(rows)


def nullable(dtype: Any) -> Any:
    """The dtype of pandas that holds the same and nulls."""
    if not isinstance(dtype, np.dtype) or dtype.kind not in "biu":
        return dtype
    if dtype.kind == "b":
        return "boolean"
    return f"{'Int' if dtype.kind == 'i' else 'UInt'}{8 * dtype.itemsize}"


def _check_numeric(is_numeric: bool, column: Any) -> None:
    if not is_numeric:
        name = column if isinstance(column, str) else column.name
        raise TypeError(f"column {name!r} must hold numbers")


def check_free(name: str, names: Collection[Any]) -> None:
    """A ValueError if a name that a join makes up is taken."""
    if name in names:
        raise ValueError(f"there is a column {name!r} already: rename it, or choose another name")
