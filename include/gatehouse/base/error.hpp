// The error value of every expected failure below the pipeline, and Result<T> that carries it.
// Plain values; any thread.
#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse {

enum class ErrorKind : unsigned char {
  kInvalid,      // the input is malformed
  kNotFound,     // no such thing
  kRefused,      // the peer or a policy said no
  kReset,        // the peer broke the connection
  kClosed,       // the peer ended the connection in order, too early
  kTimeout,      // a deadline passed
  kProtocol,     // the peer broke its protocol
  kLimit,        // a bound was exceeded
  kUnavailable,  // no target, pool or resource can take it now
  kInternal,     // a bug or a broken environment
};

enum class ErrorSource : unsigned char { kDownstream, kUpstream, kGateway };

enum class Retry : unsigned char { kForbidden, kAllowed };

// What went wrong, where, whether trying again is sound, and a stable machine-readable reason.
class Error {
 public:
  // Result::error() of a result that has a value.
  Error() : Error(ErrorKind::kInternal, ErrorSource::kGateway, "no_error") {}
  // `reason` is a stable code such as "upstream_connect_timeout" and must have static storage.
  Error(ErrorKind kind, ErrorSource source, std::string_view reason, std::string message = {},
        Retry retry = Retry::kForbidden)
      : message_(std::move(message)), reason_(reason), kind_(kind), source_(source), retry_(retry) {}

  ErrorKind kind() const { return kind_; }
  ErrorSource source() const { return source_; }
  std::string_view reason() const { return reason_; }
  const std::string& message() const { return message_; }
  bool retry_allowed() const { return retry_ == Retry::kAllowed; }

 private:
  std::string message_;
  std::string_view reason_;
  ErrorKind kind_;
  ErrorSource source_;
  Retry retry_;
};

[[noreturn]] inline void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::runtime_error(std::string(error.reason()) + ": " + error.message());
}

template <class T>
using Result = boost::system::result<T, Error>;

}  // namespace gatehouse
