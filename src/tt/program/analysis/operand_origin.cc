/*!
 * \file program/analysis/operand_origin.cc
 * \brief Following scratch back through copies; see operand_origin.h.
 */
#include "operand_origin.h"

#include <algorithm>

namespace tilelang_tt {
namespace program {
namespace {

/*! The axis of a copy's source that goes along with one of its destination. */
std::optional<size_t> SourceAxis(const Copy& copy, size_t axis) {
  if (ConstOf(copy.dst.shape[axis]) == 1) return std::nullopt;
  size_t place = 0;
  for (size_t i = 0; i < axis; ++i) place += ConstOf(copy.dst.shape[i]) != 1;
  for (size_t i = 0; i < copy.src.shape.size(); ++i) {
    if (ConstOf(copy.src.shape[i]) == 1) continue;
    if (place-- == 0) return i;
  }
  return std::nullopt;
}

}  // namespace

void OperandOrigins::Lose(int buffer, const Loops& loops) {
  int storage = program_.StorageOf(buffer);
  definitions_.erase(storage);
  writes_.emplace_back(storage, loops);
}

void OperandOrigins::Define(const Copy& copy, const Loops& loops) {
  std::shared_ptr<const Definition> source;
  if (int from = program_.StorageOf(copy.src.buffer); !program_.buffers[from].in_device_memory()) {
    source = Find(from, loops);
  }
  int storage = program_.StorageOf(copy.dst.buffer);
  Lose(storage, loops);
  definitions_[storage] =
      std::make_shared<const Definition>(Definition{&copy, loops, std::move(source)});
}

std::shared_ptr<const OperandOrigins::Definition> OperandOrigins::Find(int storage,
                                                                       const Loops& loops) {
  auto found = definitions_.find(storage);
  if (found == definitions_.end()) return nullptr;
  const Loops& defined = found->second->loops;
  if (defined.size() > loops.size() || !std::equal(defined.begin(), defined.end(), loops.begin())) {
    return nullptr;
  }
  uses_.push_back({storage, defined.size() < loops.size() ? loops[defined.size()] : -1});
  return found->second;
}

std::optional<Origin> OperandOrigins::OriginOf(const Region& operand, size_t axis,
                                               const Loops& loops) {
  const Region* region = &operand;
  Affine begin = symbols_.Of(operand.at[axis]);
  std::shared_ptr<const Definition> definition;
  int storage = program_.StorageOf(operand.buffer);
  if (!program_.buffers[storage].in_device_memory()) {
    definition = Find(storage, loops);
    if (definition == nullptr) return std::nullopt;
  }
  for (; definition != nullptr; definition = definition->source) {
    const Copy& copy = *definition->copy;
    std::optional<size_t> source = SourceAxis(copy, axis);
    if (!source || copy.dst.buffer != region->buffer || !Within(*region, copy.dst)) {
      return std::nullopt;
    }
    begin = begin - symbols_.Of(copy.dst.at[axis]) + symbols_.Of(copy.src.at[*source]);
    region = &copy.src;
    axis = *source;
  }
  if (!program_.buffers[program_.StorageOf(region->buffer)].in_device_memory()) return std::nullopt;
  return Origin{region->buffer, axis, std::move(begin)};
}

bool OperandOrigins::Within(const Region& region, const Region& written) {
  for (size_t i = 0; i < region.at.size(); ++i) {
    Affine begin = symbols_.Of(region.at[i]), first = symbols_.Of(written.at[i]);
    Affine before = begin - first;
    Affine after = first + symbols_.Of(written.shape[i]) - begin - symbols_.Of(region.shape[i]);
    if (!before.exact || !after.exact || symbols_.RangeOf(before).least < 0 ||
        symbols_.RangeOf(after).least < 0) {
      return false;
    }
  }
  return true;
}

bool OperandOrigins::AnyWasReplaced() const {
  return std::any_of(uses_.begin(), uses_.end(), [this](const Use& use) {
    return use.loop >= 0 && std::any_of(writes_.begin(), writes_.end(), [&](const auto& write) {
             const Loops& loops = write.second;
             return write.first == use.storage &&
                    std::find(loops.begin(), loops.end(), use.loop) != loops.end();
           });
  });
}

}  // namespace program
}  // namespace tilelang_tt
