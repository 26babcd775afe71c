#include "gatehouse/crypto/sigv4.hpp"

#include "gatehouse/base/strings.hpp"
#include "sigv4_canonical.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

namespace gatehouse::crypto {
namespace {

using namespace std::chrono;
using Verdict = boost::system::result<void, SigV4Refusal>;

// A list that is longer would cost its length times that of the head.
constexpr std::size_t kMostSignedHeaders = 128;

SigV4Refusal invalid(std::string_view reason, std::string message) {
  return {SigV4Refused::kInvalid, reason, std::move(message)};
}

// "20150830T123600Z"
std::optional<WallTime> parse_time(std::string_view text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  const auto number = [text](std::size_t at, std::size_t digits) -> unsigned {
    unsigned value = 0;
    for (const char c : text.substr(at, digits)) {
      if (c < '0' || c > '9') return ~0U;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
  };
  const unsigned y = number(0, 4);
  const unsigned h = number(9, 2);
  const unsigned m = number(11, 2);
  const unsigned s = number(13, 2);
  const unsigned mo = number(4, 2);
  const unsigned d = number(6, 2);
  if (y > 9999 || mo > 12 || d > 31 || h > 23 || m > 59 || s > 60) return std::nullopt;
  const year_month_day date{year(static_cast<int>(y)), month(mo), day(d)};
  if (!date.ok()) return std::nullopt;
  return sys_days(date) + hours(h) + minutes(m) + seconds(s);
}

void write_time(WallTime time, std::string& to) {
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  char text[32];
  std::snprintf(text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  to.assign(text);
}

std::string quoted_time(WallTime time) {
  std::string text;
  write_time(time, text);
  return text;
}

Verdict check_time(const SigV4Claim& claim, WallTime now) {
  const auto time = parse_time(claim.time);
  if (!time)
    return SigV4Refusal{SigV4Refused::kIncomplete, "sigv4_bad_date",
                        "Date must be in ISO-8601 'basic format'. Got '" + std::string(claim.time) +
                            "'. See http://en.wikipedia.org/wiki/ISO_8601"};
  const bool presigned = claim.form == SigV4Form::kPresigned;
  if (*time > now + kSigV4Skew)
    return invalid("sigv4_not_yet_valid", "Signature not yet current: " + std::string(claim.time) + " is still later than " +
                                              quoted_time(now + kSigV4Skew) + " (" + quoted_time(now) + " + 15 min.)");
  if (presigned && now > *time + seconds(claim.expires_s))
    return invalid("sigv4_expired", "Signature expired: " + quoted_time(*time + seconds(claim.expires_s)) +
                                        " is now earlier than " + quoted_time(now));
  if (!presigned && *time < now - kSigV4Skew)
    return invalid("sigv4_expired", "Signature expired: " + std::string(claim.time) + " is now earlier than " +
                                        quoted_time(now - kSigV4Skew) + " (" + quoted_time(now) + " - 15 min.)");
  return {};
}

Verdict check_scope(const SigV4Claim& claim, const SigV4Expectation& expected) {
  std::string wrong;
  if (!expected.region.empty() && claim.region != expected.region)
    wrong += "Credential should be scoped to a valid region, not '" + std::string(claim.region) + "'. ";
  if (claim.service != expected.service)
    wrong += "Credential should be scoped to correct service: '" + std::string(expected.service) + "'. ";
  if (claim.terminator != "aws4_request")
    wrong += "Credential should be scoped with a valid terminator: 'aws4_request', not '" + std::string(claim.terminator) + "'. ";
  if (!claim.time.starts_with(claim.date) || claim.date.size() != 8)
    wrong += "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
             std::string(claim.date) + "' != '" + std::string(claim.time.substr(0, 8)) + "', from '" +
             std::string(claim.time) + "'. ";
  if (wrong.empty()) return {};
  wrong.pop_back();
  return invalid("sigv4_scope", std::move(wrong));
}

bool must_be_signed(std::string_view name) {
  return (name.size() > 6 && iequals(name.substr(0, 6), "x-amz-")) || (name.size() == 4 && iequals(name, "host"));
}

bool lists(std::string_view signed_headers, std::string_view name) {
  while (signed_headers.size() >= name.size()) {
    const std::size_t end = std::min(signed_headers.find(';'), signed_headers.size());
    if (end == name.size() && iequals(signed_headers.substr(0, end), name)) return true;
    signed_headers.remove_prefix(std::min(end + 1, signed_headers.size()));
  }
  return false;
}

// The list is canonical itself: lower case, ascending, without repetition.
Verdict check_signed_headers(const SigV4Request& request, const SigV4Claim& claim) {
  std::string_view rest = claim.signed_headers;
  std::string_view previous;
  std::size_t count = 0;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view name = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const bool lower = std::ranges::none_of(name, [](char c) { return to_lower(c) != c; });
    if (name.empty() || !lower || name <= previous || ++count > kMostSignedHeaders)
      return invalid("sigv4_bad_signed_headers", "'SignedHeaders' must list header names in lower case, sorted and separated by ';'.");
    previous = name;
  }
  if (!lists(claim.signed_headers, "host"))
    return invalid("sigv4_unsigned_header", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
  for (const SigV4Header& header : request.headers) {
    if (must_be_signed(header.name) && !lists(claim.signed_headers, header.name))
      return invalid("sigv4_unsigned_header",
                     "'" + std::string(header.name) + "' must be a 'SignedHeader' in the AWS Authorization.");
  }
  return {};
}

SigV4Refusal mismatch(std::string_view reason) {
  return invalid(reason,
                 "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
                 "Key and signing method. Consult the service documentation for details.");
}

// What stands for the body in the canonical request; nothing when the request says of its body what is not true.
std::optional<sigv4::Hex> payload_hash(const SigV4Request& request) {
  sigv4::Hex hash;
  if (request.payload_hash.size() == hash.size()) {
    std::ranges::copy(request.payload_hash, hash.begin());
  } else {
    hash = sigv4::to_hex(sha256(request.body));
  }
  for (const SigV4Header& header : request.headers) {
    if (header.name.size() != 20 || !iequals(header.name, "x-amz-content-sha256")) continue;
    if (header.value != sigv4::view(hash)) return std::nullopt;
  }
  return hash;
}

bool says_unsigned(const SigV4Request& request) {
  return std::ranges::any_of(request.headers, [](const SigV4Header& header) {
    return header.name.size() == 20 && iequals(header.name, "x-amz-content-sha256") && header.value == kUnsignedPayload;
  });
}

void begin(sigv4::Hashing& hashing, std::string_view method, std::string_view path, std::string_view query, SigV4Path style) {
  hashing.add(method);
  hashing.add('\n');
  sigv4::add_path(hashing, path, style);
  hashing.add('\n');
  sigv4::add_query(hashing, query);
  hashing.add('\n');
}

void end(sigv4::Hashing& hashing, std::string_view signed_headers, std::string_view payload) {
  hashing.add('\n');
  hashing.add(signed_headers);
  hashing.add('\n');
  hashing.add(payload);
}

}  // namespace

Verdict verify_sigv4(const SigV4Request& request, const SigV4Claim& claim, const SigV4Expectation& expected) {
  if (auto timely = check_time(claim, expected.now); !timely) return timely;
  if (auto scoped = check_scope(claim, expected); !scoped) return scoped;
  if (auto listed = check_signed_headers(request, claim); !listed) return listed;

  sigv4::Hashing hashing;
  begin(hashing, request.method, request.path, request.query, expected.path);
  for (std::string_view rest = claim.signed_headers; !rest.empty();) {
    const std::size_t end_of_name = std::min(rest.find(';'), rest.size());
    if (!sigv4::add_header(hashing, rest.substr(0, end_of_name), request.headers)) return mismatch("sigv4_mismatch");
    rest.remove_prefix(std::min(end_of_name + 1, rest.size()));
  }
  if (!expected.streaming.empty()) {
    end(hashing, claim.signed_headers, expected.streaming);
  } else if (expected.unsigned_payload == UnsignedPayload::kAccepted && says_unsigned(request)) {
    end(hashing, claim.signed_headers, kUnsignedPayload);
  } else {
    const auto payload = payload_hash(request);
    if (!payload) return mismatch("sigv4_payload");
    end(hashing, claim.signed_headers, sigv4::view(*payload));
  }
  const sigv4::Hex computed = sigv4::signature(expected.secret_key, claim.time, claim.scope, hashing.finish());
  if (!constant_time_equal(claim.signature, sigv4::view(computed))) return mismatch("sigv4_mismatch");
  return {};
}

void SigV4Signer::sign(std::string_view method, std::string_view request_path, std::string_view query,
                       std::span<const SigV4Header> headers, std::string_view payload_hash, WallTime now,
                       SigV4Signature& to) const {
  write_time(now, to.time);
  std::vector<SigV4Header> signed_fields(headers.begin(), headers.end());
  signed_fields.push_back({"x-amz-date", to.time});
  if (!session_token.empty()) signed_fields.push_back({"x-amz-security-token", session_token});
  std::vector<std::string> names;
  for (const SigV4Header& header : signed_fields) names.push_back(to_lower(header.name));
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());

  sigv4::Hashing hashing;
  begin(hashing, method, request_path, query, path);
  std::string list;
  for (const std::string& name : names) {
    sigv4::add_header(hashing, name, signed_fields);
    list += (list.empty() ? "" : ";") + name;
  }
  end(hashing, list, payload_hash);

  const std::string scope = to.time.substr(0, 8) + '/' + region + '/' + service + "/aws4_request";
  const sigv4::Hex computed = sigv4::signature(secret_key, to.time, scope, hashing.finish());
  to.authorization.assign(sigv4::kAlgorithm);
  to.authorization += " Credential=" + access_key + '/' + scope + ", SignedHeaders=" + list + ", Signature=";
  to.authorization += sigv4::view(computed);
}

}  // namespace gatehouse::crypto
