/*!
 * \file test_program_json.cc
 * \brief A tile program as text and back: byte for byte, and what is no tile program.
 */
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>

#include "program/json/json.h"
#include "program/json/json_text.h"

namespace tilelang_tt {
namespace program {
namespace {

/*! A program with one launch, whose body is given; buffers are a tensor, scratch and a view. */
std::string WithBody(const std::string& body) {
  return R"({"version":1,"buffers":[)"
         R"({"name":"A","kind":"tensor","param":0,"dtype":"float32","shape":[64,96]},)"
         R"({"name":"s","kind":"scratch","scope":"shared.dyn","dtype":"float32","shape":[64,96]},)"
         R"({"name":"v","kind":"view","of":0,"offset":32,"dtype":"float32","shape":[96]},)"
         R"({"name":"n","kind":"scratch","scope":"local.var","dtype":"int32","shape":[1]},)"
         R"({"name":"w","kind":"workspace","dtype":"float32","shape":[64,96],"pad":{"float":[-1.5,"float32"]}}],)"
         R"("variables":[{"name":"bx","kind":"block","dtype":"int32"},)"
         R"({"name":"i","kind":"loop","dtype":"int32"},{"name":"j","kind":"loop","dtype":"int32"},)"
         R"({"name":"t","kind":"let","dtype":"float32"},)"
         R"({"name":"m","kind":"scalar","param":1,"dtype":"int64"}],)"
         R"("launches":[{"grid":[4,1,1],"indices":[0,null,null],"body":[)" +
         body + "]}]}";
}

/*! A map with a store to A of one value, whatever its dtype. */
std::string WithValue(const std::string& value) {
  return WithBody(R"({"step":"map","loops":[],"body":[{"step":"store","buffer":0,"at":[0,0],)"
                  R"("value":{"cast":["float32",)" +
                  value + "]}}]}");
}

const std::string kWhole = R"({"buffer":0,"at":[0,0],"shape":[64,96]})";
const std::string kScratch = R"({"buffer":1,"at":[0,0],"shape":[64,96]})";

const std::string kOne = R"({"buffer":3,"at":[0],"shape":[1]})";

/*! The first elements of A. */
std::string Part(int rows, int columns) {
  return R"({"buffer":0,"at":[0,0],"shape":[)" + std::to_string(rows) + "," +
         std::to_string(columns) + "]}";
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  REQUIRE(text.find(from) != text.npos);
  return text.replace(text.find(from), from.size(), to);
}

/*! The error that reading raises; "" if it raises none. */
std::string ErrorOf(const std::string& text) {
  try {
    FromJson(text);
  } catch (const MalformedProgram& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("every kind of step is written as it was read, byte for byte", "[program]") {
  std::string step = GENERATE_COPY(
      R"({"step":"copy","src":)" + kWhole + R"(,"dst":)" + kScratch + "}",
      R"({"step":"fill","dst":)" + kScratch + R"(,"value":{"float":[0.0,"float32"]}})",
      R"({"step":"gemm","a":)" + Part(32, 64) + R"(,"b":)" + Part(64, 32) + R"(,"c":)" +
          Part(64, 64) + R"(,"transpose_a":true,"transpose_b":true,"clear":{"eq":[{"var":0},1]}})",
      R"({"step":"gemm","a":)" + Part(64, 32) + R"(,"b":)" + Part(32, 96) + R"(,"c":)" + kScratch +
          "}",
      R"({"step":"reduce","kind":"absmax","src":)" + kWhole + R"(,"dst":)" + Part(64, 1) +
          R"(,"axis":1,"clear":false,"nan":true})",
      R"({"step":"reduce","kind":"bitxor","src":)" + kOne + R"(,"dst":)" + kOne + R"(,"axis":0})",
      R"({"step":"scan","kind":"max","src":)" + kWhole + R"(,"dst":)" + kScratch +
          R"(,"axis":1,"reverse":true})",
      R"({"step":"transpose","src":)" + Part(64, 32) + R"(,"dst":)" + Part(32, 64) + "}",
      R"({"step":"atomic","kind":"add","dst":)" + kWhole + R"(,"src":)" + kScratch + "}",
      R"({"step":"atomic","kind":"max","dst":)" + kWhole + R"(,"value":1})",
      R"({"step":"map","loops":[{"var":1,"min":1,"extent":64,"kind":"parallel"},)"
      R"({"var":2,"extent":96,"kind":"vectorised"}],"body":[)"
      R"({"step":"let","var":3,"value":{"load":[1,{"var":1},{"var":2}]}},)"
      R"({"step":"when","condition":true,"then":[],"else":[)"
      R"({"step":"atomic","kind":"min","buffer":0,"at":[{"var":1},{"var":2}],"value":{"var":3}}]}]})",
      R"({"step":"loop","var":1,"min":{"int":[5,"int64"]},"extent":4,"kind":"unrolled","stages":3,)"
      R"("order":[-1,0],"stage":[0,1],"group":[[0],[1,2]],"body":[{"step":"break"},{"step":"continue"}]})",
      R"({"step":"while","condition":{"lt":[{"load":[3,0]},4]},"body":[)"
      R"({"step":"assign","buffer":3,"value":{"add":[{"load":[3,0]},1]}}]})",
      R"({"step":"when","condition":{"eq":[{"var":4},{"int":[3,"int64"]}]},"then":[{"step":"barrier"}]})",
      R"({"step":"opaque","op":"tl.x","reason":"\"quoted\"\n\u0001 \u00e9\u20ac\ud83d\ude00","reads":[],"writes":[0,1]})",
      R"({"step":"opaque","op":"tl.y","reason":"no meaning","reads":[2],"writes":[],"variables":[3]})");
  std::string text = WithBody(step);
  CHECK(ToJson(FromJson(text)) == text);
}

TEST_CASE("every operation is written as it was read, byte for byte", "[program]") {
  int op = GENERATE(range(static_cast<int>(Op::kAdd), kNumOps));
  const char* operand = Takes(static_cast<Op>(op), kInt32)     ? "3"
                        : Takes(static_cast<Op>(op), kFloat32) ? R"({"float":[3.0,"float32"]})"
                                                               : "true";
  std::string value = std::string("{\"") + KeyOf(static_cast<Op>(op)) + "\":[";
  for (int i = 0; i < ArityOf(static_cast<Op>(op)); ++i) {
    bool condition = op == static_cast<int>(Op::kSelect) && i == 0;
    value += (i > 0 ? "," : "") + std::string(condition ? "true" : operand);
  }
  std::string text = WithValue(value + "]}");
  CHECK(ToJson(FromJson(text)) == text);
}

TEST_CASE("leaves and casts are written as they were read, byte for byte", "[program]") {
  std::string value = GENERATE(
      as<std::string>(), R"({"int":[18446744073709551615,"uint64"]})", "-7", "true",
      R"({"int":[-7,"int64"]})", R"({"int":[255,"uint8"]})", R"({"float":[1.0,"bfloat16"]})",
      R"({"float":[-0.0,"float16"]})", R"({"float":[{"special":"inf"},"float32"]})",
      R"({"float":[{"special":"-inf"},"float32"]})", R"({"float":[{"special":"nan"},"float64"]})",
      R"({"cast":["float8_e4m3fn",1]})", R"({"bits":["float32",1]})", R"({"load":[0,{"var":0},1]})",
      R"({"var":4})");
  std::string text = WithValue(value);
  CHECK(ToJson(FromJson(text)) == text);
}

TEST_CASE("keys may be in any order, with white space", "[program]") {
  std::string text = WithBody(R"({"step":"barrier"})");
  std::string other = Replaced(text, R"("grid":[4,1,1],"indices":[0,null,null])",
                               "\"indices\" : [0, null,\n\tnull], \"grid\": [4, 1, 1]");
  CHECK(ToJson(FromJson(other)) == text);
}

TEST_CASE("a double is written as Python writes it", "[program]") {
  struct Case {
    double value;
    const char* text;
  };
  Case table = GENERATE(
      Case{0.0, "0.0"}, Case{-0.0, "-0.0"}, Case{1.0, "1.0"}, Case{-2.5, "-2.5"}, Case{0.1, "0.1"},
      Case{1e15, "1000000000000000.0"}, Case{1e16, "1e+16"}, Case{1.5e16, "1.5e+16"},
      Case{9007199254740993.0, "9007199254740992.0"}, Case{1e-4, "0.0001"}, Case{1e-5, "1e-05"},
      Case{0.00012345, "0.00012345"}, Case{1.2345e-5, "1.2345e-05"}, Case{1e100, "1e+100"},
      Case{123456.789, "123456.789"}, Case{5e-324, "5e-324"},
      Case{1.7976931348623157e308, "1.7976931348623157e+308"}, Case{1.0 / 3, "0.3333333333333333"},
      Case{static_cast<double>(0.1f), "0.10000000149011612"});
  std::string text;
  AppendReal(table.value, &text);
  CHECK(text == table.text);
}

TEST_CASE("what is no tile program is refused with its place", "[program]") {
  std::string empty = WithBody("");
  std::string copy = WithBody(R"({"step":"copy","src":)" + kWhole + R"(,"dst":)" + kScratch + "}");
  auto text_and_error = GENERATE_COPY(table<std::string, std::string>({
      {"", "line 1, column 1: found the end of the text; expected a value"},
      {"{\"version\":1,\n x", "line 2, column 2: found 'x'; expected a key"},
      {empty + "x", "expected the end of the text"},
      {"{\"a\":1,\"a\":2}", "expected \"a\" only once in an object"},
      {"[01]", "expected a number without leading zeros"},
      {Replaced(empty, "\"param\":1", "\"param\":0"),
       "buffers[0].param: found 0 a second time; expected a place of its own"},
      {WithValue("18446744073709551615"),
       "value.cast[1]: found 18446744073709551615; expected an integer"},
      {"[99999999999999999999]", "expected an integer of at most 64 bits"},
      {std::string(5000, '['), "expected at most 4000 nested values"},
      {"[]", "program: found a list of 0; expected an object"},
      {Replaced(empty, "\"version\":1", "\"version\":3"),
       "program.version: found 3; expected an integer of 1 to 1"},
      {Replaced(empty, "\"param\":0,", ""), "program.buffers[0]: found no \"param\"; expected one"},
      {Replaced(empty, "\"tensor\"", "\"image\""),
       "program.buffers[0].kind: found \"image\"; expected one of tensor, workspace"},
      {Replaced(empty, "\"float32\"", "\"float31\""), "expected a dtype's name"},
      {Replaced(empty, "\"of\":0", "\"of\":2"),
       "program.buffers[2].of: found a view; expected a buffer that is none"},
      {Replaced(empty, "\"offset\":32", "\"offset\":6144"),
       "program.buffers[2]: found a view that ends beyond A"},
      {Replaced(empty, "[0,null,null]", "[1,null,null]"),
       "launches[0].indices[0]: found a loop variable; expected a block variable"},
      {Replaced(empty, "[0,null,null]", "[0,0,null]"), "expected each variable bound once"},
      {Replaced(empty, "[4,1,1]", "[4,0,1]"), "grid[1]: found 0; expected an integer of 1"},
      {Replaced(copy, "\"copy\"", "\"kopy\""),
       "program.launches[0].body[0].step: found \"kopy\"; expected a step"},
      {Replaced(copy, "\"src\"", "\"source\""), "found the key \"source\"; expected none but step"},
      {Replaced(copy, "\"at\":[0,0]", "\"at\":[0]"),
       "body[0].src.at: found a list of 1; expected 2 items, one each a dimension of A"},
      {Replaced(copy, "\"shape\":[64,96]}}", "\"shape\":[64,95]}}"),
       "body[0]: found src of [64, 96] and dst of [64, 95]; expected the same extents"},
      {Replaced(copy, "\"buffer\":1", "\"buffer\":9"), "found 9; expected an integer of 0 to 4"},
      {WithBody(R"({"step":"break"})"), "expected a loop or a while around it"},
      {WithValue(R"({"var":1})"), "found 1; expected a variable that is bound here"},
      {WithValue(R"({"add":[1]})"), "add: found a list of 1; expected 2 operands"},
      {WithValue(R"({"exp":[1]})"), "exp[0]: found int32; expected a dtype that the operation has"},
      {WithValue(R"({"float":[1,"float32"]})"), "expected a number with a point"},
      {WithValue(R"({"add":[1,{"int":[1,"int64"]}]})"),
       "add[1]: found int64; expected int32, as the operand before; cast one"},
      {WithValue(R"({"and":[1,true]})"),
       "and[0]: found int32; expected a dtype that the operation has"},
      {WithValue(R"({"int":[256,"uint8"]})"), "found 256; expected an integer of 0 to 255"},
      {WithValue(R"({"float":[1.0,"int8"]})"), "expected a dtype of floating point"},
      {WithValue(R"({"bits":["int8",1]})"), "expected dtypes of one size"},
      {WithValue(R"({"frob":[1]})"), "expected an operation of docs/program.md"},
      {WithValue(R"({"load":[0,0]})"), "found 1 indices; expected 2, one each a dimension of A"},
      {WithBody(R"({"step":"map","loops":[],"body":[{"step":"barrier"}]})"),
       "found \"barrier\"; expected store, atomic, when, let or loop, since it stands in a map"},
      {WithBody(R"({"step":"transpose","src":)" + Part(64, 32) + R"(,"dst":)" + Part(64, 32) + "}"),
       "found extents 64 and 32; expected the same"},
      {WithBody(R"({"step":"gemm","a":)" + Part(64, 32) + R"(,"b":)" + Part(64, 32) + R"(,"c":)" +
                Part(64, 32) + "}"),
       "found extents 32 and 64; expected the same"},
      {WithBody(R"({"step":"assign","buffer":1,"value":1})"), "expected scratch of one element"},
      {WithBody(R"({"step":"atomic","kind":"add","dst":)" + kWhole + "}"),
       "expected one with either value or src"},
  }));
  auto [text, error] = text_and_error;
  CHECK_THAT(ErrorOf(text), Catch::Contains(error));
}

}  // namespace
}  // namespace program
}  // namespace tilelang_tt
