#include "run_operation.hpp"

#include <thread>

namespace gatehouse::dynamo {
namespace {

// How often a run that may wait starts over because its table's description changed meanwhile.
constexpr int kMaxAttempts = 1000;

// Cleared also when a handler throws.
class ThreadArena {
 public:
  ~ThreadArena() { arena().clear(); }
  Arena& operator*() const { return arena(); }

 private:
  static Arena& arena() {
    static thread_local Arena of_thread;
    return of_thread;
  }
};

Outcome<void> handle(Operation operation, Run& run) {
  if (!is_valid_utf8(run.body)) return Fault(FaultType::kSerialization, "Invalid UTF-8 in the request body");
  const OperationHandler handler = handler_of(operation);
  if (handler == nullptr) return Fault(FaultType::kUnknownOperation, std::string());
  return handler(run);
}

Ran run_once(LocalState& state, Operation operation, std::string_view body, std::string& answer, Patience patience,
             Reads reads) {
  const ThreadArena arena;
  const std::size_t begin = answer.size();
  Run run{state, body, *arena, answer, patience};
  run.reads_may_wait = reads == Reads::kMayWait;
  const Outcome<void> outcome = handle(operation, run);
  Ran ran{.status = 200, .must_be_durable = run.must_be_durable, .should_be_durable = run.should_be_durable};
  if (outcome) return ran;
  answer.resize(begin);
  if (outcome.error().type() == FaultType::kWouldBlock) return {.would_block = true};
  ran.status = answer_fault(outcome.error(), answer);
  return ran;
}

}  // namespace

Ran run_operation(LocalState& state, Operation operation, std::string_view body, std::string& answer, Patience patience,
                  Reads reads) {
  Ran ran = run_once(state, operation, body, answer, patience, reads);
  if (patience == Patience::kNever) return ran;
  for (int attempt = 1; ran.would_block && attempt < kMaxAttempts; ++attempt) {
    std::this_thread::yield();
    ran = run_once(state, operation, body, answer, patience, reads);
  }
  if (!ran.would_block) return ran;
  return {.status = answer_fault({FaultType::kInternalServerError, "The table keeps changing"}, answer)};
}

int answer_fault(const Fault& fault, std::string& answer) {
  fault.write(answer);
  return fault_status(fault.type());
}

}  // namespace gatehouse::dynamo
