// Waits, where it is told to, for a page of a circular buffer that nobody fills, on TRISC 0.
#include "api/compute/cb_api.h"
#include "api/compute/common.h"

void kernel_main() {
  if (get_arg_val<uint32_t>(0)) {
    cb_wait_front(3, 1);
  }
}
