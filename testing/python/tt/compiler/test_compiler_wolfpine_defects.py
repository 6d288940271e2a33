"""What wolfpine executes otherwise than RISC-V has it, and this compiler works around.

A failure here means that wolfpine has put it right: the work-around named may go.
"""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.needs("wolfpine")


@pytest.fixture
def base() -> Any:
    """wolfpine's RV32I."""
    from framework.pe.rv.isa.i_isa import RV_I_ISA

    return RV_I_ISA


@pytest.fixture
def multiply() -> Any:
    """wolfpine's M extension."""
    from framework.pe.rv.isa.m_isa import RV_M_ISA

    return RV_M_ISA


class Register:
    """A 32-bit register, with the methods that wolfpine's instructions call."""

    def __init__(self, value: int = 0) -> None:
        self.value = value & 0xFFFFFFFF

    def read_uint(self) -> int:
        return self.value

    def read_int(self) -> int:
        return self.value - (self.value >> 31 << 32)

    def write(self, data: bytes) -> None:
        self.value = int.from_bytes(bytes(data), "little")


def registers(pc: int, **values: int) -> dict:
    files = {i: Register(values.get(f"x{i}", 0)) for i in range(32)}
    return {**files, "pc": Register(pc), "nextpc": Register()}


def test_a_call_through_the_register_that_it_writes_lands_elsewhere(base) -> None:
    """elf.unsafe_calls, and the refusal in link.py."""
    file = registers(pc=0x104, x1=0x8000)
    base.run(file, None, None, 0x010080E7)  # jalr ra, 16(ra)
    assert file["nextpc"].value == 0x108 + 16 != 0x8000 + 16


def test_a_division_by_zero_ends_the_simulator(multiply) -> None:
    """support/division.cpp, and programs without divide instructions."""
    with pytest.raises(ZeroDivisionError):
        multiply.run(registers(pc=0, x2=5), None, None, 0x023150B3)  # divu ra, sp, gp


def test_a_remainder_has_the_sign_of_the_divisor(multiply) -> None:
    """The same."""
    file = registers(pc=0, x2=-7, x3=3)
    multiply.run(file, None, None, 0x023160B3)  # rem ra, sp, gp
    assert file[1].read_int() == 2 != -1
