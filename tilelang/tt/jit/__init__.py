"""TileLang's own call: ``kernel(A, B)``, with ``target="tenstorrent"``.

slot.py registers with TileLang the target that target.py says; expected.py says which device is
meant. When TileLang compiles, compiled.py makes of a function what is kept, as text. When it calls,
by entry.py, kernel.py makes of that, of the arguments' shapes and of the device that is open what
runs there. arguments.py checks what was given, each tensor by tensor_kinds.py; moving.py moves it.
"""
