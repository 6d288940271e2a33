/*!
 * \file ir/accesses.cc
 * \brief Finding accesses without understanding them; see accesses.h.
 */
#include "accesses.h"

#include <unordered_set>
#include <utility>
#include <vector>

#include "operators.h"
#include "prim_func.h"

namespace tilelang_tt {
namespace ir {
namespace {

constexpr int kRead = 1;
constexpr int kWrite = 2;

class Finder {
 public:
  explicit Finder(const Scope& scope) : scope_(scope) {}

  Accesses Run(const ffi::Any& root) {
    Push(root, kPlain);
    while (!pending_.empty()) {
      auto [value, context] = std::move(pending_.back());
      pending_.pop_back();
      Visit(value, context);
    }
    return std::move(found_);
  }

 private:
  /*! What stands around a value. */
  enum Context : uint8_t {
    kPlain,
    /*! An operand of an operator that may read what a mask says it writes. */
    kUpdated,
    /*! The element whose address is taken, which may be read and written through it. */
    kAddressed,
  };

  void Push(const ffi::Any& value, Context context) {
    if (ObjectOf(value) != nullptr) pending_.emplace_back(value, context);
  }

  void Visit(const ffi::Any& value, Context context) {
    if (const auto* array = value.as<ffi::ArrayObj>()) {
      for (const ffi::Any& item : *array) Push(item, context);
      return;
    }
    if (const auto* map = value.as<ffi::MapObj>()) {
      for (const auto& entry : *map) Push(entry.second, context);
      return;
    }
    const ffi::Object* node = ObjectOf(value);
    if (!seen_[context].insert(node).second) return;
    switch (TypeOf(node).kind) {
      case Kind::kIntImm:
      case Kind::kFloatImm:
      case Kind::kStringImm:
        return;
      case Kind::kVar:
      case Kind::kBuffer:
        return VisitPointer(value);
      case Kind::kLoad:
        Record(AccessedBuffer(node), context == kAddressed ? kRead | kWrite : kRead);
        return Push(Field(node, "indices"), kPlain);
      case Kind::kStore:
        Record(Field(node, "buffer"), kWrite);
        for (const char* field : {"indices", "value"}) Push(Field(node, field), kPlain);
        if (std::optional<ffi::Any> predicate = TryField(node, "predicate")) {
          Push(*predicate, kPlain);
        }
        return;
      case Kind::kCall:
        return VisitCall(node, context);
      default:
        return VisitFields(node);
    }
  }

  void VisitFields(const ffi::Object* node) {
    // These describe the code or the node's type, and are not executed.
    static constexpr std::string_view kDescriptions[] = {
        "span",  "ty",        "dtype",    "struct_info_",   "type_annotation",
        "reads", "writes",    "loop_var", "alloc_buffers",  "var",
        "op",    "iter_vars", "ty_args",  "thread_binding",
    };
    for (const TVMFFIFieldInfo* field : TypeOf(node).fields) {
      std::string_view name(field->name.data, field->name.size);
      bool described = false;
      for (std::string_view description : kDescriptions) described |= name == description;
      // A buffer that is declared here is no access; what it is declared on is.
      described |= name == "buffer" && TypeOf(node).kind == Kind::kDeclBuffer;
      if (!described) Push(ffi::reflection::FieldGetter(field)(node), kPlain);
    }
  }

  void VisitCall(const ffi::Object* call, Context context) {
    ffi::String name = CallName(call);
    const Operator* found = FindOperator({name.data(), name.size()});
    ffi::Array<ffi::Any> args = CallArgs(call);
    Form form = found == nullptr ? Form::kOpaque : found->form;
    bool is_region = form == Form::kRegion && args.size() >= 2;
    bool is_pointer = form == Form::kAccessPtr && args.size() == 3;
    if ((is_region || is_pointer) && KindOf(args[0]) == Kind::kLoad) {
      const ffi::Object* load = ObjectOf(args[0]);
      // A pointer's mask is its own; a region's is what an operator makes of it.
      Record(AccessedBuffer(load), is_region ? MaskOf(args[1], context) : MaskOf(args[2], kPlain));
      Push(Field(load, "indices"), kPlain);
      for (size_t i = 1; i < args.size(); ++i) Push(args[i], kPlain);
      return;
    }
    if (form == Form::kRawAccessPtr && args.size() >= 5) {
      const ffi::Object* pointer = PointedMemory(args[1]);
      if (pointer != nullptr && scope_.StorageOf(pointer) >= 0) {
        RecordStorage(scope_.StorageOf(pointer), MaskOf(args[4], kPlain));
        for (size_t i = 2; i < args.size(); ++i) Push(args[i], kPlain);
        return;
      }
    }
    Context inside = kPlain;
    // An operator that is not TVM's own may take an element as a place.
    bool takes_places = found == nullptr && !IsCoreOperator({name.data(), name.size()});
    if (form == Form::kAddressOf || takes_places) {
      inside = kAddressed;
    } else if (found == nullptr || form == Form::kAtomicRegion || form == Form::kAtomicElement) {
      inside = kUpdated;
    }
    for (const ffi::Any& arg : args) Push(arg, inside);
    for (const char* field : {"annotations", "attrs"}) {
      if (std::optional<ffi::Any> extra = TryField(call, field)) Push(*extra, inside);
    }
  }

  /*! A buffer or a pointer that stands where nothing says how it is used. */
  void VisitPointer(const ffi::Any& value) {
    int storage = scope_.StorageOf(BufferKey(value));
    if (storage >= 0) return RecordStorage(storage, kRead | kWrite);
    std::optional<program::Dtype> dtype = DtypeOfNode(ObjectOf(value));
    if (TypeOf(ObjectOf(value)).kind != Kind::kVar || (dtype && dtype->code != kDLOpaqueHandle)) {
      return;
    }
    for (int id = 0; id < scope_.num_buffers(); ++id) RecordStorage(id, kRead | kWrite);
  }

  void Record(const ffi::Any& buffer, int mask) {
    int storage = scope_.StorageOf(BufferKey(buffer));
    if (storage >= 0) RecordStorage(storage, mask);
  }

  void RecordStorage(int id, int mask) {
    int storage = scope_.StorageOfBuffer(id);
    if ((mask & kRead) != 0) found_.reads.insert(storage);
    if ((mask & kWrite) != 0) found_.writes.insert(storage);
  }

  static int MaskOf(const ffi::Any& term, Context context) {
    int mask = static_cast<int>(ConstInt(term).value_or(kRead | kWrite));
    return context != kPlain && (mask & kWrite) != 0 ? mask | kRead : mask;
  }

  const Scope& scope_;
  Accesses found_;
  std::vector<std::pair<ffi::Any, Context>> pending_;
  std::unordered_set<const ffi::Object*> seen_[3];
};

}  // namespace

Accesses FindAccesses(const ffi::Any& root, const Scope& scope) { return Finder(scope).Run(root); }

}  // namespace ir
}  // namespace tilelang_tt
