// The retry decision.
#include "gatehouse/upstream/retry.hpp"

namespace gatehouse::upstream {
namespace {

bool backend_lost(ErrorKind error) { return error == ErrorKind::kReset || error == ErrorKind::kClosed; }

// Errors that happen on the way to a backend, and that another try may not meet.
bool way_lost(ErrorKind error) {
  switch (error) {
    case ErrorKind::kRefused:
    case ErrorKind::kReset:
    case ErrorKind::kClosed:
    case ErrorKind::kTimeout:
    case ErrorKind::kProtocol:
    case ErrorKind::kNotFound: return true;
    case ErrorKind::kInvalid:
    case ErrorKind::kLimit:
    case ErrorKind::kUnavailable:
    case ErrorKind::kInternal: return false;
  }
  return false;
}

}  // namespace

bool may_retry(const TryFacts& facts) {
  if (facts.responded || facts.body_gone) return false;
  const bool repeatable = facts.sent ? facts.idempotent && backend_lost(facts.error) : way_lost(facts.error);
  if (!repeatable) return false;
  const bool kept_alive = facts.reused_connection && facts.closed_before_answer && backend_lost(facts.error);
  return facts.tries <= facts.attempts || (facts.tries == 1 && kept_alive);
}

}  // namespace gatehouse::upstream
