"""Maps of an index and of points that were matched: a picture, or a page to look around in."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any

from .scene import Scene, scene_of

if TYPE_CHECKING:
    from ..index import PolygonIndex

__all__ = ["Scene", "plot"]


def plot(
    index: PolygonIndex, to: str | os.PathLike[str] | IO[bytes] | None, form: str | None,
    ax: Any, **shown: Any,
) -> Any:  # fmt: skip
    """Draws what `PolygonIndex.plot` is asked for."""
    if form is None and isinstance(to, (str, os.PathLike)):
        form = os.path.splitext(os.fspath(to))[1][1:].lower()
    if to is not None and ax is not None:
        raise TypeError("ax= and to= exclude each other: it is drawn there, or into a file")
    scene = scene_of(index, **shown)
    if form in ("html", "htm"):
        from .page import page_of

        text = page_of(scene).encode()
        if isinstance(to, (str, os.PathLike)):
            with open(to, "wb") as file:
                file.write(text)
        elif to is not None:
            to.write(text)
        return None
    from .static import draw, saved

    return draw(scene, ax) if to is None else saved(scene, to, form or "png")
