/*!
 * \file program/analysis/sure_writes.h
 * \brief Elements that every execution which comes to a point of a program has written.
 */
#ifndef TILELANG_TT_PROGRAM_ANALYSIS_SURE_WRITES_H_
#define TILELANG_TT_PROGRAM_ANALYSIS_SURE_WRITES_H_

#include <optional>
#include <utility>
#include <vector>

#include "../symbolic/box.h"

namespace tilelang_tt {
namespace program {

/*! \brief A loop whose bounds are constants. */
struct ConstLoop {
  int var;
  int64_t min, extent;
};

class SureWrites {
 public:
  SureWrites(const Program& program, Symbols* symbols) : program_(program), symbols_(*symbols) {}

  /*! Whether a read under running loops is of elements that are surely written. */
  bool Cover(const Access& read, const std::vector<ConstLoop>& running) const;

  void Add(const Access& write);

  /*!
   * What is added after Begin() is kept apart from what was there, until End(begun): then
   * it is as sure as that. It may be changed or given up before, by the functions that take the
   * mark.
   */
  struct Mark {
    size_t size, outer;
  };
  Mark Begin() { return {writes_.size(), std::exchange(begun_, writes_.size())}; }
  void End(const Mark& mark) { begun_ = mark.outer; }
  void Forget(const Mark& mark) { writes_.erase(writes_.begin() + mark.size, writes_.end()); }

  /*! A loop that surely has a turn has run: what was added since the mark holds for all turns. */
  void FinishLoop(const Mark& mark, const Turns& turns);
  /*! Gives up what was added since the mark and depends on one of the variables. */
  void ForgetOf(const Mark& mark, const std::vector<int>& variables);
  /*! Takes out and returns what was added since the mark. */
  auto TakeSince(const Mark& mark) {
    std::vector<Write> taken(writes_.begin() + mark.size, writes_.end());
    Forget(mark);
    return taken;
  }
  template <typename Writes>
  void Restore(const Writes& writes) {
    writes_.insert(writes_.end(), writes.begin(), writes.end());
  }
  /*! Of two branches' writes, keeps those that both do. */
  template <typename Writes>
  void AddCommon(const Writes& of_then, const Writes& of_else) {
    for (const Write& write : of_then) {
      if (CoveredBy(of_else, write)) writes_.push_back(write);
    }
    for (const Write& write : of_else) {
      if (CoveredBy(of_then, write)) writes_.push_back(write);
    }
  }

 private:
  /*! Unrolled code has many writes: those beyond this number are left out, which errs on the side
   * of a read. */
  static constexpr size_t kMostWrites = 256;

  struct Write {
    /*! What is written, in the terms of loops that run still; nothing where that is no box. */
    std::optional<Box> box;
    /*! As it stands in the program, and the loops around it that have finished, if they all have
     * constant bounds and it loads nothing. */
    Access access;
    bool comparable;
    std::vector<ConstLoop> finished;
  };

  static bool Mentions(const Write& write, int variable);
  bool CoveredBy(const std::vector<Write>& writes, const Write& write) const;
  bool Same(const Write& write, const Access& read, const std::vector<ConstLoop>& running) const;
  bool Covers(const Box& write, const Box& read) const;

  const Program& program_;
  Symbols& symbols_;
  std::vector<Write> writes_;
  size_t begun_ = 0;
};

}  // namespace program
}  // namespace tilelang_tt

#endif  // TILELANG_TT_PROGRAM_ANALYSIS_SURE_WRITES_H_
