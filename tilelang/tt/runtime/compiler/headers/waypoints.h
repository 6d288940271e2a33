// What a kernel waits for, written to the core's mailbox before each wait, from where
// runtime/jobs/mailbox.py reads it of a kernel that never ends.
#pragma once

#include "hostdev/dev_msgs.h"
#include "internal/hw_thread.h"

// TT-metal's own waypoints, which it has only together with the rest of its watcher.
#if defined(WATCHER_ENABLED)
#include "api/debug/waypoint.h"
#else
#define WATCHER_ENABLED 1
#include "api/debug/waypoint.h"
#undef WATCHER_ENABLED

#include "api/debug/kernel_profiler.hpp"

// Compute kernels have none where they wait for circular buffers, but a mark for TT-metal's
// profiler, which knows the buffer, as data-movement kernels have (SYNC-CB-WAIT and
// SYNC-CB-RESERVE; those of semaphores have waypoints too). The bytes: 'c', 'f' (a page at the
// front) or 'r' (room at the back), the buffer, 0; and "cd" once it is there.
struct BufferWaypoint {
  BufferWaypoint(const char* name, uint32_t key) : is_buffer(name[5] == 'C') {
    set('c' | (name[8] == 'W' ? 'f' : 'r') << 8 | key << 16);
  }
  ~BufferWaypoint() { set('c' | 'd' << 8); }
  void set(uint32_t text) const {
    if (is_buffer) {
      (WATCHER_WAYPOINT_MAILBOX)[internal_::get_hw_thread_idx()] = text;
    }
  }
  const bool is_buffer;
};
#undef SYNC_WAIT
#define SYNC_WAIT(name, key) BufferWaypoint buffer_waypoint(name, uint32_t(key))
#endif
