#include "signature.hpp"

#include "gatehouse/base/ip.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/crypto/digest.hpp"

namespace gatehouse::dynamo {
namespace {

Caller refuse(FaultType type, std::string_view reason, std::string message) {
  Caller caller;
  caller.reason = reason;
  caller.refused.emplace(type, std::move(message));
  return caller;
}

// "localhost", "127.0.0.1:8000", "[::1]:8000", "tables.localhost": names that no one else's DNS decides.
bool is_loopback_host(std::string_view host) {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    const auto address = IpAddress::parse(host.substr(1, end == std::string_view::npos ? end : end - 1));
    return address && address->is_loopback();
  }
  host = host.substr(0, host.rfind(':'));
  if (iequals(host, "localhost") || (host.size() > 10 && iequals(host.substr(host.size() - 10), ".localhost"))) return true;
  const auto address = IpAddress::parse(host);
  return address && address->is_loopback();
}

FaultType fault_of(crypto::SigV4Refused kind) {
  switch (kind) {
    case crypto::SigV4Refused::kMissing: return FaultType::kMissingAuthenticationToken;
    case crypto::SigV4Refused::kIncomplete: return FaultType::kIncompleteSignature;
    case crypto::SigV4Refused::kInvalid: break;
  }
  return FaultType::kInvalidSignature;
}

Caller refuse(const crypto::SigV4Refusal& refusal) { return refuse(fault_of(refusal.kind), refusal.reason, refusal.message); }

}  // namespace

Caller identify(const HttpRequest& request, const Access& access, Unsigned without_signature, crypto::WallTime now, Arena& arena) {
  if (access.empty()) {
    if (without_signature == Unsigned::kAccepted || (without_signature == Unsigned::kLoopback && is_loopback_host(request.host)))
      return {};
    return refuse(FaultType::kAccessDenied, "dynamodb_host_refused",
                  "Without access_keys tables answer to localhost, 127.0.0.1 and [::1] only: configure access_keys to be reached by "
                  "another name");
  }
  const crypto::SigV4Request signed_request{request.method, request.path, request.query, request.headers, request.body};
  const auto claim = crypto::read_sigv4_claim(signed_request, arena);
  if (!claim) return refuse(claim.error());
  Caller caller;
  caller.key = access.find(claim->access_key);
  if (caller.key == nullptr || !crypto::constant_time_equal(caller.key->settings.session_token, claim->session_token))
    return refuse(FaultType::kUnrecognizedClient, "access_key_unknown", "The security token included in the request is invalid.");
  const auto verdict = crypto::verify_sigv4(signed_request, *claim, {caller.key->settings.secret, "dynamodb", {}, now});
  if (!verdict) return refuse(verdict.error());
  caller.region = claim->region;
  return caller;
}

}  // namespace gatehouse::dynamo
