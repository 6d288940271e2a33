/*!
 * \file test_infer_tt_role.cc
 * \brief InferDefaultTTShard: what a kernel does with a tensor, whatever its name suggests.
 *
 * The tensor that is looked at is named "A", like an input; beside it is a "C".
 */
#include <catch2/catch.hpp>

#include "kernels.h"
#include "metadata.h"

namespace tilelang_tt {
namespace testing {
namespace {

/*! A kernel over 8 x 8 elements of A and C, with an extra number n. */
struct Kernel88 {
  Param a = Tensor("A", {8, 8}), c = Tensor("C", {8, 8}), n = Scalar("n");

  Node Func(const Node& body) const {
    return PrimFunc(
        "f", {a, c, n},
        Kernel({1}, KernelForm::kThreadBinding, [&](const std::vector<Expr>&) { return body; }));
  }

  std::string RoleOf(const char* name, const Node& body) const {
    return Text(Descriptor(InferShard(Func(body), Device(8, 9)), name), "tt_role");
  }

  Node Clear(const Expr& row, const Expr& column) const {
    return Store(a, {row, column}, Zero("float32"));
  }
  Node Accumulate(const Expr& row, const Expr& column) const {
    return Store(a, {row, column}, Load(a, {row, column}) + Load(c, {row, column}));
  }
  Node ClearAll() const {
    return For(8, [&](Expr i) { return For(8, [&](Expr j) { return Clear(i, j); }); });
  }
  Node AccumulateAll() const {
    return For(8, [&](Expr i) { return For(8, [&](Expr j) { return Accumulate(i, j); }); });
  }
};

TEST_CASE("a tensor that is loaded is an input, one that is stored an output", "[role]") {
  Kernel88 k;
  Node copy = Store(k.a, {0, 0}, Load(k.c, {0, 0}));
  CHECK(k.RoleOf("C", copy) == "in");
  CHECK(k.RoleOf("A", copy) == "out");
}

TEST_CASE("a tensor that is loaded and stored is both", "[role]") {
  Kernel88 k;
  CHECK(k.RoleOf("A", k.AccumulateAll()) == "inout");
  CHECK(k.RoleOf("A", Seq({k.Accumulate(0, 0), k.ClearAll()})) == "inout");
}

TEST_CASE("a tensor that is not touched is an input", "[role]") {
  Kernel88 k;
  CHECK(k.RoleOf("C", k.ClearAll()) == "in");
}

TEST_CASE("a tensor that only an index or a condition reads is an input", "[role]") {
  Param indices = Tensor("out", {8}, "int32"), a = Tensor("in", {8});
  Node by_index = Store(a, {Load(indices, {0})}, Zero("float32"));
  Node by_condition = If(Load(indices, {0}) < 3, Store(a, {0}, Zero("float32")));
  for (const Node& body : {by_index, by_condition}) {
    Node func = PrimFunc(
        "f", {indices, a},
        Kernel({1}, KernelForm::kThreadExtent, [&](const std::vector<Expr>&) { return body; }));
    AttrMap attrs = InferShard(func, Device(8, 9));
    CHECK(Text(Descriptor(attrs, "out"), "tt_role") == "in");
    CHECK(Text(Descriptor(attrs, "in"), "tt_role") == "out");
  }
}

TEST_CASE("a tensor that is cleared and then accumulated into is an output", "[role]") {
  Kernel88 k;
  CHECK(k.RoleOf("A", Seq({k.Clear(0, 0), k.Accumulate(0, 0)})) == "out");
  CHECK(k.RoleOf("A", Seq({k.ClearAll(), k.AccumulateAll()})) == "out");
  CHECK(k.RoleOf("A", For(8, [&](Expr i) {
                   return Seq({k.Clear(i, 0), For(5, [&](Expr) { return k.Accumulate(i, 0); })});
                 })) == "out");
}

TEST_CASE("a GEMM's product is an output, its factors are inputs, in both forms of T.Kernel",
          "[role]") {
  AttrMap attrs = InferShard(Gemm(64, 64, 96, GENERATE(values(kBothForms))), Device(8, 9));
  CHECK(Text(Descriptor(attrs, "A"), "tt_role") == "in");
  CHECK(Text(Descriptor(attrs, "B"), "tt_role") == "in");
  CHECK(Text(Descriptor(attrs, "C"), "tt_role") == "out");
}

TEST_CASE("a tensor that may not have been cleared where it is read is both", "[role]") {
  Kernel88 k;
  Expr n = k.n.var;
  SECTION("another element") {
    CHECK(k.RoleOf("A", Seq({k.Clear(0, 0), k.Accumulate(0, 1)})) == "inout");
  }
  SECTION("an element that another index names") {
    CHECK(k.RoleOf("A", For(8, [&](Expr i) {
                     return For(8,
                                [&](Expr j) { return Seq({k.Clear(i, 0), k.Accumulate(j, 0)}); });
                   })) == "inout");
  }
  SECTION("a condition") {
    CHECK(k.RoleOf("A", Seq({If(n < 3, k.ClearAll()), k.AccumulateAll()})) == "inout");
  }
  SECTION("a loop that may not run") {
    Node clear = For(n, [&](Expr) { return k.Clear(0, 0); });
    CHECK(k.RoleOf("A", Seq({clear, k.Accumulate(0, 0)})) == "inout");
  }
  SECTION("fewer rows") {
    Node clear = For(7, [&](Expr i) { return For(8, [&](Expr j) { return k.Clear(i, j); }); });
    CHECK(k.RoleOf("A", Seq({clear, k.AccumulateAll()})) == "inout");
  }
  SECTION("the diagonal only") {
    Node clear = For(8, [&](Expr i) { return k.Clear(i, i); });
    CHECK(k.RoleOf("A", Seq({clear, k.AccumulateAll()})) == "inout");
  }
}

TEST_CASE("a loop that may be left early has not cleared all of its elements", "[role]") {
  Kernel88 k;
  Expr n = k.n.var;
  auto role_after = [&](const std::function<Node(Expr i, Expr j)>& body) {
    Node clear = For(8, [&](Expr i) { return For(8, [&](Expr j) { return body(i, j); }); });
    return k.RoleOf("A", Seq({clear, k.AccumulateAll()}));
  };
  CHECK(role_after([&](Expr i, Expr j) { return Seq({If(n < 3, Break()), k.Clear(i, j)}); }) ==
        "inout");
  CHECK(role_after([&](Expr i, Expr j) { return Seq({If(n < 3, Continue()), k.Clear(i, j)}); }) ==
        "inout");
  CHECK(role_after([&](Expr i, Expr j) { return Seq({k.Clear(i, j), If(n < 3, Break())}); }) ==
        "inout");
}

struct Masked {
  int mask;
  const char* role;
};

constexpr Masked kRead{1, "in"}, kWritten{2, "out"}, kBoth{3, "inout"};

/*! The whole of a tensor as an operand of a tile operator. */
Expr Region(const Param& tensor, int mask, const std::string& op = "tl.region") {
  return CallOp(op, {Load(tensor, {0, 0}), mask, 8, 8});
}

TEST_CASE("a tile operator's access mask says what it does to a region", "[role]") {
  // tilelang 0.1.15 and before it.
  std::string op = GENERATE("tl.region", "tl.tileop.region");
  Masked table = GENERATE(kRead, kWritten, kBoth);
  Kernel88 k;
  Node body = Evaluate(CallOp("tl.tileop.copy", {Region(k.a, table.mask, op)}));
  CHECK(k.RoleOf("A", body) == table.role);
}

TEST_CASE("an access pointer's mask says what is done through it", "[role]") {
  Masked table = GENERATE(kRead, kWritten, kBoth);
  Kernel88 k;
  Expr of_tvm = AccessPtr(k.a, table.mask);
  Expr of_tilelang = CallOp("tl.access_ptr", {Load(k.a, {0, 0}), 64, table.mask});
  for (const Expr& pointer : {of_tvm, of_tilelang}) {
    CHECK(k.RoleOf("A", Evaluate(CallOp("tl.call_of_a_test", {pointer}))) == table.role);
  }
}

TEST_CASE("a region that is filled and then accumulated into is an output", "[role]") {
  Kernel88 k;
  auto fill = [&](int row) {
    Expr region = CallOp("tl.region", {Load(k.a, {row, 0}), 2, 4, 8});
    return Evaluate(CallOp("tl.tileop.fill", {region, Zero("float32")}));
  };
  auto accumulate = [&](int row) {
    return For(4, [&](Expr i) { return For(8, [&](Expr j) { return k.Accumulate(row + i, j); }); });
  };
  CHECK(k.RoleOf("A", Seq({fill(0), accumulate(0)})) == "out");
  CHECK(k.RoleOf("A", Seq({fill(4), accumulate(0)})) == "inout");
  CHECK(k.RoleOf("A", Seq({accumulate(0), fill(0)})) == "inout");
}

TEST_CASE("what an operator that no rule knows does with an element is both", "[role]") {
  Kernel88 k;
  CHECK(k.RoleOf("A", Evaluate(CallOp("tl.call_of_a_test", {Load(k.a, {0, 0})}))) == "inout");
}

TEST_CASE("an operator reads its operands before it writes its results", "[role]") {
  Kernel88 k;
  Node body = Evaluate(CallOp("tl.tileop.copy", {Region(k.a, 2), Region(k.a, 1)}));
  CHECK(k.RoleOf("A", body) == "inout");
}

TEST_CASE("an atomic update reads what it adds to, an atomic store does not", "[role]") {
  Kernel88 k;
  CHECK(k.RoleOf("A", Evaluate(CallOp("tl.tileop.atomicadd", {Region(k.a, 2)}))) == "inout");
  CHECK(k.RoleOf("A", Evaluate(CallOp("tl.atomic_store_elem_op", {Region(k.a, 2)}))) == "out");
}

TEST_CASE("a call gets a tensor's pointer without a mask: both", "[role]") {
  Kernel88 k;
  Node body = Evaluate(CallOp("tirx.address_of", {Load(k.a, {0, 0})}));
  CHECK(k.RoleOf("A", body) == "inout");
}

TEST_CASE("tilelang_out_idx makes an output, counted from either end", "[role]") {
  Kernel88 k;
  struct Case {
    int64_t index;
    const char* role_a;
    const char* role_c;
  };
  Case table = GENERATE(Case{0, "out", "in"}, Case{1, "inout", "out"}, Case{-3, "out", "in"},
                        Case{-2, "inout", "out"});
  Node func = WithAttr(k.Func(k.AccumulateAll()), "tilelang_out_idx", List({table.index}));
  AttrMap attrs = InferShard(func, Device(8, 9));
  CHECK(Text(Descriptor(attrs, "A"), "tt_role") == table.role_a);
  CHECK(Text(Descriptor(attrs, "C"), "tt_role") == table.role_c);
}

TEST_CASE("a role that the author set is kept", "[role]") {
  Kernel88 k;
  AttrMap mine{{"A", AttrMap{{"tt_role", ffi::String("inout")}}}};
  Node func = WithAttr(k.Func(k.ClearAll()), "tt_buffers", mine);
  CHECK(Text(Descriptor(InferShard(func, Device(8, 9)), "A"), "tt_role") == "inout");
}

}  // namespace
}  // namespace testing
}  // namespace tilelang_tt
