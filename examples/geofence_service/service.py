"""Which zones hold this point? An HTTP service over one mapped index, and always the newest.

    pip install granian polyfind[numpy]
    ZONES=zones.index granian --interface rsgi --workers 2 service:app
    curl 'http://127.0.0.1:8000/zones?x=1.5&y=2.5'

answers {"x": 1.5, "y": 2.5, "zones": [501, 250000], "index": "1790000000000000000-1234"}: rows of the polygons, and the
time and number of the file that says so.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from urllib.parse import parse_qsl

import polyfind as pf

PAUSE = 0.1  # seconds between two looks at the file
JSON = [("content-type", "application/json")]


class Zones:
    """The index of the file that has this path now. Put a new one there by rename, as `index.save` does."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.current = self.load()
        threading.Thread(target=self.follow, daemon=True).start()

    def file(self) -> str:
        told = os.stat(self.path)
        return f"{told.st_mtime_ns}-{told.st_ino}"

    def load(self) -> tuple[str, pf.PolygonIndex]:
        while True:
            name = self.file()
            index = pf.PolygonIndex.open(self.path, mmap=True, workers=1)  # the other cores answer
            if name == self.file():  # or it was replaced meanwhile
                return name, index

    def follow(self) -> None:
        """Opens what is new, on a thread of its own. Requests go on with the old one, until the last of them ends."""
        tried = self.current[0]
        while True:
            time.sleep(PAUSE)
            try:
                if tried != (tried := self.file()):
                    self.current = self.load()
            except (OSError, pf.Error) as error:  # no index, or a damaged one: the old one stays
                print(error, file=sys.stderr, flush=True)

    def answer(self, query: str) -> dict[str, object]:
        asked = dict(parse_qsl(query))
        x, y = float(asked["x"]), float(asked["y"])
        name, index = self.current
        return {"x": x, "y": y, "zones": index.query(x, y, "covered_by")[1].tolist(), "index": name}


class App:
    """What the server calls."""

    def __rsgi_init__(self, loop) -> None:
        self.zones = Zones(os.environ["ZONES"])

    async def __rsgi__(self, scope, protocol) -> None:
        if scope.path != "/zones":
            protocol.response_empty(404, [])
            return
        try:
            status, body = 200, self.zones.answer(scope.query_string)
        except (KeyError, ValueError) as error:  # a ValueError, too, if x or y is not finite
            status, body = 400, {"error": f"x and y must be two finite numbers: {error}"}
        protocol.response_str(status, JSON, json.dumps(body))


app = App()
