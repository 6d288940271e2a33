// What a core does for a question about the device: the first runtime argument says which. They
// are one program text, so that a run compiles it once for each NoC; what a kernel costs to compile
// is what small proofs cost.
//
// Compile-time arguments: a tensor's accessor, which only report_addresses looks at.
#include "api/dataflow/dataflow_api.h"
#include "move_pages.h"
#include "report_addresses.h"
#include "report_banks.h"

void kernel_main() {
  switch (get_arg_val<uint32_t>(0)) {
    case 0:
      return report_banks();
    case 1:
      return report_addresses();
    case 2:
      return move_pages();
  }
}
