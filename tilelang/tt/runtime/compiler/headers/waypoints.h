// TT-metal's own waypoints, switched on by themselves: each wait in a kernel first writes its name
// to the core's mailbox, from where runtime/mailbox.py reads what a kernel that never ends waits
// for. TT-metal has them only together with the rest of its watcher.
#pragma once

#include "hostdev/dev_msgs.h"
#include "internal/hw_thread.h"

#if defined(WATCHER_ENABLED)
#include "api/debug/waypoint.h"
#else
#define WATCHER_ENABLED 1
#include "api/debug/waypoint.h"
#undef WATCHER_ENABLED
#endif
