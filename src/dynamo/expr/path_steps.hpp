// A document path while it is parsed: its steps, one after the other, up to the depth that the service allows.
#pragma once

#include "dynamo/expr/problems.hpp"
#include "gatehouse/base/arena.hpp"
#include "gatehouse/dynamo/expr/path.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace gatehouse::dynamo {

class PathSteps {
 public:
  explicit PathSteps(const PathStep& first) { add(first); }

  void add(const PathStep& step) {
    if (count_ < steps_.size()) steps_[count_] = step;
    ++count_;
  }

  // In `arena`. One that is too deep is cut, and a problem.
  Path path(Problems& problems, Arena& arena) const {
    const std::size_t kept = std::min(count_, steps_.size());
    if (count_ > kept)
      problems.problem(Pass::kPathDepth, {"The document path has too many nesting levels; nesting levels: ", std::to_string(count_)});
    const std::span<PathStep> path = arena.array<PathStep>(kept);
    std::copy_n(steps_.begin(), kept, path.begin());
    return path;
  }

 private:
  std::array<PathStep, kMaxNesting> steps_;
  std::size_t count_ = 0;
};

}  // namespace gatehouse::dynamo
