// Waits, where it is told to, for a semaphore that nobody sets.
#include "api/dataflow/dataflow_api.h"

void kernel_main() {
  volatile tt_l1_ptr uint32_t* semaphore =
      reinterpret_cast<volatile tt_l1_ptr uint32_t*>(get_semaphore(0));
  if (get_arg_val<uint32_t>(0)) {
    noc_semaphore_wait(semaphore, 1);
  }
}
