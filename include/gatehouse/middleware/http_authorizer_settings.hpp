// What can be set about a service that says who calls. Plain values.
#pragma once

#include "gatehouse/base/units.hpp"
#include "gatehouse/pipeline/value_template.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::middleware {

enum class AuthorizerForm : std::uint8_t { kSimple, kLambda };
enum class AuthorizerPayload : std::uint8_t { kToken, kRequest1, kRequest2 };  // of kLambda: the event's format
enum class OnAuthorizerFailure : std::uint8_t { kDeny, kAllow };

struct HttpAuthorizerSettings {
  std::string backend;
  std::string path = "/";  // with a query, if need be
  AuthorizerForm form = AuthorizerForm::kSimple;
  AuthorizerPayload payload = AuthorizerPayload::kRequest2;
  std::vector<pipeline::ValueTemplate> identity;  // what the answer depends on; all of it must be there
  std::string token;                              // RE2 that the whole of the first must match; empty: anything
  Duration cache{};                               // how long an answer holds; 0: not at all
  Duration timeout = std::chrono::seconds(5);
  std::uint64_t answer = 8 * 1024;  // the largest body of an answer
  OnAuthorizerFailure on_failure = OnAuthorizerFailure::kDeny;
  // Of kSimple.
  std::string method = "GET";
  std::vector<std::string> headers = {"authorization", "cookie"};  // of the request, sent to the service
  std::vector<std::string> response_headers;                       // of its answer, sent to the backend
  std::string subject;                                             // the one of its answer that says who it is; empty: none
  bool operator==(const HttpAuthorizerSettings&) const = default;
};

}  // namespace gatehouse::middleware
