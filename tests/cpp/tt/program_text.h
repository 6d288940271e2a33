/*!
 * \file program_text.h
 * \brief Short spellings of tile programs for tests: functions that give pieces of JSON.
 *
 * Buffers are numbered in the order given. Variables are numbered so: 0, 1, 2 are the
 * block's x, y, z; 3 to 8 are loops; 9 is a scalar n of int32; 10 and 11 are lets of int32.
 */
#ifndef TILELANG_TT_TESTS_PROGRAM_TEXT_H_
#define TILELANG_TT_TESTS_PROGRAM_TEXT_H_

#include <string>
#include <vector>

#include "program/json/json.h"

namespace tilelang_tt {
namespace program {

using Ints = std::vector<int64_t>;
/*! A JSON value. */
struct Text {
  std::string json;

  Text(const char* text) : json(text) {}                // NOLINT
  Text(std::string text) : json(std::move(text)) {}     // NOLINT
  Text(int value) : json(std::to_string(value)) {}      // NOLINT
  Text(int64_t value) : json(std::to_string(value)) {}  // NOLINT
};
using Texts = std::vector<Text>;

inline std::string List(const Texts& items) {
  std::string all;
  for (const Text& item : items) all += (all.empty() ? "" : ",") + item.json;
  return "[" + all + "]";
}
inline std::string List(const Ints& items) { return List(Texts(items.begin(), items.end())); }

inline Text Var(int id) { return "{\"var\":" + std::to_string(id) + "}"; }
inline const Text kBx = Var(0), kBy = Var(1), kBz = Var(2), kI = Var(3), kJ = Var(4), kK = Var(5),
                  kL = Var(6), kN = Var(9), kLet = Var(10);

inline Text Apply(const std::string& op, const Texts& args) {
  return "{\"" + op + "\":" + List(args) + "}";
}
inline Text operator+(const Text& a, const Text& b) { return Apply("add", {a, b}); }
inline Text operator-(const Text& a, const Text& b) { return Apply("sub", {a, b}); }
inline Text operator*(const Text& a, const Text& b) { return Apply("mul", {a, b}); }
inline Text Load(int buffer, const Texts& at) {
  Texts args{buffer};
  args.insert(args.end(), at.begin(), at.end());
  return Apply("load", args);
}
inline const Text kZero = "{\"float\":[0.0,\"float32\"]}";

/*! A buffer of float32; tensors are told apart by their place among the parameters. */
inline std::string Tensor(int param, const Ints& shape) {
  return R"({"name":"t","kind":"tensor","param":)" + std::to_string(param) +
         R"(,"dtype":"float32","shape":)" + List(shape) + "}";
}
inline std::string Scratch(const Ints& shape) {
  return R"({"name":"s","kind":"scratch","scope":"shared","dtype":"float32","shape":)" +
         List(shape) + "}";
}
inline std::string View(int of, int64_t offset, const Ints& shape) {
  return R"({"name":"v","kind":"view","of":)" + std::to_string(of) + R"(,"offset":)" +
         std::to_string(offset) + R"(,"dtype":"float32","shape":)" + List(shape) + "}";
}

inline std::string Region(int buffer, const Texts& at, const Texts& shape) {
  return "{\"buffer\":" + std::to_string(buffer) + ",\"at\":" + List(at) +
         ",\"shape\":" + List(shape) + "}";
}
inline Text Copy(const std::string& src, const std::string& dst) {
  return R"({"step":"copy","src":)" + src + R"(,"dst":)" + dst + "}";
}
inline Text Fill(const std::string& dst) {
  return R"({"step":"fill","dst":)" + dst + R"(,"value":)" + kZero.json + "}";
}
/*! more: further keys, ",\"transpose_a\":true". */
inline Text Gemm(const std::string& a, const std::string& b, const std::string& c,
                 const std::string& more = "") {
  return R"({"step":"gemm","a":)" + a + R"(,"b":)" + b + R"(,"c":)" + c + more + "}";
}
inline Text Update(const std::string& dst) {
  return R"({"step":"atomic","kind":"add","dst":)" + dst + R"(,"value":)" + kZero.json + "}";
}
inline Text Opaque(const Ints& reads, const Ints& writes) {
  return R"({"step":"opaque","op":"tl.x","reason":"a test","reads":)" + List(reads) +
         R"(,"writes":)" + List(writes) + "}";
}
inline Text Store(int buffer, const Texts& at, const Text& value = kZero) {
  return R"({"step":"store","buffer":)" + std::to_string(buffer) + R"(,"at":)" + List(at) +
         R"(,"value":)" + value.json + "}";
}
inline Text When(const Text& condition, const Texts& then, const Texts& otherwise = {}) {
  return R"({"step":"when","condition":)" + condition.json + R"(,"then":)" + List(then) +
         (otherwise.empty() ? "" : ",\"else\":" + List(otherwise)) + "}";
}
inline Text While(const Text& condition, const Texts& body) {
  return R"({"step":"while","condition":)" + condition.json + R"(,"body":)" + List(body) + "}";
}
inline Text Let(const Text& value, int var = 10) {
  return R"({"step":"let","var":)" + std::to_string(var) + R"(,"value":)" + value.json + "}";
}
inline const Text kBreak = R"({"step":"break"})", kContinue = R"({"step":"continue"})";

/*! A loop's variable is given by its expression, as kI. */
inline std::string Range(const Text& var, const Text& extent, const std::string& kind,
                         const Text& min = 0) {
  std::string id = var.json.substr(7, var.json.size() - 8);
  return "\"var\":" + id + (min.json == "0" ? "" : ",\"min\":" + min.json) +
         ",\"extent\":" + extent.json + ",\"kind\":\"" + kind + "\"";
}
inline Text For(const Text& var, const Text& extent, const Texts& body, const Text& min = 0,
                const std::string& kind = "serial") {
  return R"({"step":"loop",)" + Range(var, extent, kind, min) + ",\"body\":" + List(body) + "}";
}
/*! Loops around a body, each a variable and an extent. */
inline Text Map(const std::vector<std::pair<Text, Text>>& loops, const Texts& body,
                const std::string& kind = "parallel") {
  Texts ranges;
  for (const auto& [var, extent] : loops) ranges.push_back("{" + Range(var, extent, kind) + "}");
  return R"({"step":"map","loops":)" + List(ranges) + ",\"body\":" + List(body) + "}";
}

/*! One launch; its variables are the block's three unless it is not the first. */
inline std::string Launch(const Ints& grid, const Texts& body, bool first = true) {
  return "{\"grid\":" + List(grid) +
         (first ? ",\"indices\":[0,1,2]" : ",\"indices\":[null,null,null]") +
         ",\"body\":" + List(body) + "}";
}

inline std::string ProgramText(const Texts& buffers, const Texts& launches) {
  Texts variables;
  for (const char* name : {"bx", "by", "bz"}) {
    variables.push_back(std::string(R"({"name":")") + name +
                        R"(","kind":"block","dtype":"int32"})");
  }
  for (const char* name : {"i", "j", "k", "l", "m", "o"}) {
    variables.push_back(std::string(R"({"name":")") + name + R"(","kind":"loop","dtype":"int32"})");
  }
  variables.push_back(R"({"name":"n","kind":"scalar","param":99,"dtype":"int32"})");
  for (const char* name : {"x", "y"}) {
    variables.push_back(std::string(R"({"name":")") + name + R"(","kind":"let","dtype":"int32"})");
  }
  return R"({"version":1,"buffers":)" + List(buffers) + R"(,"variables":)" + List(variables) +
         R"(,"launches":)" + List(launches) + "}";
}

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_TESTS_PROGRAM_TEXT_H_
