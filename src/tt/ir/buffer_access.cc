/*!
 * \file ir/buffer_access.cc
 * \brief Reads and writes of buffer parameters, in the order of execution; see buffer_access.h.
 */
#include "buffer_access.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace tilelang_tt {
namespace ir {
namespace {

/*! Which elements one access touches: a point, or a box of extents from its first element. */
struct Region {
  ffi::Any view;  // the buffer node; a view of the same memory has coordinates of its own
  ffi::Array<ffi::Any> begin;
  std::vector<ffi::Any> extents;  // empty for a point
};

struct LoopRange {
  const ffi::Object* var;
  int64_t min;
  int64_t extent;
};

/*! A write that every execution reaching this point has done. */
struct SureWrite {
  int buffer;
  Region region;
  /*! Loops around the write that have run to their end: it holds for all of their values. */
  std::vector<LoopRange> finished_loops;
};

/*!
 * Does the write cover the read? Both are compared term by term; a variable of a
 * finished loop stands for each of its values, so it covers a variable of the
 * reader's that ranges over no more.
 */
class Coverage {
 public:
  Coverage(const SureWrite& write, const std::vector<LoopRange>& reader_loops)
      : write_(write), reader_loops_(reader_loops) {}

  bool Covers(const Region& read) {
    const Region& written = write_.region;
    if (ObjectOf(written.view) != ObjectOf(read.view) ||
        written.begin.size() != read.begin.size() ||
        written.extents.size() != read.extents.size()) {
      return false;
    }
    for (size_t i = 0; i < read.begin.size(); ++i) {
      if (!Same(written.begin[i], read.begin[i])) return false;
    }
    for (size_t i = 0; i < read.extents.size(); ++i) {
      if (!Same(written.extents[i], read.extents[i])) return false;
    }
    return true;
  }

 private:
  bool Same(const ffi::Any& write_term, const ffi::Any& read_term) {
    const ffi::Object* w = ObjectOf(write_term);
    const ffi::Object* r = ObjectOf(read_term);
    std::optional<int64_t> constant = ConstInt(write_term);
    if (constant) return constant == ConstInt(read_term);
    if (w == nullptr || r == nullptr) return false;
    Kind kind = TypeOf(w).kind;
    if (kind == Kind::kVar) {
      const LoopRange* finished = Find(write_.finished_loops, w);
      if (finished == nullptr) return w == r;
      const LoopRange* running = Find(reader_loops_, r);
      auto [bound, is_new] = bindings_.emplace(w, r);
      return running != nullptr && bound->second == r && running->min >= finished->min &&
             running->min + running->extent <= finished->min + finished->extent;
    }
    if (kind != Kind::kArith || w->type_index() != r->type_index()) return false;
    return Same(Field(w, "a"), Field(r, "a")) && Same(Field(w, "b"), Field(r, "b"));
  }

  static const LoopRange* Find(const std::vector<LoopRange>& loops, const ffi::Object* var) {
    auto it = std::find_if(loops.begin(), loops.end(),
                           [var](const LoopRange& loop) { return loop.var == var; });
    return it == loops.end() ? nullptr : &*it;
  }

  const SureWrite& write_;
  const std::vector<LoopRange>& reader_loops_;
  std::unordered_map<const ffi::Object*, const ffi::Object*> bindings_;
};

class AccessAnalyzer {
 public:
  explicit AccessAnalyzer(const Params& params) : access_(params.buffers.size()) {
    for (size_t i = 0; i < params.buffers.size(); ++i) buffer_of_[params.buffers[i].key] = i;
  }

  std::vector<BufferAccess> Run(const ffi::Any& body) {
    Visit(body);
    return std::move(access_);
  }

 private:
  static constexpr int kRead = 1;
  static constexpr int kWrite = 2;
  static constexpr size_t kMostSureWrites = 256;

  void Visit(const ffi::Any& value) {
    const ffi::Object* node = ObjectOf(value);
    if (node == nullptr) return;
    switch (TypeOf(node).kind) {
      case Kind::kIntImm:
      case Kind::kBuffer:
        return;
      case Kind::kVar:
        // A buffer's variable that no rule below has consumed: its pointer escapes.
        if (int buffer = BufferOf(node); buffer >= 0) {
          access_[buffer] = {true, true};
        }
        return;
      case Kind::kLoad:
        return VisitLoad(node);
      case Kind::kStore:
        return VisitStore(node);
      case Kind::kCall:
        return VisitCall(node);
      case Kind::kFor:
        return VisitFor(node);
      case Kind::kWhile:
        Visit(Field(node, "condition"));
        return VisitLoopBody(node, std::nullopt);
      case Kind::kLeaveLoop:
        leaves_loop_ = true;
        return;
      case Kind::kIfThenElse:
        Visit(Field(node, "condition"));
        VisitMaybe(Field(node, "then_case"));
        return VisitMaybe(Field(node, "else_case"));
      case Kind::kBind:
      case Kind::kLet:
        return VisitBind(node);
      case Kind::kDeclBuffer:
        return VisitDeclBuffer(node);
      case Kind::kSBlock:
        return VisitBlock(node);
      case Kind::kSBlockRealize:
        return VisitRealize(node);
      default:
        ForEachChild(node, [this](const ffi::Any& child) { Visit(child); });
    }
  }

  /*! Visits code that may not run at all: what it writes is not sure. */
  void VisitMaybe(const ffi::Any& value) {
    size_t sure = sure_writes_.size();
    Visit(value);
    Forget(sure);
  }

  void VisitLoad(const ffi::Object* load) {
    Region region = PointOf(load);
    for (const ffi::Any& index : region.begin) Visit(index);
    Record(region, kRead);
  }

  void VisitStore(const ffi::Object* store) {
    Region region = PointOf(store);
    for (const ffi::Any& index : region.begin) Visit(index);
    Visit(Field(store, "value"));
    bool predicated = false;
    if (std::optional<ffi::Any> predicate = TryField(store, "predicate")) {
      predicated = ObjectOf(*predicate) != nullptr;
      Visit(*predicate);
    }
    Record(region, kWrite, /*sure=*/!predicated);
  }

  void VisitFor(const ffi::Object* loop) {
    ffi::Any min = Field(loop, "min");
    ffi::Any extent = Field(loop, "extent");
    Visit(min);
    Visit(extent);
    std::optional<int64_t> min_value = ConstInt(min);
    std::optional<int64_t> extent_value = ConstInt(extent);
    ffi::Any step = TryField(loop, "step").value_or(ffi::Any());
    bool counts_by_one = ObjectOf(step) == nullptr || ConstInt(step) == 1;
    if (!min_value || !extent_value || *extent_value < 1 || !counts_by_one) {
      return VisitLoopBody(loop, std::nullopt);
    }
    VisitLoopBody(loop, LoopRange{ObjectOf(Field(loop, "loop_var")), *min_value, *extent_value});
  }

  /*!
   * Visits a loop's body. What it writes is sure for all values of the loop's variable
   * if those are known, and if no break or continue cuts an iteration short.
   */
  void VisitLoopBody(const ffi::Object* loop, std::optional<LoopRange> range) {
    size_t sure = sure_writes_.size();
    bool outer_leaves_loop = std::exchange(leaves_loop_, false);
    if (range) loops_.push_back(*range);
    Visit(Field(loop, "body"));
    if (range) loops_.pop_back();
    if (!range || leaves_loop_) Forget(sure);
    for (size_t i = sure; i < sure_writes_.size(); ++i) {
      sure_writes_[i].finished_loops.push_back(*range);
    }
    leaves_loop_ = outer_leaves_loop;
  }

  /*! A block's iteration variables say which instance runs, so its writes end with it. */
  void VisitBlock(const ffi::Object* block) {
    for (const ffi::Any& match : Field(block, "match_buffers").cast<ffi::Array<ffi::Any>>()) {
      ffi::Any source = Field(ObjectOf(match), "source");
      ffi::Any viewed = AccessedBuffer(ObjectOf(source));
      AddView(Field(ObjectOf(match), "buffer"), BufferOf(BufferKey(viewed)));
      for (const ffi::Any& range : Field(ObjectOf(source), "region").cast<ffi::Array<ffi::Any>>()) {
        Visit(range);
      }
    }
    size_t sure = sure_writes_.size();
    // The initial value of a reduction is stored before its first update.
    Visit(Field(block, "init"));
    Visit(Field(block, "body"));
    if (!Field(block, "iter_vars").cast<ffi::Array<ffi::Any>>().empty()) Forget(sure);
  }

  void VisitRealize(const ffi::Object* realize) {
    for (const ffi::Any& value : Field(realize, "iter_values").cast<ffi::Array<ffi::Any>>()) {
      Visit(value);
    }
    ffi::Any predicate = Field(realize, "predicate");
    Visit(predicate);
    if (ConstInt(predicate) == 1) {
      Visit(Field(realize, "block"));
    } else {
      VisitMaybe(Field(realize, "block"));
    }
  }

  void VisitBind(const ffi::Object* bind) {
    ffi::Any value = Field(bind, "value");
    int buffer = PointedBuffer(value);
    if (buffer >= 0) {
      buffer_of_[ObjectOf(Field(bind, "var"))] = buffer;
    } else {
      Visit(value);
    }
    if (std::optional<ffi::Any> body = TryField(bind, "body")) Visit(*body);
  }

  void VisitDeclBuffer(const ffi::Object* decl) {
    ffi::Any buffer = Field(decl, "buffer");
    std::optional<ffi::Any> data = TryField(decl, "data");
    int parameter = data ? PointedBuffer(*data) : BufferOf(BufferKey(buffer));
    AddView(buffer, parameter);
    // A pointer that was computed escapes.
    if (data && parameter < 0) Visit(*data);
    VisitLayout(buffer);
    if (std::optional<ffi::Any> body = TryField(decl, "body")) Visit(*body);
  }

  /*! A view's shape, strides and offset are expressions, which may read. */
  void VisitLayout(const ffi::Any& buffer) {
    const ffi::Object* layout = ObjectOf(buffer);
    if (std::optional<ffi::Any> type = TryField(layout, "ty")) layout = ObjectOf(*type);
    for (const char* list : {"shape", "strides"}) {
      for (const ffi::Any& term : Field(layout, list).cast<ffi::Array<ffi::Any>>()) Visit(term);
    }
    Visit(Field(layout, "elem_offset"));
  }

  void VisitCall(const ffi::Object* call) {
    ffi::String op = CallName(call);
    std::string_view name(op.data(), op.size());
    ffi::Array<ffi::Any> args = CallArgs(call);
    if (EndsWith(name, ".region") && args.size() >= 2 && KindOf(args[0]) == Kind::kLoad) {
      // region(buffer[first element], mask, extents...)
      Region region = PointOf(ObjectOf(args[0]));
      for (const ffi::Any& index : region.begin) Visit(index);
      for (size_t i = 2; i < args.size(); ++i) {
        Visit(args[i]);
        region.extents.push_back(args[i]);
      }
      return RecordMasked(region, args[1]);
    }
    if (EndsWith(name, ".access_ptr") && args.size() >= 3 && KindOf(args[0]) == Kind::kLoad) {
      // access_ptr(buffer[first element], extent, mask)
      Region region = PointOf(ObjectOf(args[0]));
      for (const ffi::Any& index : region.begin) Visit(index);
      Visit(args[1]);
      region.extents.push_back(args[1]);
      return RecordMasked(region, args[2]);
    }
    if (EndsWith(name, ".tvm_access_ptr") && args.size() >= 5) {
      // tvm_access_ptr(type, pointer, offset, extent, mask)
      if (int buffer = PointedBuffer(args[1]); buffer >= 0) {
        Visit(args[2]);
        Visit(args[3]);
        int mask = MaskOf(args[4]);
        access_[buffer].read |= (mask & kRead) != 0 || inside_atomic_;
        access_[buffer].written |= (mask & kWrite) != 0;
        return;
      }
    }
    if (EndsWith(name, ".address_of") && args.size() == 1 && KindOf(args[0]) == Kind::kLoad) {
      Region region = PointOf(ObjectOf(args[0]));
      for (const ffi::Any& index : region.begin) Visit(index);
      return Record(region, kRead | kWrite, /*sure=*/false);
    }
    if (LeavesLoop(name)) leaves_loop_ = true;
    // An operator reads its operands before it writes its results.
    bool outer_atomic = std::exchange(inside_atomic_, inside_atomic_ || IsAtomicUpdate(name));
    std::vector<SureWrite> outer_pending = std::exchange(pending_writes_, {});
    ++call_depth_;
    for (const ffi::Any& arg : args) Visit(arg);
    --call_depth_;
    std::move(pending_writes_.begin(), pending_writes_.end(), std::back_inserter(sure_writes_));
    pending_writes_ = std::move(outer_pending);
    inside_atomic_ = outer_atomic;
  }

  void RecordMasked(const Region& region, const ffi::Any& mask_term) {
    int mask = MaskOf(mask_term);
    if (inside_atomic_ && (mask & kWrite) != 0) mask |= kRead;
    Record(region, mask);
  }

  void Record(const Region& region, int mask, bool sure = true) {
    int buffer = BufferOf(BufferKey(region.view));
    if (buffer < 0) return;
    BufferAccess& access = access_[buffer];
    if ((mask & kRead) != 0 && !access.read) access.read = !IsCovered(buffer, region);
    if ((mask & kWrite) == 0) return;
    access.written = true;
    // Once read, nothing is left to find out. Unrolled code has many writes: those beyond
    // a number that no loop nest reaches are forgotten, which errs on the side of a read.
    if (!sure || access.read || sure_writes_.size() >= kMostSureWrites) return;
    (call_depth_ > 0 ? pending_writes_ : sure_writes_).push_back({buffer, region, {}});
  }

  bool IsCovered(int buffer, const Region& read) const {
    return std::any_of(sure_writes_.begin(), sure_writes_.end(), [&](const SureWrite& write) {
      return write.buffer == buffer && Coverage(write, loops_).Covers(read);
    });
  }

  static Region PointOf(const ffi::Object* access) {
    return {AccessedBuffer(access), Field(access, "indices").cast<ffi::Array<ffi::Any>>(), {}};
  }

  /*! The parameter whose memory a pointer expression names: its variable or buffer_data(it). */
  int PointedBuffer(const ffi::Any& pointer) const {
    if (KindOf(pointer) == Kind::kCall) {
      const ffi::Object* call = ObjectOf(pointer);
      ffi::Array<ffi::Any> args = CallArgs(call);
      ffi::String op = CallName(call);
      if (EndsWith({op.data(), op.size()}, ".buffer_data") && args.size() == 1) {
        return PointedBuffer(args[0]);
      }
    }
    return KindOf(pointer) == Kind::kVar ? BufferOf(ObjectOf(pointer)) : -1;
  }

  int BufferOf(const ffi::Object* key) const {
    auto it = buffer_of_.find(key);
    return it == buffer_of_.end() ? -1 : it->second;
  }

  void AddView(const ffi::Any& view, int buffer) {
    if (buffer >= 0) buffer_of_[BufferKey(view)] = buffer;
  }

  /*! TileLang marks the target of an atomic update as written only; it is read as well. */
  static bool IsAtomicUpdate(std::string_view name) {
    return name.find("atomic") != name.npos && name.find("atomic_store") == name.npos;
  }

  static int MaskOf(const ffi::Any& mask) {
    return static_cast<int>(ConstInt(mask).value_or(kRead | kWrite));
  }

  static bool EndsWith(std::string_view text, std::string_view end) {
    return text.size() >= end.size() &&
           text.compare(text.size() - end.size(), end.size(), end) == 0;
  }

  void Forget(size_t size) { sure_writes_.erase(sure_writes_.begin() + size, sure_writes_.end()); }

  std::vector<BufferAccess> access_;
  /*! Parameters, their views and the pointers bound to them, by BufferParam::key. */
  std::unordered_map<const ffi::Object*, int> buffer_of_;
  std::vector<LoopRange> loops_;
  std::vector<SureWrite> sure_writes_;
  std::vector<SureWrite> pending_writes_;
  int call_depth_ = 0;
  /*! The innermost loop has a break or a continue. */
  bool leaves_loop_ = false;
  bool inside_atomic_ = false;
};

}  // namespace

std::vector<BufferAccess> AnalyzeBufferAccess(const ffi::ObjectRef& func, const Params& params) {
  return AccessAnalyzer(params).Run(Field(func.get(), "body"));
}

}  // namespace ir
}  // namespace tilelang_tt
