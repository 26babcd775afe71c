// Policy documents in Amazon's JSON, as resource policies and Lambda authorizers have them: who may do what with which resource
// under which conditions. Read once, then immutable; any thread. Source: IAM User Guide, "IAM JSON policy element reference".
#pragma once

#include "gatehouse/base/error.hpp"
#include "gatehouse/base/ip.hpp"
#include "gatehouse/base/json_tree.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::crypto {

enum class PolicyDecision : unsigned char {
  kAllow,
  kDeny,      // by a statement
  kImplicit,  // no statement says anything: denied where nothing else allows
};

// The value of a condition key: {"aws:UserAgent", "curl/8"}.
struct PolicyFact {
  std::string_view key;  // any letter case
  std::string_view value;
};

struct PolicyFacts {
  std::optional<IpAddress> source_ip;  // aws:SourceIp
  std::span<const PolicyFact> values;
};

class Policy {
 public:
  static constexpr std::size_t kMaxBytes = 64 * 1024;

  // `keys`: the condition keys that evaluate() will be given facts for, besides aws:SourceIp; any other key is an error, because a
  // Deny under a condition that nobody can check would never deny. Supported: Version, Id, Sid, Effect, Principal (everybody),
  // Action or NotAction, Resource or NotResource with * and ?, and Condition with IpAddress, StringEquals and StringLike, their Not
  // forms, StringEqualsIgnoreCase, and ...IfExists. Everything else is an error, policy variables ("${...}") too.
  // The error, policy_invalid, names the place: "Statement[1].Effect: ...".
  static Result<Policy> parse(std::string_view json, std::span<const std::string_view> keys = {});
  // The same for a part of a document.
  static Result<Policy> parse(JsonValue document, std::span<const std::string_view> keys = {});

  // An explicit deny wins. `action`: "execute-api:Invoke", any letter case. `resource`: a full ARN; a policy may abbreviate it as
  // "execute-api:/stage/GET/pets". * matches anything, ':' and '/' too. Allocates nothing.
  PolicyDecision evaluate(std::string_view action, std::string_view resource, const PolicyFacts& facts) const;

 private:
  friend class PolicyReader;

  enum class Effect : unsigned char { kAllow, kDeny };
  enum class Sense : unsigned char { kIs, kIsNot };
  enum class Compare : unsigned char { kNetwork, kEqual, kEqualIgnoringCase, kLike };
  enum class Absent : unsigned char { kFails, kHolds };  // a fact that nobody gave

  struct Condition {
    Compare compare = Compare::kEqual;
    Sense sense = Sense::kIs;
    Absent absent = Absent::kFails;
    std::string key;
    std::vector<std::string> values;
    IpSet networks;  // of kNetwork

    bool holds(const PolicyFacts& facts) const;
    bool matches(std::string_view value) const;
  };
  struct Statement {
    Effect effect = Effect::kDeny;
    Sense action_sense = Sense::kIs;
    Sense resource_sense = Sense::kIs;
    std::vector<std::string> actions;
    std::vector<std::string> resources;
    std::vector<Condition> conditions;

    bool applies(std::string_view action, std::string_view resource, const PolicyFacts& facts) const;
  };

  std::vector<Statement> statements_;
};

}  // namespace gatehouse::crypto
