// Who may use the tables over DynamoDB's protocol, and for what. Plain values.
#pragma once

#include <string>
#include <vector>

namespace gatehouse::dynamo {

// A pair of keys as SDK clients have them, and what they open. Patterns may hold '*' (any text) and '?' (any character).
struct AccessKeySettings {
  std::string id;
  std::string secret;
  std::string session_token;                // when set, the client must send it
  std::vector<std::string> allow{"*"};      // actions: "GetItem", "dynamodb:Get*"; letter case is free
  std::vector<std::string> tables{"*"};     // names
  std::vector<std::string> leading_keys;    // partition key values; none: any. Like IAM's dynamodb:LeadingKeys
  bool operator==(const AccessKeySettings&) const = default;
};

// Who may ask without a signature.
enum class Unsigned : unsigned char {
  kRefused,   // every request must be signed with one of the keys
  kLoopback,  // anyone who calls this machine by its own name, so that no web page can do it by rebinding a name of its own
  kAccepted,  // anyone: who may call was decided before
};

struct ProtocolSettings {
  std::vector<AccessKeySettings> access_keys;
  Unsigned without_signature = Unsigned::kRefused;
  bool operator==(const ProtocolSettings&) const = default;
};

// The actions that a policy can name, for checks of a configuration: operations, "ConditionCheckItem", "PartiQLSelect"…
const std::vector<std::string>& action_names();
// Whether `pattern`, with or without "dynamodb:", names an action at all.
bool names_an_action(const std::string& pattern);

}  // namespace gatehouse::dynamo
