/*!
 * \file program/program.h
 * \brief The tile program: what a block does, in the order in which it does it.
 *
 * docs/program.md says what each part means. Plain values: the reader (ir/) makes them,
 * every analysis works on them, and json.h writes and reads them.
 */
#ifndef TILELANG_TT_PROGRAM_PROGRAM_H_
#define TILELANG_TT_PROGRAM_PROGRAM_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "expr.h"

namespace tilelang_tt {
namespace program {

struct Buffer {
  enum class Kind : uint8_t { kTensor, kWorkspace, kScratch, kView };
  Kind kind;
  std::string name;
  /*! kTensor: its place among the function's parameters; else -1. */
  int param = -1;
  /*! kScratch: TileLang's memory scope. */
  std::string scope;
  /*! kView: the storage, which is no view, and the first element, in elements of dtype; else -1. */
  int of = -1;
  int64_t offset = 0;
  Dtype dtype;
  /*! Extents in elements, all constants. */
  std::vector<int64_t> shape;
  /*! What a read out of bounds gives, a constant; null for 0. Tensors and workspaces only. */
  ExprRef pad = nullptr;

  bool in_device_memory() const { return kind == Kind::kTensor || kind == Kind::kWorkspace; }
};

struct Variable {
  enum class Kind : uint8_t { kScalar, kBlock, kLoop, kLet };
  Kind kind;
  std::string name;
  int param = -1;  // kScalar
  Dtype dtype;
};

/*! \brief Elements of a buffer: the first one, and how many along each dimension. */
struct Region {
  int buffer;
  std::vector<ExprRef> at;
  std::vector<ExprRef> shape;
};

struct Step;
using Body = std::vector<Step>;

enum class LoopKind : uint8_t { kParallel, kSerial, kUnrolled, kVectorised, kThread };

struct LoopRange {
  int var;
  ExprRef min;  // never null
  ExprRef extent;
  LoopKind kind;
};

struct Copy {
  Region src, dst;
};

struct Fill {
  Region dst;
  ExprRef value;
};

struct Gemm {
  Region a, b, c;
  bool transpose_a = false, transpose_b = false;
  /*! Whether c is cleared first; never null. */
  ExprRef clear;
};

enum class ReduceKind : uint8_t { kSum, kMax, kMin, kAbsSum, kAbsMax, kBitAnd, kBitOr, kBitXor };

struct Reduce {
  ReduceKind kind;
  Region src, dst;
  int axis;
  bool clear = true;
  bool nan = false;
};

struct Scan {
  ReduceKind kind;  // kSum or kMax
  Region src, dst;
  int axis;
  bool reverse = false;
};

struct Transpose {
  Region src, dst;
};

/*! \brief Combines elements of dst; with src (src.buffer >= 0) or with a value. */
struct Atomic {
  ReduceKind kind;  // kSum, kMax or kMin
  Region dst;
  ExprRef value = nullptr;
  Region src{-1, {}, {}};
};

/*! \brief One element gets a value; within a Map. */
struct Store {
  int buffer;
  std::vector<ExprRef> at;
  ExprRef value;
};

/*! \brief One element is combined with a value; within a Map. */
struct AtomicStore {
  ReduceKind kind;
  int buffer;
  std::vector<ExprRef> at;
  ExprRef value;
};

/*! \brief A nest of loops around Store, AtomicStore, When, Let and serial Loops of these. */
struct Map {
  std::vector<LoopRange> loops;
  Body body;
};

struct Loop {
  LoopRange range;
  int64_t stages = 0;
  std::vector<int64_t> order, stage;
  std::vector<std::vector<int64_t>> group;
  Body body;
};

struct While {
  ExprRef condition;
  Body body;
};

struct When {
  ExprRef condition;
  Body then_body, else_body;
};

struct Assign {
  int buffer;
  ExprRef value;
};

struct Let {
  int var;
  ExprRef value;
};

struct Break {};
struct Continue {};
struct Barrier {};

/*! \brief What is not understood. Buffers in ascending order; supersets. */
struct Opaque {
  std::string op;
  std::string reason;
  std::vector<int> reads, writes;
  std::vector<int> variables;
};

struct Step {
  std::variant<Copy, Fill, Gemm, Reduce, Scan, Transpose, Atomic, Store, AtomicStore, Map, Loop,
               While, When, Assign, Let, Break, Continue, Barrier, Opaque>
      node;

  template <typename T>
  const T* as() const {
    return std::get_if<T>(&node);
  }
};

/*! \brief One T.Kernel. */
struct Launch {
  std::array<int64_t, 3> grid{1, 1, 1};
  /*! The variables of the block's indices along x, y and z; -1 where there is none. */
  std::array<int, 3> indices{-1, -1, -1};
  Body body;
};

struct Program {
  std::vector<Buffer> buffers;
  std::vector<Variable> variables;
  std::vector<Launch> launches;
  ExprArena arena;

  Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  Program(Program&&) = default;
  Program& operator=(Program&&) = default;

  /*! The storage that a buffer's elements are in: itself, or what it is a view of. */
  int StorageOf(int buffer) const {
    return buffers[buffer].kind == Buffer::Kind::kView ? buffers[buffer].of : buffer;
  }
};

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_PROGRAM_H_
