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

// A request with a non-idempotent method is repeated only when nothing of it was sent. A timeout is never repeated once sent.
bool may_retry(const TryFacts& facts);

}  // namespace gatehouse::upstream
