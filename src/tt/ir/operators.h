/*!
 * \file ir/operators.h
 * \brief The one table of operators: each by its exact registered name, with what it means.
 *
 * An operator that is not here is not understood; nothing is concluded from a piece of a name.
 */
#ifndef TILELANG_TT_IR_OPERATORS_H_
#define TILELANG_TT_IR_OPERATORS_H_

#include <string>
#include <string_view>

#include "../program/program.h"
#include "node.h"

namespace tilelang_tt {
namespace ir {

/*! \brief How the arguments of an operator are read. */
enum class Form : uint8_t {
  /*! An operation on the arguments: Operator::op. */
  kElement,
  /*! The same, after which a rounding mode is said, which has to be "rn", to nearest. */
  kRounded,
  /*! 1 / x, as kElement and as kRounded. */
  kReciprocal,
  kRoundedReciprocal,
  /*! x times itself so many times, a constant of at least 1. */
  kPower,
  /*! Operator::op of two, NaN if one of them is. */
  kOrNan,
  /*! clamp(x, low, high). */
  kClamp,
  /*! likely(x), which is x. */
  kIdentity,
  /*! reinterpret(x), of the call's dtype. */
  kReinterpret,
  /*! infinity(), of the call's dtype. */
  kInfinity,
  /*! region(buffer[first...], mask, extents...): mask 1 read, 2 written, 3 both. */
  kRegion,
  /*! access_ptr(buffer[first...], extent, mask). */
  kAccessPtr,
  /*! tvm_access_ptr(type, pointer, offset, extent, mask). */
  kRawAccessPtr,
  /*! address_of(buffer[element]). */
  kAddressOf,
  /*! buffer_data(buffer): its pointer. */
  kBufferData,
  /*! A thread's index, which no step can use; Operator::reason says why. */
  kThreadIndex,
  // Statements.
  kCopy,
  kFill,
  kGemm,
  kReduce,
  kCumSum,
  kCumMax,
  kTranspose,
  /*! op(region or value, region): Operator::reduce. */
  kAtomicRegion,
  /*! op(access_ptr of one element, value, memory order): Operator::reduce. */
  kAtomicElement,
  kBarrier,
  kWarpBarrier,
  kBreak,
  kContinue,
  /*! Does nothing that a block's result depends on; Operator::reason says why. */
  kNothing,
  /*! Has no step; Operator::reason says why. Its regions' masks say what it reads and writes. */
  kOpaque,
};

struct Operator {
  Form form;
  program::Op op = program::Op::kInt;
  program::ReduceKind reduce = program::ReduceKind::kSum;
  const char* reason = "";
};

/*! \brief The entry of a registered name ("tl.tileop.copy"); null for one that has none. */
const Operator* FindOperator(std::string_view name);

/*! \brief What the table says of a name: "read", "passed over: <reason>", "opaque: <reason>"; ""
 * for one that it has not. */
std::string MeaningOf(std::string_view name);

/*! \brief Whether a registered name is one of TVM's own, whose arguments are values and pointers.
 */
bool IsCoreOperator(std::string_view name);

/*! \brief The key (TensorParam::key) of the memory that a pointer names, a variable or
 *  buffer_data(buffer); null for any other value. */
const ffi::Object* PointedMemory(const ffi::Any& pointer);

/*! \brief Why an annotation of a tile operator or a loop may be passed over; null if it may not. */
const char* HarmlessAnnotation(std::string_view key);

/*! \brief The same of a block's annotation, and of an AttrStmt around statements. */
const char* HarmlessBlockAttribute(std::string_view key);

}  // namespace ir
}  // namespace tilelang_tt

#endif  // TILELANG_TT_IR_OPERATORS_H_
