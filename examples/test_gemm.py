"""How a kernel author proves a kernel: pytest has tt_device and tt_prove from tilelang-tt.

pytest examples/test_gemm.py --tt-backend wolfpine --tt-arch wormhole
"""

from gemm_tir import gemm

import tilelang.tt as tt


def test_the_metadata_of_the_gemm_is_proven(tt_device, tt_prove):
    tt_prove(tt.infer_metadata(gemm(256, 384, 64), tt_device.spec))
