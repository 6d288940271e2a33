// Where TT-metal's firmware keeps what mailbox.py reads of a Tensix core: bytes from the start of
// its L1, sizes in bytes, and values. Compiled when a runtime root is made, and read from the
// object; the order is that of mailbox.Mailboxes.
#define KERNEL_BUILD
#define COMPILE_FOR_BRISC
#include "hostdev/dev_msgs.h"

extern "C" const unsigned mailboxes[] = {
    MEM_MAILBOX_BASE + offsetof(mailboxes_t, subordinate_sync),
    MEM_MAILBOX_BASE + offsetof(mailboxes_t, launch_msg_rd_ptr),
    MEM_MAILBOX_BASE + offsetof(mailboxes_t, launch),
    sizeof(launch_msg_t),
    launch_msg_buffer_num_entries,
    offsetof(kernel_config_msg_t, enables),
    offsetof(kernel_config_msg_t, watcher_kernel_ids),
    MEM_MAILBOX_BASE + offsetof(mailboxes_t, go_messages),
    sizeof(go_msg_t),
    go_message_num_entries,
    offsetof(go_msg_t, signal),
    MEM_MAILBOX_BASE + offsetof(mailboxes_t, go_message_index),
    MEM_MAILBOX_BASE + offsetof(mailboxes_t, watcher.debug_waypoint),
    RUN_MSG_GO,
    RUN_SYNC_MSG_DONE,
};
