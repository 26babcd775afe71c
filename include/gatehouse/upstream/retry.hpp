// Whether a failed try may be repeated (RFC 9110 section 9.2.2). Pure.
#pragma once

#include "gatehouse/base/error.hpp"

#include <cstdint>

namespace gatehouse::upstream {

struct TryFacts {
  bool idempotent;            // the method
  bool sent;                  // bytes of the request may have reached the backend
  bool reused_connection;     // it had served another request before
  bool closed_before_answer;  // and it closed without a byte of an answer
  bool body_gone;             // bytes of the request body were taken from the client and cannot be sent again
  bool responded;             // the client has seen a byte
  std::uint32_t tries;        // so far
  std::uint32_t attempts;     // RetrySettings::attempts
  ErrorKind error;
};

// Never once the client has seen a byte, or the body cannot be sent again; at most `attempts` times. What was not sent may
// be repeated, unless nothing can take it now (kUnavailable) or the fault is not the backend's. What was sent is repeated
// only when the method is idempotent and the connection broke (kReset, kClosed): an answer, even a malformed one, and a
// timeout stand. One repetition is free of `attempts`: of the first try, when a connection that had been kept alive was
// closed by the backend before it said a byte, since keeping it was the gateway's choice.
bool may_retry(const TryFacts& facts);

}  // namespace gatehouse::upstream
