/*!
 * \file transform/runtime_args.cc
 * \brief The schema of a kernel's runtime arguments; see runtime_args.h.
 */
#include "runtime_args.h"

#include <set>

#include "../error.h"

namespace tilelang_tt {
namespace {

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
  if (reduction) {
    int64_t kt_tiles = *reduction / tile_width + (*reduction % tile_width != 0 ? 1 : 0);
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
  std::set<std::string> names;
  for (size_t i = 0; i < schema.size(); ++i) {
    std::string place =
        attrs.place() + ": " + attr::kRuntimeArgs + "[" + std::to_string(i) + "]";
    auto map = schema[i].as<AttrMap>();
    if (!map) TT_MALFORMED() << place << " is " << Show(schema[i]) << "; expected a map";
    Attrs entry(place, *map);
    std::string name = entry.RequireString("name", kAdvice);
    entry.RequireString("dtype", kAdvice);
    std::string kind = entry.RequireString("kind", kAdvice);
    if (!names.insert(name).second) {
      TT_MALFORMED() << place << ": the name \"" << name << "\" is found twice; expected it once";
    }
    if (kind == "constant") entry.RequireInt("value", "expected it in a constant");
    for (int axis = 0; axis < 3; ++axis) {
      if (name == kGridNames[axis] && entry.Int("value") != grid[axis]) {
        entry.Contradiction("value", map->Get("value").value_or(ffi::Any()), grid[axis],
                            std::string("that is T.Kernel's ") + name);
      }
    }
  }
  for (const char* required : {"start_id", "count"}) {
    if (names.count(required) == 0) {
      TT_MALFORMED() << attrs.place() << ": " << attr::kRuntimeArgs << " has no \"" << required
                     << "\"; expected it, since a core finds its tiles by it";
    }
  }
}

}  // namespace tilelang_tt
