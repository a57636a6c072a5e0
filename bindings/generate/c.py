"""LuaJIT and PHP read declarations of C: the header's own, its constants being those of an enum."""

from __future__ import annotations

from header import Header


def declarations(header: Header) -> str:
    constants = "".join(f"  {name} = {value},\n" for name, value in header.constants.items())
    return f"enum {{\n{constants}}};\n{header.text}"


def luajit(header: Header, banner: str) -> str:
    return f"-- {banner}\nreturn [[\n{declarations(header)}]]\n"


def php(header: Header, banner: str) -> str:
    return f"<?php // {banner}\nreturn <<<'C'\n{declarations(header)}C;\n"
