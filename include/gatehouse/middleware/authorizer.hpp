// One way to find out who calls: an API key, a token, a signature, another service. Built once per configuration, shared by all
// workers; `authenticate` asks those that a route names.
#pragma once

#include "gatehouse/base/units.hpp"
#include "gatehouse/net/task.hpp"
#include "gatehouse/pipeline/context.hpp"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace gatehouse::middleware {

// What an authorizer found. Texts live in the request's arena, in the authorizer or in static storage.
struct Finding {
  enum class Kind : std::uint8_t {
    kAbsent,    // the request shows nothing of this kind
    kAccepted,  // `identity` is who it is
    kRefused,   // what it shows is not good
    kWait,      // ask wait()
  };
  Kind kind = Kind::kAbsent;
  pipeline::Identity identity;

  // Of kAbsent and kRefused: what the client is told unless another authorizer accepts it.
  int status = 401;
  std::string_view reason = {};     // stable code: "api_key_missing", "jwt_expired"
  std::string_view detail = {};     // for people, without secrets: "the token expired at …"; may be empty
  std::string_view challenge = {};  // WWW-Authenticate (RFC 9110 section 11.6.1); empty: none
  Duration retry_after{};           // Retry-After, of a refusal that is our fault; 0: none

  static Finding accepted(const pipeline::Identity& identity) { return {.kind = Kind::kAccepted, .identity = identity}; }
  static Finding wait() {
    Finding finding;
    finding.kind = Kind::kWait;
    return finding;
  }
};

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  // Looks at what the request shows. May be asked again for the same request.
  virtual Finding check(pipeline::RequestContext&) const = 0;
  // After check() said kWait: sleeps on the exchange's waiter, has a deadline, never says kWait.
  virtual net::Task<Finding> wait(pipeline::RequestContext& context) const { co_return check(context); }
  // The request goes on to a backend, whoever accepted it: takes away what the backend has no business with, and what only the
  // gateway may say.
  virtual void prepare_forwarding(pipeline::RequestContext&) const {}
  // After that, when `identity.claims` are what this authorizer found: says to the backend what it is to know of them.
  virtual void forward_claims(pipeline::RequestContext&) const {}
};

using AuthorizerPtr = std::shared_ptr<const Authorizer>;
// All of these must accept: the identity is the first's, with claims, API key and plan from the first that has them.
using AuthorizerGroup = std::vector<AuthorizerPtr>;

}  // namespace gatehouse::middleware
