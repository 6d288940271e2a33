"""The functions of libtilelang_tt, under the names that it registers them by, with their types.

Those that are capitalised make passes, and need a TVM in the process: ``_ffi.import_tvm()``.
The blocks are tvm-ffi-stubgen's, which reads them off the library:

    tvm-ffi-stubgen tilelang/tt/_ffi_api.py --dlls build/libtilelang_tt.so
"""

# tvm-ffi-stubgen(begin): import-section
# fmt: off
# isort: off
from __future__ import annotations
from tvm_ffi import init_ffi_api as _FFI_INIT_FUNC
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from tvm_ffi import Object
    from typing import Any
# isort: on
# fmt: on
# tvm-ffi-stubgen(end)

from . import _ffi

_ffi.load()

# tvm-ffi-stubgen(begin): global/tl.tt
# fmt: off
_FFI_INIT_FUNC("tl.tt", __name__)
if TYPE_CHECKING:
    def analyze_program(_0: str, /) -> str: ...
    def canonical_program(_0: str, /) -> str: ...
    def check_device(_0: str, _1: str, /) -> None: ...
    def check_metadata(_0: str, _1: Mapping[str, Any], /) -> None: ...
    def check_plan(_0: str, /) -> Mapping[str, str]: ...
    def describe_tensor(_0: str, _1: Sequence[int], _2: str, _3: Mapping[str, Any], /) -> Mapping[str, Any]: ...
    def function_attributes(_0: Object, /) -> str: ...
    def read_program(_0: Object, _1: Mapping[str, Any], /) -> str: ...
    def schedule_tiles(_0: Sequence[int], _1: Mapping[str, Any], /) -> Mapping[str, Any]: ...
    def version() -> str: ...
    def write_json(_0: Any, /) -> str: ...
# fmt: on
# tvm-ffi-stubgen(end)
# tvm-ffi-stubgen(begin): global/tl.tt.transform
# fmt: off
_FFI_INIT_FUNC("tl.tt.transform", __name__)
if TYPE_CHECKING:
    def ApplyTTDefaults() -> Object: ...
    def BindTTDevice(_0: Mapping[str, Any], _1: bool, /) -> Object: ...
    def InferDefaultTTSchedule() -> Object: ...
    def InferDefaultTTShard() -> Object: ...
    def VerifyTTMetadata() -> Object: ...
# fmt: on
# tvm-ffi-stubgen(end)
