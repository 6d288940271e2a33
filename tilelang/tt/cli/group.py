"""How commands are shown: with whole sentences in the list of them, and examples; and --json."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click

from .. import files
from .show import PlainConsole

# What is printed holds names, paths and messages, so nothing in it is markup.
out = PlainConsole(highlight=False, markup=False)


class Command(click.Command):
    """A command with ``examples``, lines of a shell, which its help ends with."""

    def __init__(self, *args: Any, examples: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = [line.strip() for line in examples.strip().splitlines()]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Examples"):
            for line in self.examples:
                formatter.write(f"  {line}\n")


class Group(click.Group):
    """Commands, each with the first sentence of its help."""

    command_class = Command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            assert command is not None
            rows.append((name, re.split(r"(?<=\.)\s", command.help or "", maxsplit=1)[0]))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _to_stderr(ctx: click.Context, param: click.Parameter, asked: bool) -> bool:
    """What is for people goes to stderr, so that stdout is one document."""
    out.stderr = asked
    return asked


#: ``as_json`` of a command, which ends with :func:`answer` where that is asked for.
JSON = click.option(
    "--json", "as_json", is_flag=True, is_eager=True, callback=_to_stderr,
    help="Print one JSON document; what is for people goes to stderr.",
)  # fmt: skip


def answer(as_json: bool, document: Callable[[], Any]) -> None:
    """Print a command's document, if it was asked for."""
    if as_json:
        print(files.render(document()))
