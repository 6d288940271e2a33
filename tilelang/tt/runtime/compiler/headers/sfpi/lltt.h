// Recording and replaying Tensix instructions, with the names that SFPI's lltt.h has.
//
// REPLAY (opcode 4) either plays instructions out of a thread's replay buffer, or records the
// ones that follow it; TT_OP_REPLAY in TT-metal's ckernel_ops.h has the fields of its word.
#pragma once

#include <cstdint>

extern volatile std::uint32_t __instrn_buffer[];

namespace lltt {

enum ExecBool : bool { NoExec = false, Exec = true };

constexpr std::uint32_t replay_insn(std::uint32_t start, std::uint32_t length, bool execute = false,
                                    bool load = false) {
  return 4u << 24 | start << 14 | length << 4 | std::uint32_t(execute) << 1 | std::uint32_t(load);
}

// Record the next `length` instructions, and execute them too if E is Exec.
template <ExecBool E = NoExec>
[[gnu::always_inline]] inline void record(std::uint32_t start, std::uint32_t length) {
  ::__instrn_buffer[0] = replay_insn(start, length, E == Exec, true);
}

[[gnu::always_inline]] inline void replay(std::uint32_t start, std::uint32_t length) {
  ::__instrn_buffer[0] = replay_insn(start, length);
}

}  // namespace lltt
