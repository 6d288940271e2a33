"""A compiler in the place of TT-metal's ``riscv-tt-elf-g++``, around the ziglang package.

TT-metal compiles kernels with SFPI, a GCC that is no Python package. For simulators this
package stands in for it: clang and lld, as ziglang carries them, behind GCC's command line.
It compiles data-movement kernels and compute kernels, those that use the vector unit (SFPU)
too (vectors.py); it refuses what doesn't fit into that unit's registers, and to build for a card.

install.py puts it into a runtime root, __main__.py is what TT-metal then calls.
"""
