"""The command ``tilelang-tt``, and how errors reach the user."""

from __future__ import annotations

import os
import sys
import traceback
from typing import NoReturn

import click

from ..device_spec import NoDeviceError
from ..runtime import BackendError
from ..text import one_line
from ..version import package_version
from .apart import TRACEBACK_VARIABLE
from .commands import device, environment, plan, validate
from .commands import run as running
from .group import Group


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_version(), prog_name="tilelang-tt", message="%(prog)s %(version)s")
def app() -> None:
    """Schedules and page layouts of TileLang kernels for Tenstorrent devices."""


for command in (
    device.device,
    plan.plan,
    plan.show_plan,
    running.run_plan,
    running.build_plan,
    running.exec_command,
    validate.validate_cases,
    environment.doctor,
    environment.setup,
    environment.cache,
):
    app.add_command(command)


def run() -> NoReturn:
    """Run the command line and exit: 0, or 2 with one line for bad input."""
    try:
        app(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help())
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "tilelang-tt"
        _fail(f"{error.format_message()} See {command} --help")
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except NoDeviceError as error:  # its own text is for Python
        _fail(
            f"found no live device: {error.reason}; with a card, see tilelang-tt doctor; without "
            "one, name another: a preset, as in plan --device n150 or device --from n150, or a "
            "file, which 'tilelang-tt device -o device.json' writes"
        )
    except (ValueError, NotImplementedError, ImportError, BackendError) as error:
        _fail(str(error) or type(error).__name__)
    except OSError as error:  # of a file that no check above knows, or of the output
        _fail(f"{error.filename or 'writing the output'}: {error.strerror}")
    except Exception as error:
        if os.environ.get(TRACEBACK_VARIABLE):
            traceback.print_exc()
        _fail(
            f"{type(error).__name__}: {error}; this is a defect of tilelang-tt, which "
            f"{TRACEBACK_VARIABLE}=1 in the environment tells more of",
            _DEFECT,
        )
    sys.exit(0)


#: The exit codes of bad input, and of a fault of our own (EX_SOFTWARE of sysexits.h).
_BAD_INPUT, _DEFECT = 2, 70


def _fail(message: str, code: int = _BAD_INPUT) -> NoReturn:
    """Print the message, as one line, and exit."""
    print(f"error: {one_line(message)}", file=sys.stderr)
    sys.exit(code)
