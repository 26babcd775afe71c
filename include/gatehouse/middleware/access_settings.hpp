// What can be set about who may call: addresses, policies, signatures, passwords. Plain values.
#pragma once

#include "gatehouse/base/ip.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::middleware {

// Which clients may call by their address. Nothing set: all.
struct IpRules {
  IpSet allow;  // empty: every address
  IpSet deny;   // wins
  bool operator==(const IpRules&) const = default;
};

// A policy in Amazon's JSON; a good one (crypto::Policy).
struct PolicySettings {
  std::string json;  // empty: none
  bool operator==(const PolicySettings&) const = default;
};

// "GET /orders/*": what an access key may call.
struct CallPattern {
  std::string method;  // empty: any
  std::string path;    // '*' is anything, '/' too
  bool operator==(const CallPattern&) const = default;
};

struct SigV4Key {
  std::string id;
  std::string secret;
  std::string session_token;       // empty: none, and a request must show none
  std::vector<CallPattern> allow;  // without these and a policy: everything
  PolicySettings policy;
  bool operator==(const SigV4Key&) const = default;
};

struct SigV4Settings {
  std::vector<SigV4Key> access_keys;
  std::string service;  // empty: what the route is, "dynamodb" or "execute-api"
  std::string region;   // empty: any
  std::uint64_t body = 1024 * 1024;
  bool unsigned_payload = false;
  bool operator==(const SigV4Settings&) const = default;
};

struct BasicUser {
  std::string name;
  std::string sha256;  // of the password, 64 lower-case hexadecimal digits; or
  std::string hash;    // as crypt(5) writes it
  bool operator==(const BasicUser&) const = default;
};

struct BasicSettings {
  std::string realm = "gatehouse";
  std::vector<BasicUser> users;
  bool operator==(const BasicSettings&) const = default;
};

}  // namespace gatehouse::middleware
