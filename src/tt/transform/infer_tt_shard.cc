/*!
 * \file transform/infer_tt_shard.cc
 * \brief tl.tt.transform.InferDefaultTTShard: where each page of each buffer lives.
 *
 * Every tensor parameter, and every tensor that the kernel allocates on the device for itself, gets
 * a descriptor of a tiled tensor interleaved over the DRAM banks, as TT-metal's TensorAccessor
 * addresses it, a role, and what the blocks do to it.
 */
#include <tvm/ffi/reflection/registry.h>

#include <set>

#include "../error.h"
#include "../ir/node.h"
#include "../program/analysis/roles.h"
#include "buffer_descriptor.h"
#include "defaults.h"
#include "function_program.h"
#include "prim_func_pass.h"
#include "schedule_attrs.h"
#include "stage.h"

namespace tilelang_tt {
namespace {

/*!
 * The parameters that tilelang_out_idx names. TileLang allocates those afresh for
 * every call, so whatever the code does, they carry nothing in.
 */
std::set<int> DeclaredOutputs(const Attrs& attrs, int count) {
  constexpr const char* kOutIdx = "tilelang_out_idx";
  std::set<int> outputs;
  std::optional<ffi::Array<ffi::Any>> declared = attrs.Array(kOutIdx);
  if (!declared) return outputs;
  for (const ffi::Any& entry : *declared) {
    std::optional<int64_t> index = ir::ConstInt(entry);
    if (!index || *index < -count || *index >= count) {
      TT_MALFORMED() << attrs.place() << ": " << kOutIdx << " has " << Show(entry)
                     << "; expected a parameter's index, " << -count << " to " << count - 1;
    }
    outputs.insert(static_cast<int>(*index < 0 ? *index + count : *index));
  }
  return outputs;
}

std::string RoleOf(const program::Buffer& buffer, const program::BufferUse& use,
                   bool declared_output) {
  if (buffer.kind == program::Buffer::Kind::kWorkspace) return "workspace";
  if (declared_output || (use.written && !use.read)) return "out";
  return use.written ? "inout" : "in";
}

/*! What the author set of a descriptor is kept, if it agrees, and the rest is added. */
void Complete(const Entries& inferred, Attrs* own) {
  for (const auto& [key, value] : inferred) {
    std::optional<std::string> layout = key == kLayout ? own->String(kLayout) : std::nullopt;
    if (layout && !SameValue(ffi::String(*layout), value)) {
      TT_UNSUPPORTED() << own->place() << ": tt_layout is \"" << *layout << "\"; expected "
                       << Show(value) << ", the only one there is a rule for";
    }
  }
  for (const auto& [key, value] : inferred) own->Infer(key, value);
}

}  // namespace

void InferShard(const ffi::ObjectRef& func, Attrs* attrs) {
  ApplyDefaults(attrs);
  device::DeviceSpec device = RequireDevice(*attrs);
  TileProgram tile_program = EnsureProgram(func, attrs);
  std::shared_ptr<const program::Program> program = tile_program->program();
  std::vector<program::BufferUse> uses = program::FindRoles(*program);
  const std::vector<AttrMap>& access =
      tile_program->consequences(*attrs->Int(attr::kTileWidth)).access;
  std::set<int> declared_outputs =
      DeclaredOutputs(*attrs, static_cast<int>(ir::ArrayField(func.get(), "params").size()));
  AttrMap given = attrs->Map(attr::kBuffers).value_or(AttrMap());

  AttrMap buffers;
  for (size_t i = 0; i < program->buffers.size(); ++i) {
    const program::Buffer& buffer = program->buffers[i];
    if (!buffer.in_device_memory()) continue;
    std::string place = BufferPlace(*attrs, buffer.name);
    Entries inferred =
        DescribeBuffer(*attrs, device, buffer.name, buffer.shape, program::NameOf(buffer.dtype));
    inferred.insert(inferred.end(), access[i].begin(), access[i].end());
    bool declared_output = declared_outputs.count(buffer.param) != 0;
    ffi::String role = RoleOf(buffer, uses[i], declared_output);
    std::optional<AttrMap> own = Attrs(place, given).Map(buffer.name);
    if (!own) {
      inferred.emplace_back(kRole, role);
      buffers.Set(buffer.name, AttrMap(inferred.begin(), inferred.end()));
      continue;
    }
    Attrs descriptor(place, *own);
    Complete(inferred, &descriptor);
    descriptor.Default(kRole, role);
    CheckRole(descriptor);
    buffers.Set(buffer.name, descriptor.map());
  }
  for (const auto& entry : given) {
    if (buffers.count(entry.first) == 0) {
      TT_MALFORMED() << attrs->place() << ": " << attr::kBuffers << " describes \""
                     << std::string(entry.first) << "\"; expected the name of a tensor parameter "
                     << "or of memory that the kernel allocates";
    }
  }
  CheckCapacity(*attrs, device, buffers);
  attrs->Set(attr::kBuffers, buffers);
}

ffi::ObjectRef InferDefaultTTShard() {
  return MakeAttrPass("tl.tt.InferDefaultTTShard", InferShard);
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.transform.InferDefaultTTShard", InferDefaultTTShard);
}

}  // namespace tilelang_tt
