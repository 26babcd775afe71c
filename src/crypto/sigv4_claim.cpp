// Reads what a request says about its signature, in either of the two forms.
#include "gatehouse/base/comma_list.hpp"
#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"
#include "sigv4_canonical.hpp"

#include <algorithm>
#include <optional>

namespace gatehouse::crypto {
namespace {

using Claimed = boost::system::result<SigV4Claim, SigV4Refusal>;

SigV4Refusal incomplete(std::string message) {
  return {SigV4Refused::kIncomplete, "sigv4_incomplete", std::move(message)};
}

std::optional<std::string_view> find(std::span<const SigV4Header> headers, std::string_view name) {
  for (const SigV4Header& header : headers)
    if (header.name.size() == name.size() && iequals(header.name, name)) return header.value;
  return std::nullopt;
}

// "AKID/20150830/us-east-1/iam/aws4_request". An access key may hold slashes, a scope may not.
bool split_credential(std::string_view credential, SigV4Claim& claim) {
  std::string_view* const parts[] = {&claim.terminator, &claim.service, &claim.region, &claim.date};
  std::string_view rest = credential;
  for (std::string_view* part : parts) {
    const std::size_t slash = rest.rfind('/');
    if (slash == std::string_view::npos) return false;
    *part = rest.substr(slash + 1);
    if (part->empty()) return false;
    rest = rest.substr(0, slash);
  }
  claim.access_key = rest;
  claim.scope = credential.substr(rest.size() + 1);
  return !rest.empty();
}

SigV4Refusal bad_credential(std::string_view credential) {
  return incomplete("Credential must have at least 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '" +
                    std::string(credential) + "'");
}

// "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…"; the commas' blanks are free.
Claimed from_header(std::string_view authorization, const SigV4Request& request) {
  SigV4Claim claim;
  std::string_view credential;
  const std::size_t blank = std::min(authorization.find(' '), authorization.size());
  std::string_view rest = authorization.substr(blank);
  if (authorization.substr(0, blank) != sigv4::kAlgorithm)
    return incomplete("Authorization header requires the algorithm 'AWS4-HMAC-SHA256'. Authorization=" +
                      std::string(authorization.substr(0, blank)));
  for (std::string_view part; next_element(rest, part);) {
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string_view name = part.substr(0, equals);
    const std::string_view value = part.substr(std::min(equals + 1, part.size()));
    if (name == "Credential") credential = value;
    if (name == "SignedHeaders") claim.signed_headers = value;
    if (name == "Signature") claim.signature = value;
  }
  claim.time = find(request.headers, "x-amz-date").value_or(find(request.headers, "date").value_or(""));
  claim.session_token = find(request.headers, "x-amz-security-token").value_or("");

  std::string missing;
  if (credential.empty()) missing += "Authorization header requires 'Credential' parameter. ";
  if (claim.signature.empty()) missing += "Authorization header requires 'Signature' parameter. ";
  if (claim.signed_headers.empty()) missing += "Authorization header requires 'SignedHeaders' parameter. ";
  if (claim.time.empty())
    missing += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  // The header itself is not repeated to the client beyond its algorithm: answers are logged.
  if (!missing.empty()) return incomplete(missing + "Authorization=" + std::string(sigv4::kAlgorithm));
  if (!split_credential(credential, claim)) return bad_credential(credential);
  return claim;
}

std::string_view decoded(std::string_view text, Arena& arena) {
  if (text.find('%') == std::string_view::npos) return text;
  const auto plain = percent_decode(text);
  return plain ? arena.copy(*plain) : text;
}

std::optional<std::string_view> find_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(part.find('='), part.size());
    if (part.substr(0, equals) == name) return part.substr(std::min(equals + 1, part.size()));
  }
  return std::nullopt;
}

Claimed from_query(const SigV4Request& request, Arena& arena) {
  SigV4Claim claim;
  claim.form = SigV4Form::kPresigned;
  std::string missing;
  const auto parameter = [&](std::string_view name) {
    const std::string_view value = decoded(find_parameter(request.query, name).value_or(""), arena);
    if (value.empty()) missing += "AWS query-string parameters must include '" + std::string(name) + "'. ";
    return value;
  };
  const std::string_view algorithm = parameter("X-Amz-Algorithm");
  const std::string_view credential = parameter("X-Amz-Credential");
  claim.signature = parameter("X-Amz-Signature");
  claim.signed_headers = parameter("X-Amz-SignedHeaders");
  claim.time = parameter("X-Amz-Date");
  const std::string_view expires = parameter("X-Amz-Expires");
  claim.session_token = decoded(find_parameter(request.query, "X-Amz-Security-Token").value_or(""), arena);
  if (!missing.empty()) return incomplete(missing + "Re-examine the query-string parameters.");
  if (algorithm != sigv4::kAlgorithm) return incomplete("AWS query-string parameter 'X-Amz-Algorithm' must be 'AWS4-HMAC-SHA256'.");
  const auto seconds = parse_u64(expires);
  if (!seconds || *seconds == 0 || *seconds > kSigV4LongestExpiry_s)
    return incomplete("AWS query-string parameter 'X-Amz-Expires' must be a number of seconds from 1 to 604800.");
  claim.expires_s = static_cast<std::uint32_t>(*seconds);
  if (!split_credential(credential, claim)) return bad_credential(credential);
  return claim;
}

}  // namespace

Claimed read_sigv4_claim(const SigV4Request& request, Arena& arena) {
  const auto authorization = find(request.headers, "authorization");
  const bool presigned = !request.query.empty() && (find_parameter(request.query, "X-Amz-Algorithm").has_value() ||
                                                    find_parameter(request.query, "X-Amz-Signature").has_value());
  if (authorization && presigned)
    return SigV4Refusal{SigV4Refused::kInvalid, "sigv4_two_forms",
                        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."};
  if (presigned) return from_query(request, arena);
  if (authorization) return from_header(trim(*authorization), request);
  return SigV4Refusal{SigV4Refused::kMissing, "sigv4_missing", "Request is missing Authentication Token"};
}

}  // namespace gatehouse::crypto
