/*!
 * \file transform/analyze_program.cc
 * \brief tl.tt.analyze_program: all that follows from a tile program, as JSON.
 *   tl.tt.canonical_program: its canonical text.
 *
 * For checking a plan and for tests: no function is needed, and no TVM.
 */
#include <tvm/ffi/reflection/registry.h>

#include "../error.h"
#include "../program/analysis/buffer_access.h"
#include "../program/analysis/race.h"
#include "../program/analysis/reduction.h"
#include "../program/analysis/region_out.h"
#include "../program/analysis/roles.h"
#include "../program/json/json.h"

namespace tilelang_tt {
namespace {

using program::Program;

constexpr int64_t kTile = 32;

Program Read(const tvm::ffi::String& text) {
  try {
    return program::FromJson({text.data(), text.size()});
  } catch (const program::MalformedProgram& error) {
    TT_MALFORMED() << error.what();
  }
  return Program();
}

/*! Visits the maps of a body in order, with all that is around them bound. */
void FindRaces(const program::Body& body, const Program& program, program::Symbols* symbols,
               std::string* racy) {
  for (const program::Step& step : body) {
    if (auto let = step.as<program::Let>()) symbols->BindLet(*let);
    if (auto map = step.as<program::Map>()) {
      if (!racy->empty()) racy->push_back(',');
      racy->append(program::MayRace(*map, program, symbols) ? "true" : "false");
    }
    if (auto loop = step.as<program::Loop>()) {
      symbols->BindLoop(loop->range);
      FindRaces(loop->body, program, symbols, racy);
    }
    if (auto loop = step.as<program::While>()) FindRaces(loop->body, program, symbols, racy);
    if (auto when = step.as<program::When>()) {
      FindRaces(when->then_body, program, symbols, racy);
      FindRaces(when->else_body, program, symbols, racy);
    }
  }
}

/*! Makes JSON text (region_out.h). */
struct JsonOut {
  using Value = std::string;

  std::string Int(int64_t value) const { return std::to_string(value); }
  std::string Bool(bool value) const { return value ? "true" : "false"; }
  std::string Text(const std::string& text) const { return '"' + text + '"'; }
  std::string Expr(program::ExprRef expr) const { return ToJson(expr); }
  std::string List(const std::vector<std::string>& items) const {
    std::string all;
    for (const std::string& item : items) all += (all.empty() ? "" : ",") + item;
    return "[" + all + "]";
  }
  std::string Map(const std::vector<std::pair<const char*, std::string>>& entries) const {
    std::string all;
    for (const auto& [key, value] : entries) {
      all += (all.empty() ? "" : ",") + Text(key) + ":" + value;
    }
    return "{" + all + "}";
  }
};

/*!
 * {"kt_tiles": [a number or null for each launch], "racy": [a bool for each map],
 *  "buffers": [for each, null if it is not in device memory, else {"read", "written": bools,
 *    "access": [RegionOut's maps],
 *    "written_by": of pages, "elements_written_by": of elements}]}
 */
std::string Analyze(const Program& program) {
  std::string kt_tiles, racy, all;
  for (const program::Launch& launch : program.launches) {
    std::optional<int64_t> tiles = FindReductionTiles(program, launch, kTile);
    kt_tiles += (kt_tiles.empty() ? "" : ",") + (tiles ? std::to_string(*tiles) : "null");
    program::Symbols around(program);
    around.BindBlocks(launch);
    FindRaces(launch.body, program, &around, &racy);
  }
  std::vector<std::string> regions(program.buffers.size());
  auto write = [&](const program::TouchedRegion& region, size_t launch,
                   const program::Symbols& symbols) {
    std::string& list = regions[region.box.buffer];
    if (!list.empty()) list.push_back(',');
    list += program::RegionOut<JsonOut>(symbols).Region(region, launch, program, kTile);
  };
  std::vector<program::Writers> of_pages = program::FindBufferAccess(program, kTile, write);
  std::vector<program::Writers> of_elements = program::FindBufferAccess(
      program, 1, [](const program::TouchedRegion&, size_t, const program::Symbols&) {});
  std::vector<program::BufferUse> uses = FindRoles(program);
  for (size_t i = 0; i < program.buffers.size(); ++i) {
    if (i > 0) all.push_back(',');
    if (!program.buffers[i].in_device_memory()) {
      all += "null";
      continue;
    }
    all += std::string("{\"read\":") + (uses[i].read ? "true" : "false") +
           ",\"written\":" + (uses[i].written ? "true" : "false") + ",\"access\":[" + regions[i] +
           "],\"written_by\":\"" + NameOf(of_pages[i]) + "\",\"elements_written_by\":\"" +
           NameOf(of_elements[i]) + "\"}";
  }
  return "{\"kt_tiles\":[" + kt_tiles + "],\"racy\":[" + racy + "],\"buffers\":[" + all + "]}";
}

tvm::ffi::String AnalyzeProgram(tvm::ffi::String text) { return Analyze(Read(text)); }

/*! The canonical text of a program. */
tvm::ffi::String CanonicalProgram(tvm::ffi::String text) { return ToJson(Read(text)); }

TVM_FFI_STATIC_INIT_BLOCK() {
  tvm::ffi::reflection::GlobalDef().def("tl.tt.analyze_program", AnalyzeProgram);
  tvm::ffi::reflection::GlobalDef().def("tl.tt.canonical_program", CanonicalProgram);
}

}  // namespace
}  // namespace tilelang_tt
