/*!
 * \file transform/check_metadata.cc
 * \brief Checking metadata by itself; see check_metadata.h.
 */
#include "check_metadata.h"

#include <tvm/ffi/reflection/registry.h>

#include <algorithm>

#include "../error.h"
#include "buffer_descriptor.h"
#include "check_runtime_args.h"
#include "defaults.h"
#include "function_program.h"
#include "launches.h"
#include "schedule_attrs.h"

namespace tilelang_tt {
namespace {

/*! What is the same for all launches. */
ScheduleRule CheckStage(const Attrs& attrs) {
  for (const auto& entry : attrs.map()) {
    std::string key = entry.first;
    if (key.rfind("tt_", 0) == 0 && !IsContractAttr(key)) {
      TT_MALFORMED() << attrs.place() << ": found the attribute " << ShowName(key)
                     << "; expected none of that name, since tt_ is the metadata contract's";
    }
  }
  CheckDefaults(attrs);
  ReadDims(attrs);  // which checks them
  ScheduleRule rule = ReadScheduleRule(attrs, RequireDevice(attrs));
  device::CheckDescription(Attrs(attrs.place() + ": tt_device", *attrs.Map(attr::kDevice)));
  return rule;
}

void CheckCores(const Attrs& attrs, const device::DeviceSpec& device) {
  int64_t num_cores = attrs.RequireInt(attr::kNumCores, kScheduleAdvice);
  if (num_cores != device.num_cores()) {
    attrs.Contradiction(attr::kNumCores, num_cores, device.num_cores(),
                        "that is the device's compute grid");
  }
  std::string order = attrs.RequireString(attr::kCoreOrder, kScheduleAdvice);
  if (order != kCoreOrderRule) {
    attrs.Contradiction(attr::kCoreOrder, ffi::String(order), ffi::String(kCoreOrderRule),
                        "every per-core list is in that order");
  }
}

std::vector<int64_t> DescribedShape(const Attrs& descriptor) {
  std::vector<int64_t> shape = descriptor.RequireInts(kShape, kShardAdvice);
  for (int64_t extent : shape) {
    if (extent < 1) {
      TT_MALFORMED() << descriptor.place() << ": tt_shape has " << extent
                     << "; expected integers of at least 1";
    }
  }
  return shape;
}

bool IsOneOf(const ffi::String& key, const std::vector<ffi::String>& keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/*!
 * Each descriptor is the one that its shape and dtype give.
 * \param others Keys that may be left out, and are not looked at here where nothing gives them.
 */
void CheckBuffers(const Attrs& attrs, const device::DeviceSpec& device,
                  const std::vector<ffi::String>& others) {
  AttrMap buffers = attrs.RequireMap(attr::kBuffers, kShardAdvice);
  for (const auto& [name, value] : buffers) {
    std::string place = BufferPlace(attrs, name);
    auto map = value.as<AttrMap>();
    if (!map) TT_MALFORMED() << place << " is " << Show(value) << "; expected a descriptor";
    Attrs descriptor(place, *map);
    Entries expected = DescribeBuffer(attrs, device, name, DescribedShape(descriptor),
                                      descriptor.RequireString(kDtype, kShardAdvice));
    for (const auto& [key, expected_value] : expected) {
      auto found = map->Get(key);
      if (!found && IsOneOf(key, others)) continue;
      if (!found || !SameValue(*found, expected_value)) {
        descriptor.Contradiction(key, found.value_or(ffi::Any()), expected_value,
                                 "the buffer's shape, its dtype and the device say so");
      }
    }
    CheckRole(descriptor);
    for (const auto& [key, found_value] : *map) {
      bool is_expected =
          std::any_of(expected.begin(), expected.end(),
                      [&key = key](const auto& entry) { return entry.first == key; });
      if (!is_expected && !IsOneOf(key, others)) {
        TT_MALFORMED() << place << ": found the key \"" << ShowName(key)
                       << "\"; expected none of that name in a descriptor";
      }
    }
  }
  CheckCapacity(attrs, device, buffers);
}

/*! A role agrees with what the program's blocks do for certain. */
void CheckRoleOf(const program::Buffer& buffer, const Attrs& descriptor) {
  std::string role = *descriptor.String(kRole), written_by = *descriptor.String(kWrittenBy);
  if ((role == "workspace") != (buffer.kind == program::Buffer::Kind::kWorkspace)) {
    TT_MALFORMED() << descriptor.place() << ": " << kRole << " is \"" << role << "\"; expected "
                   << (role == "workspace" ? "that of a parameter, which it is: "
                                             "\"in\", \"out\" or \"inout\""
                                           : "\"workspace\", since the kernel allocates it");
  }
  if (role == "in" && (written_by == "one block" || written_by == "several blocks")) {
    descriptor.Contradiction(kRole, ffi::String(role), ffi::String("inout"),
                             "the kernel writes it");
  }
}

/*! The buffers are the program's, and what blocks do to them is what the program says. */
void CheckProgramBuffers(const Attrs& attrs, const program::Program& program,
                         const std::vector<AttrMap>& access) {
  AttrMap buffers = *attrs.Map(attr::kBuffers);
  size_t described = 0;
  for (size_t i = 0; i < program.buffers.size(); ++i) {
    const program::Buffer& buffer = program.buffers[i];
    if (!buffer.in_device_memory()) continue;
    ++described;
    std::string place = BufferPlace(attrs, buffer.name);
    auto found = buffers.Get(buffer.name);
    if (!found) {
      TT_MALFORMED() << place << " is not in " << attr::kBuffers
                     << "; expected a descriptor of every tensor";
    }
    Attrs descriptor(place, found->cast<AttrMap>());
    if (descriptor.Ints(kShape) != buffer.shape) descriptor.Infer(kShape, IntList(buffer.shape));
    descriptor.Infer(kDtype, ffi::String(program::NameOf(buffer.dtype)));
    for (const auto& [key, expected] : access[i]) {
      auto value = descriptor.map().Get(key);
      if (!value || !SameValue(*value, expected)) {
        descriptor.Contradiction(key, value.value_or(ffi::Any()), expected,
                                 "the kernel's program says so");
      }
    }
    CheckRoleOf(buffer, descriptor);
  }
  if (buffers.size() != described) {
    TT_MALFORMED() << attrs.place() << ": " << attr::kBuffers << " has " << buffers.size()
                   << " entries; expected " << described << ", one a tensor";
  }
}

}  // namespace

void CheckMetadata(const Attrs& attrs, const TileProgram& tile_program) {
  const program::Program& program = *tile_program->program();
  ScheduleRule rule = CheckStage(attrs);
  CheckCores(attrs, rule.device);
  std::vector<Attrs> launches = GivenLaunches(attrs, program.launches.size());
  for (const Attrs& launch : launches) CheckLaunch(launch, rule);
  CheckBuffers(attrs, rule.device, {kRole, kAccess, kWrittenBy});
  int64_t tile = *attrs.Int(attr::kTileWidth);
  CheckProgramBuffers(attrs, program, tile_program->consequences(tile).access);
  for (size_t i = 0; i < launches.size(); ++i) {
    CheckAddresses(launches[i], *attrs.Map(attr::kBuffers));
    CheckProgramLaunch(launches[i], rule, tile_program, i, tile);
  }
  CheckEntries(attrs, rule.policy, launches);
}

void CheckMetadataWithoutProgram(const Attrs& attrs) {
  ScheduleRule rule = CheckStage(attrs);
  for (const auto& [key, value] : {std::pair(attr::kSchedulePolicy, kPolicies[0]),
                                   std::pair(attr::kScheduleOrder, kOrders[0])}) {
    std::string found = *attrs.String(key);
    if (found == std::string(value)) continue;
    attrs.Contradiction(key, ffi::String(found), value, "schema version 1 has no other");
  }
  for (const ffi::String& key :
       {attr::kProgram, attr::kLaunches, attr::kCores, attr::kScheduleReason}) {
    if (!attrs.Has(key)) continue;
    TT_MALFORMED() << attrs.place() << ": found " << key
                   << "; expected none of that name in schema version 1";
  }
  CheckCores(attrs, rule.device);
  CheckLaunch(attrs, rule);
  CheckBuffers(attrs, rule.device, {kRole, kCarriedAs});  // which came after version 1
  CheckAddresses(attrs, *attrs.Map(attr::kBuffers));
}

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.check_metadata", [](ffi::String place, AttrMap map) {
    Attrs attrs(place, map);
    CheckMetadata(attrs, RequireProgram(attrs));
  });
}

}  // namespace tilelang_tt
