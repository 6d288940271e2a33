/*!
 * \file ir/read_program.cc
 * \brief Reading launches; see read_program.h.
 */
#include "read_program.h"

#include <utility>

#include "../error.h"
#include "read_steps.h"
#include "thread_binding.h"

namespace tilelang_tt {
namespace ir {
namespace {

using namespace program;  // every kind of step

constexpr const char* kAxisNames[3] = {"x", "y", "z"};

/*! Calls visit(node) for each statement that binds a block index, until it says true. */
template <typename Visit>
bool AnyBlockIndex(const ffi::Any& root, Visit visit) {
  std::vector<ffi::Any> pending{root};
  while (!pending.empty()) {
    ffi::Any value = std::move(pending.back());
    pending.pop_back();
    const ffi::Object* node = ObjectOf(value);
    if (node == nullptr) continue;
    auto push = [&](const char* field) { pending.push_back(Field(node, field)); };
    switch (TypeOf(node).kind) {  // expressions bind no threads
      case Kind::kSeq:
        for (const ffi::Any& item : ArrayField(node, "seq")) pending.push_back(item);
        break;
      case Kind::kFor:
      case Kind::kAttrStmt:
        if (BindingOf(node) && BindingOf(node)->is_block && visit(node)) return true;
        push("body");
        break;
      case Kind::kWhile:
      case Kind::kLetStmt:
      case Kind::kSBlock:
        push("body");
        break;
      case Kind::kSBlockRealize:
        push("block");
        break;
      case Kind::kIfThenElse:
        push("then_case");
        push("else_case");
        break;
      case Kind::kAllocBuffer:
      case Kind::kDeclBuffer:
        if (TryField(node, "body")) push("body");
        break;
      default:
        break;
    }
  }
  return false;
}

bool HasBlockIndex(const ffi::Any& root) {
  return AnyBlockIndex(root, [](const ffi::Object*) { return true; });
}

class ProgramReader : public StepReader {
 public:
  ProgramReader(std::string func_name, const Dims& dims, Scope* scope)
      : StepReader(scope), func_name_(std::move(func_name)), dims_(dims) {}

  void Run(const ffi::Any& body) {
    ReadOutside(body);
    CloseHostSteps();
    if (!launched_) {
      TT_MALFORMED() << func_name_ << ": found no T.Kernel; expected one, since its extents are "
                     << "the blocks to schedule";
    }
  }

 private:
  /*! Statements around launches. What is no launch is a launch of one block, in its place. */
  void ReadOutside(const ffi::Any& stmt) {
    const ffi::Object* node = ObjectOf(stmt);
    if (node == nullptr) return;
    if (!HasBlockIndex(stmt)) return Read(stmt, &host_steps_);
    switch (TypeOf(node).kind) {
      case Kind::kSeq:
        for (const ffi::Any& item : ArrayField(node, "seq")) ReadOutside(item);
        return;
      case Kind::kFor:
      case Kind::kAttrStmt:
        if (std::optional<ThreadBinding> binding = BindingOf(node); binding && binding->is_block) {
          return ReadLaunch(stmt);
        }
        if (TypeOf(node).kind == Kind::kAttrStmt && !BindingOf(node)) {
          return ReadOutside(Field(node, "body"));
        }
        break;
      case Kind::kSBlockRealize: {
        const ffi::Object* block = ObjectOf(Field(node, "block"));
        bool plain = ArrayField(block, "iter_vars").empty() &&
                     ConstInt(Field(node, "predicate")) == 1 &&
                     ObjectOf(Field(block, "init")) == nullptr &&
                     ArrayField(block, "match_buffers").empty() &&
                     Field(block, "annotations").cast<ffi::Map<ffi::String, ffi::Any>>().empty();
        if (!plain) break;
        for (const ffi::Any& buffer : ArrayField(block, "alloc_buffers")) {
          try {
            scope_.Allocate(buffer);
          } catch (const NotUnderstood&) {
            // Each step that uses it is opaque.
          }
        }
        return ReadOutside(Field(block, "body"));
      }
      case Kind::kAllocBuffer:
      case Kind::kDeclBuffer:
      case Kind::kLetStmt:
        if (TryField(node, "body")) return ReadOutside(Field(node, "body"));
        break;
      default:
        break;
    }
    TT_UNSUPPORTED() << func_name_ << ": found T.Kernel inside a loop or a condition ("
                     << NodeName(node) << "); expected it to be launched once";
  }

  void ReadLaunch(const ffi::Any& stmt) {
    CloseHostSteps();
    launched_ = true;
    launch_ = Launch();
    bound_ = {};
    Body body;
    Read(stmt, &body);
    launch_.body = std::move(body);
    scope_.program().launches.push_back(std::move(launch_));
  }

  void CloseHostSteps() {
    if (host_steps_.empty()) return;
    Launch launch;
    launch.body = std::move(host_steps_);
    host_steps_.clear();
    scope_.program().launches.push_back(std::move(launch));
  }

  bool ReadBlockIndex(const ffi::Object* stmt, Body* body) override {
    std::optional<ThreadBinding> binding = BindingOf(stmt);
    if (!binding || !binding->is_block) return false;
    int axis = binding->axis;
    if (bound_[axis]) {
      TT_UNSUPPORTED() << func_name_ << ": T.Kernel binds blockIdx." << kAxisNames[axis]
                       << " twice; expected each axis at most once";
    }
    BindAxis(stmt, axis);
    ReadLoopAnnotations(stmt, nullptr);
    Read(Field(stmt, "body"), body);
    return true;
  }

  const Launch& launch() const override { return launch_; }

  void BindBlockIndices(const ffi::Any& stmt) override {
    AnyBlockIndex(stmt, [this](const ffi::Object* node) {
      BindAxis(node, BindingOf(node)->axis);
      return false;
    });
  }

  void BindAxis(const ffi::Object* stmt, int axis) {
    bound_[axis] = true;
    launch_.grid[axis] = Extent(stmt, axis);
    launch_.indices[axis] = scope_.Bind(BoundVariable(stmt), Variable::Kind::kBlock);
  }

  int64_t Extent(const ffi::Object* stmt, int axis) const {
    bool is_for = TypeOf(stmt).kind == Kind::kFor;
    if (is_for && Evaluate(Field(stmt, "min"), dims_) != 0) {
      TT_UNSUPPORTED() << func_name_ << ": T.Kernel along " << kAxisNames[axis] << " starts at "
                       << Evaluate(Field(stmt, "min"), dims_).value_or(-1) << "; expected 0";
    }
    ffi::Any value = Field(stmt, is_for ? "extent" : "value");
    std::optional<int64_t> extent = Evaluate(value, dims_);
    if (!extent) RefuseExtent(axis, NamesWithoutValue(value, dims_));
    if (*extent < 1) {
      TT_MALFORMED() << func_name_ << ": the extent of T.Kernel along " << kAxisNames[axis]
                     << " is " << *extent << "; expected at least 1";
    }
    return *extent;
  }

  [[noreturn]] void RefuseExtent(int axis, const std::vector<std::string>& names) const {
    std::string place =
        func_name_ + ": the extent of T.Kernel along " + kAxisNames[axis] + " is symbolic";
    if (names.empty()) {
      TT_UNSUPPORTED() << place << ", and no integer arithmetic on dimensions; expected a constant "
                       << "or such arithmetic, since the blocks are counted before a kernel runs";
    }
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
    TT_UNSUPPORTED() << place << ", of " << all << "; expected a value for each, as in "
                     << "infer_metadata(func, device, dims={\"" << names[0] << "\": 1024}) or -a "
                     << names[0] << "=1024";
  }

  std::string func_name_;
  const Dims& dims_;
  Launch launch_;
  std::array<bool, 3> bound_{};
  Body host_steps_;
  bool launched_ = false;
};

}  // namespace

bool HasLaunch(const ffi::Object* func) { return HasBlockIndex(Field(func, "body")); }

std::unique_ptr<program::Program> ReadProgram(const ffi::ObjectRef& func, const Dims& dims) {
  auto program = std::make_unique<program::Program>();
  Params params = ReadParams(func, dims);
  Scope scope(params, dims, program.get());
  ProgramReader(FuncName(func), dims, &scope).Run(Field(func.get(), "body"));
  return program;
}

}  // namespace ir
}  // namespace tilelang_tt
