// What a core does for a question about the device: the first common argument says which. They
// are one program text, so that a run compiles it once for each NoC; what a kernel costs to compile
// is what small proofs cost.
//
// Compile-time arguments: a tensor's accessor, which report_addresses and copy_tiles look at.
#include "api/dataflow/dataflow_api.h"
#include "copy_tiles.h"
#include "move_pages.h"
#include "report_addresses.h"
#include "report_banks.h"

void kernel_main() {
  switch (get_common_arg_val<uint32_t>(0)) {
    case 0:
      return report_banks();
    case 1:
      return report_addresses();
    case 2:
      return move_pages();
#ifdef COMPILE_FOR_NCRISC  // the copies go over NoC 0 alone
    case 3:
      return copy_tiles();
#endif
  }
}
