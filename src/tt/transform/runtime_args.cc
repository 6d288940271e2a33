/*!
 * \file transform/runtime_args.cc
 * \brief The schema of a kernel's runtime arguments; see runtime_args.h.
 */
#include "runtime_args.h"

#include <set>

#include "../error.h"

namespace tilelang_tt {
namespace {

constexpr int64_t kMaxUint32 = 0xffffffff;

AttrMap Argument(const std::string& name, const std::string& kind, const std::string& meaning) {
  AttrMap entry;
  entry.Set("name", ffi::String(name));
  entry.Set("dtype", ffi::String("uint32"));
  entry.Set("kind", ffi::String(kind));
  entry.Set("meaning", ffi::String(meaning));
  return entry;
}

AttrMap Constant(const std::string& name, int64_t value, const std::string& meaning) {
  AttrMap entry = Argument(name, "constant", meaning);
  entry.Set("value", value);
  return entry;
}

/*! Checks the kind and the key that only it has; returns that key, null for none. */
const char* OwnKey(const Attrs& entry, const std::string& kind) {
  if (kind == "per_core") return nullptr;
  if (kind == "constant") {
    int64_t value = entry.RequireInt("value", "expected it in a constant");
    if (value < 0 || value > kMaxUint32) {
      TT_MALFORMED() << entry.place() << ": value is " << value << "; expected 0 to " << kMaxUint32;
    }
    return "value";
  }
  if (kind == "buffer_address") {
    entry.RequireString("buffer", "expected it in a buffer_address");
    return "buffer";
  }
  if (kind != "scalar") {
    TT_MALFORMED() << entry.place() << ": kind is \"" << kind
                   << "\"; expected \"per_core\", \"constant\", \"buffer_address\" or \"scalar\"";
  }
  entry.RequireString("parameter", "expected it in a scalar");
  return "parameter";
}

}  // namespace

ffi::Array<ffi::Any> RuntimeArgs(const std::string& place, const std::array<int64_t, 3>& grid,
                                 int64_t tile_width, std::optional<int64_t> reduction,
                                 const ir::Params& params) {
  ffi::Array<ffi::Any> schema;
  schema.push_back(Argument("start_id", "per_core", "id of the core's first tile"));
  schema.push_back(Argument("count", "per_core", "tiles that the core runs"));
  schema.push_back(Constant("grid_x", grid[0], "extent of T.Kernel along x"));
  schema.push_back(Constant("grid_y", grid[1], "extent of T.Kernel along y"));
  schema.push_back(Constant("grid_z", grid[2], "extent of T.Kernel along z"));
  if (int64_t kt_tiles = reduction ? (*reduction - 1) / tile_width + 1 : 0;
      kt_tiles > 0 && kt_tiles <= kMaxUint32) {
    schema.push_back(Constant("kt_tiles", kt_tiles, "tiles along the matmul's reduction"));
  }
  for (const ir::BufferParam& buffer : params.buffers) {
    AttrMap entry = Argument(buffer.name + "_addr", "buffer_address",
                             "base address of " + buffer.name + " in each bank, bytes");
    entry.Set("buffer", ffi::String(buffer.name));
    schema.push_back(entry);
  }
  for (const ir::ScalarParam& scalar : params.scalars) {
    std::string dtype = ffi::DLDataTypeToString(scalar.dtype);
    if (scalar.dtype.bits * scalar.dtype.lanes > 32) {
      TT_UNSUPPORTED() << place << ": parameter " << scalar.name << " is " << dtype
                       << "; expected a scalar of at most 32 bits, the size of a runtime argument";
    }
    AttrMap entry = Argument(scalar.name + "_value", "scalar", "the parameter " + scalar.name);
    entry.Set("dtype", ffi::String(dtype));
    entry.Set("parameter", ffi::String(scalar.name));
    schema.push_back(entry);
  }
  return schema;
}

void CheckRuntimeArgs(const Attrs& attrs, const std::array<int64_t, 3>& grid) {
  ffi::Array<ffi::Any> schema =
      attrs.RequireArray(attr::kRuntimeArgs, "run InferDefaultTTSchedule first");
  static constexpr const char* kAdvice = "expected it in every runtime argument";
  static constexpr const char* kGridNames[3] = {"grid_x", "grid_y", "grid_z"};
  std::set<std::string> names, per_core;
  for (size_t i = 0; i < schema.size(); ++i) {
    std::string place = attrs.place() + ": " + attr::kRuntimeArgs + "[" + std::to_string(i) + "]";
    auto map = schema[i].as<AttrMap>();
    if (!map) TT_MALFORMED() << place << " is " << Show(schema[i]) << "; expected a map";
    Attrs entry(place, *map);
    std::string name = entry.RequireString("name", kAdvice);
    entry.RequireString("dtype", kAdvice);
    entry.String("meaning");
    if (!names.insert(name).second) {
      TT_MALFORMED() << place << ": the name \"" << name << "\" is found twice; expected it once";
    }
    std::string kind = entry.RequireString("kind", kAdvice);
    const char* own_key = OwnKey(entry, kind);
    for (const auto& [key, value] : *map) {
      if (key != "name" && key != "dtype" && key != "kind" && key != "meaning" &&
          (own_key == nullptr || key != own_key)) {
        TT_MALFORMED() << place << ": found the key \"" << std::string(key)
                       << "\"; expected none of that name for the kind \"" << kind << "\"";
      }
    }
    if (kind == "per_core") per_core.insert(name);
    for (int axis = 0; axis < 3; ++axis) {
      if (name == kGridNames[axis] && entry.Int("value") != grid[axis]) {
        entry.Contradiction("value", map->Get("value").value_or(ffi::Any()), grid[axis],
                            std::string("that is T.Kernel's ") + name);
      }
    }
  }
  if (per_core != std::set<std::string>{"start_id", "count"}) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kRuntimeArgs
                   << " has other arguments of kind \"per_core\" than \"start_id\" and \"count\"; "
                   << "expected it to have these two, since a core finds its tiles by them";
  }
}

void CheckAddresses(const Attrs& attrs, const AttrMap& buffers) {
  std::set<std::string> addressed;
  const char* advice = "run InferDefaultTTSchedule first";
  for (const ffi::Any& item : attrs.RequireArray(attr::kRuntimeArgs, advice)) {
    auto buffer = item.cast<AttrMap>().Get("buffer");
    if (!buffer) continue;
    std::string name = buffer->cast<ffi::String>();
    if (buffers.count(name) == 0 || !addressed.insert(name).second) {
      TT_MALFORMED() << attrs.place() << ": " << attr::kRuntimeArgs << " has an address of \""
                     << name << "\"; expected one for each buffer of " << attr::kBuffers;
    }
  }
  if (addressed.size() != buffers.size()) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kRuntimeArgs << " has " << addressed.size()
                   << " buffer addresses; expected " << buffers.size()
                   << ", one for each buffer of " << attr::kBuffers;
  }
}

}  // namespace tilelang_tt
