// Runs one operation on this thread, from the bytes of its request to those of its answer. Nothing is waited for but, with
// Patience::kAllowed, the disk.
#pragma once

#include "run.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

struct Ran {
  int status = 0;
  CommitNumber must_be_durable = 0;    // before the answer may be told
  CommitNumber should_be_durable = 0;  // the same, unless the disk failed
  bool would_block = false;            // nothing was done or answered: run it where it may wait

  CommitNumber awaited() const { return std::max(must_be_durable, should_be_durable); }
};

enum class Reads : unsigned char { kAsPatience, kMayWait };

Ran run_operation(LocalState& state, Operation operation, std::string_view body, std::string& answer, Patience patience,
                  Reads reads = Reads::kAsPatience);

// Appends the fault and says its status.
int answer_fault(const Fault& fault, std::string& answer);

}  // namespace gatehouse::dynamo
