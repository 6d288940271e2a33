"""TileLang's own call: ``kernel(A, B)``, with ``target="tenstorrent"``.

slot.py registers with TileLang the target that target.py says; expected.py says which device is
meant. When TileLang compiles, compiled.py makes of a function what is kept, as text; when it calls,
kernel.py makes of that, of the arguments' shapes and of the device that is open what runs there.
arguments.py checks what was given, and moves it.
"""
