"""GCC's command line as TT-metal writes it, read flag by flag from one table.

Each flag is kept, dropped or translated; one that the table doesn't have is refused, so
that a TT-metal that says something new is noticed instead of half understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .errors import Refused

#: TT-metal's processors, by -mcpu: the architecture, and whether it drives the Tensix engine.
PROCESSORS = {
    "tt-wh": ("wormhole", False),
    "tt-wh-tensix": ("wormhole", True),
    "tt-bh": ("blackhole", False),
    "tt-bh-tensix": ("blackhole", True),
}


class Command:
    """A command of TT-metal's, taken apart. No dataclass: importing that takes 20 ms."""

    def __init__(self) -> None:
        self.cpu = ""
        self.inputs: list[str] = []
        self.output = ""
        #: The file that names what the output was made of, in make's form.
        self.dependencies = ""
        self.defines: dict[str, str] = {}
        self.includes: list[str] = []
        #: What else goes to clang, and to lld.
        self.compile_args: list[str] = []
        self.link_args: list[str] = []
        self.compiles = False
        self.is_header = False

    @property
    def arch(self) -> str:
        return PROCESSORS[self.cpu][0]

    @property
    def is_tensix(self) -> bool:
        """Whether this is for a TRISC, whose code holds instructions of the Tensix engine."""
        return PROCESSORS[self.cpu][1]

    @property
    def is_firmware(self) -> bool:
        return "FW_BUILD" in self.defines

    @property
    def is_kernel(self) -> bool:
        return "KERNEL_BUILD" in self.defines


Action = Callable[[Command, str], None]


def _drop(command: Command, flag: str) -> None:
    pass


def _keep(command: Command, flag: str) -> None:
    command.compile_args.append(flag)


def _keep_for_link(command: Command, flag: str) -> None:
    command.link_args.append(flag)


def _define(command: Command, flag: str) -> None:
    name, _, value = flag[2:].partition("=")
    command.defines[name] = value
    command.compile_args.append(flag)


def _linker_options(command: Command, flag: str) -> None:
    command.link_args.extend(flag.split(",")[1:])


def _processor(command: Command, flag: str) -> None:
    cpu = flag.partition("=")[2]
    if cpu not in PROCESSORS:
        raise Refused(f"{flag}: an unknown processor; expected one of {', '.join(PROCESSORS)}")
    command.cpu = cpu


def _standard(command: Command, flag: str) -> None:
    # TT-metal's C++17 has parts of C++20 in it by SFPI's -ftt-nttp, -ftt-consteval, -ftt-constinit.
    command.compile_args.append("-std=c++20")


def _stack_limit(command: Command, flag: str) -> None:
    command.compile_args.append("-Werror=frame-larger-than=" + flag.rpartition("=")[2])


def _compile(command: Command, flag: str) -> None:
    command.compiles = True


def _input(command: Command, flag: str) -> None:
    command.inputs.append(flag)


def _output(command: Command, flag: str, value: str) -> None:
    command.output = value


def _dependencies(command: Command, flag: str, value: str) -> None:
    command.dependencies = value
    command.compile_args += [flag, value]


def _include(command: Command, flag: str, value: str) -> None:
    command.includes.append(value)


def _language(command: Command, flag: str, value: str) -> None:
    if value != "c++-header":
        raise Refused(f"{flag} {value}: an unknown language; expected c++-header")
    command.is_header = True


#: Flags that take the next argument as their value.
_WITH_VALUE: dict[str, Callable[[Command, str, str], None]] = {
    "-o": _output,
    "-MF": _dependencies,
    "-include": _include,
    "-x": _language,
}

#: The rest; the first pattern that matches the whole flag decides.
_TABLE: list[tuple[str, Action]] = [
    (r"-c", _compile),
    (r"-D.+", _define),
    (r"-[IU].+", _keep),
    (r"-O[0-3sz]?", _keep),
    (r"-MMD", _keep),
    (r"-std=c\+\+(17|20)", _standard),
    (r"-mcpu=.*", _processor),
    # What may be assumed of the program, which clang and GCC spell alike.
    (r"-f(no-)?(exceptions|rtti|use-cxa-atexit|delete-null-pointer-checks)", _keep),
    (r"-f(no-)?(fast-math|finite-math-only|signed-zeros|associative-math)", _keep),
    # GCC's own optimisations, and SFPI's own language switches. -fno-builtin stands for the first.
    (r"-fno-tree-loop-distribute-patterns", _drop),
    (r"-ftt-(nttp|constinit|consteval|no-dyninit)", _drop),
    (r"-flto(=.*)?|-flto-partition=.*|--param=.*", _drop),
    (r"-fno-extern-tls-init", _drop),
    # Whether SFPI works round a defect of silicon, as at the ebreak of an assertion.
    (r"-m(no-)?tt-fix-\w+", _drop),
    # Nothing reads debug information on a simulator, and it doubles the time to compile.
    (r"-g[0-3]?", _drop),
    # The warnings are chosen for GCC.
    (r"-Werror=stack-usage=\d+", _stack_limit),
    (r"-W(?![al],).*", _drop),
    (r"-Wl,.+", _linker_options),
    (r"-[LT].+", _keep_for_link),
    (r"-nostartfiles", _drop),
    (r"[^-].*", _input),
]
_PATTERNS = [(re.compile(pattern), action) for pattern, action in _TABLE]


def parse(argv: list[str]) -> Command:
    """Take a command line of TT-metal's apart; raises Refused for what the table doesn't have."""
    command = Command()
    arguments = iter(argv)
    for flag in arguments:
        if flag in _WITH_VALUE:
            value = next(arguments, None)
            if value is None:
                raise Refused(f"{flag} at the end of the command; expected a value after it")
            _WITH_VALUE[flag](command, flag, value)
            continue
        for pattern, action in _PATTERNS:
            if pattern.fullmatch(flag):
                action(command, flag)
                break
        else:
            raise Refused(f"{flag}: a flag that this compiler doesn't know")
    for what, missing in (
        ("-mcpu=tt-...", not command.cpu),
        ("-o FILE", not command.output),
        ("an input file", not command.inputs),
    ):
        if missing:
            raise Refused(f"the command has no {what}")
    return command
