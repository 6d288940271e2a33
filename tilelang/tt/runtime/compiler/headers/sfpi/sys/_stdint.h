// newlib's header of the same name, which some of TT-metal's kernels include.
#pragma once

#include <cstdint>
