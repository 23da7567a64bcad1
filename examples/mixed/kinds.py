"""The cases that `count` returns: each has its line under `out` in slingshot.toml."""

from enum import Enum


class Variety(Enum):
    """How many different words a text has."""

    FEW = "few"
    MANY = "many"
