// Policy documents from their JSON. Whatever could change the meaning and is not understood is an error.
#include "gatehouse/base/strings.hpp"
#include "gatehouse/crypto/policy.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::crypto {
namespace {

constexpr std::size_t kMaxDepth = 16;
constexpr std::string_view kSourceIp = "aws:sourceip";
constexpr std::string_view kIfExists = "IfExists";

Error invalid(std::string message) {
  return {ErrorKind::kInvalid, ErrorSource::kGateway, "policy_invalid", std::move(message)};
}

std::string member(const std::string& place, std::string_view name) {
  return place.empty() ? std::string(name) : place + '.' + std::string(name);
}

std::string element(const std::string& place, std::size_t index) { return place + '[' + std::to_string(index) + ']'; }

// `{"AWS": "*"}` and `{"AWS": ["*"]}` say the same as "*".
bool is_everybody(JsonValue principal) {
  if (principal.is_object()) {
    if (principal.size() != 1 || (*principal.begin()).name() != "AWS") return false;
    principal = *principal.begin();
    if (principal.is_array() && principal.size() == 1) principal = principal.at(0);
  }
  return principal.is_string() && principal.text() == "*";
}

}  // namespace

class PolicyReader {
 public:
  explicit PolicyReader(std::span<const std::string_view> keys) : keys_(keys) {}

  Result<Policy> read(JsonValue document) {
    Policy policy;
    if (!read_document(document, policy)) return invalid(std::move(problem_));
    return policy;
  }

 private:
  using Statement = Policy::Statement;
  using Condition = Policy::Condition;

  bool fail(const std::string& place, std::string_view what) {
    problem_ = (place.empty() ? "the policy" : place) + ": " + std::string(what);
    return false;
  }

  template <std::size_t N>
  bool fail_unknown(const std::string& place, std::string_view name, const std::array<std::string_view, N>& known) {
    const std::string_view meant = nearest(name, known);
    return fail(member(place, name), meant.empty() ? "not supported" : "not supported; did you mean " + std::string(meant) + "?");
  }

  bool read_document(JsonValue document, Policy& policy) {
    constexpr std::array<std::string_view, 3> kMembers = {"Version", "Id", "Statement"};
    if (!document.is_object()) return fail("", "must be an object");
    for (const JsonValue value : document) {
      if (std::ranges::find(kMembers, value.name()) == kMembers.end()) return fail_unknown("", value.name(), kMembers);
    }
    const JsonValue version = document.find("Version");
    if (version && (!version.is_string() || (version.text() != "2012-10-17" && version.text() != "2008-10-17")))
      return fail("Version", "must be \"2012-10-17\"");
    const JsonValue statements = document.find("Statement");
    if (!statements) return fail("Statement", "is missing");
    if (!statements.is_array()) return read_statement(statements, "Statement", policy);
    std::size_t index = 0;
    return std::ranges::all_of(
        statements, [&](JsonValue statement) { return read_statement(statement, element("Statement", index++), policy); });
  }

  bool read_statement(JsonValue from, const std::string& place, Policy& policy) {
    constexpr std::array<std::string_view, 8> kMembers = {"Sid",       "Effect",   "Principal",   "Action",
                                                          "NotAction", "Resource", "NotResource", "Condition"};
    if (!from.is_object()) return fail(place, "must be an object");
    for (const JsonValue value : from) {
      if (std::ranges::find(kMembers, value.name()) == kMembers.end()) return fail_unknown(place, value.name(), kMembers);
    }
    Statement statement;
    const JsonValue effect = from.find("Effect");
    if (!effect || !effect.is_string() || (effect.text() != "Allow" && effect.text() != "Deny"))
      return fail(member(place, "Effect"), "must be \"Allow\" or \"Deny\"");
    statement.effect = effect.text() == "Allow" ? Policy::Effect::kAllow : Policy::Effect::kDeny;
    if (const JsonValue principal = from.find("Principal"); principal && !is_everybody(principal))
      return fail(member(place, "Principal"), "only \"*\" is supported");
    if (!read_either(from, place, "Action", "NotAction", statement.action_sense, statement.actions) ||
        !read_either(from, place, "Resource", "NotResource", statement.resource_sense, statement.resources)) {
      return false;
    }
    if (const JsonValue conditions = from.find("Condition");
        conditions && !read_conditions(conditions, member(place, "Condition"), statement)) {
      return false;
    }
    policy.statements_.push_back(std::move(statement));
    return true;
  }

  bool read_either(JsonValue from, const std::string& place, std::string_view name, std::string_view not_name,
                   Policy::Sense& sense, std::vector<std::string>& to) {
    const JsonValue positive = from.find(name);
    const JsonValue negative = from.find(not_name);
    const std::string both = std::string(name) + " or " + std::string(not_name);
    if (positive && negative) return fail(place, "has " + both + ", not both");
    if (!positive && !negative) return fail(place, "must have " + both);
    sense = positive ? Policy::Sense::kIs : Policy::Sense::kIsNot;
    return positive ? read_texts(positive, member(place, name), to) : read_texts(negative, member(place, not_name), to);
  }

  // One text, or an array of at least one.
  bool read_texts(JsonValue from, const std::string& place, std::vector<std::string>& to) {
    if (!from.is_array()) return read_text(from, place, to);
    if (from.size() == 0) return fail(place, "must not be empty");
    std::size_t index = 0;
    return std::ranges::all_of(from, [&](JsonValue value) { return read_text(value, element(place, index++), to); });
  }

  bool read_text(JsonValue from, const std::string& place, std::vector<std::string>& to) {
    if (!from.is_string() || from.text().empty()) return fail(place, "must be text");
    if (from.text().find("${") != std::string_view::npos) return fail(place, "policy variables are not supported");
    to.emplace_back(from.text());
    return true;
  }

  bool read_conditions(JsonValue from, const std::string& place, Statement& to) {
    if (!from.is_object()) return fail(place, "must be an object");
    return std::ranges::all_of(from, [&](JsonValue group) { return read_condition_group(group, place, to); });
  }

  // {"StringLike": {"aws:UserAgent": [...], ...}}
  bool read_condition_group(JsonValue group, const std::string& place, Statement& to) {
    using enum Policy::Compare;
    using enum Policy::Sense;
    struct Operator {
      std::string_view name;
      Policy::Compare compare;
      Policy::Sense sense;
    };
    constexpr std::array<Operator, 8> kOperators = {{{"IpAddress", kNetwork, kIs},
                                                     {"NotIpAddress", kNetwork, kIsNot},
                                                     {"StringEquals", kEqual, kIs},
                                                     {"StringNotEquals", kEqual, kIsNot},
                                                     {"StringEqualsIgnoreCase", kEqualIgnoringCase, kIs},
                                                     {"StringNotEqualsIgnoreCase", kEqualIgnoringCase, kIsNot},
                                                     {"StringLike", kLike, kIs},
                                                     {"StringNotLike", kLike, kIsNot}}};
    std::string_view name = group.name();
    const bool if_exists = name.ends_with(kIfExists);
    if (if_exists) name.remove_suffix(kIfExists.size());
    const auto* found = std::ranges::find(kOperators, name, &Operator::name);
    if (found == kOperators.end()) {
      std::array<std::string_view, kOperators.size()> names;
      std::ranges::transform(kOperators, names.begin(), &Operator::name);
      return fail_unknown(place, name, names);
    }
    const std::string here = member(place, group.name());
    if (!group.is_object() || group.size() == 0) return fail(here, "must be an object of condition keys");
    // Amazon: a negated condition holds where there is nothing to compare with.
    const bool holds_without = if_exists || found->sense == kIsNot;
    for (const JsonValue entry : group) {
      Condition condition;
      condition.compare = found->compare;
      condition.sense = found->sense;
      condition.absent = holds_without ? Policy::Absent::kHolds : Policy::Absent::kFails;
      if (!read_condition(entry, member(here, entry.name()), condition)) return false;
      to.conditions.push_back(std::move(condition));
    }
    return true;
  }

  bool read_condition(JsonValue entry, const std::string& place, Condition& condition) {
    condition.key = to_lower(entry.name());
    const bool is_address = condition.key == kSourceIp;
    const bool known = is_address || std::ranges::any_of(keys_, [&condition](std::string_view key) {
                         return to_lower(key) == condition.key;
                       });
    if (!known) return fail(place, "this condition key is not supported");
    if (is_address != (condition.compare == Policy::Compare::kNetwork))
      return fail(place, "aws:SourceIp is compared by IpAddress and NotIpAddress, and only it is");
    if (!read_texts(entry, place, condition.values)) return false;
    if (!is_address) return true;
    for (const std::string& network : condition.values) {
      if (!condition.networks.add(network)) return fail(place, "\"" + network + "\" is no address and no network");
    }
    condition.values.clear();
    return true;
  }

  std::span<const std::string_view> keys_;
  std::string problem_;
};

Result<Policy> Policy::parse(JsonValue document, std::span<const std::string_view> keys) {
  return PolicyReader(keys).read(document);
}

Result<Policy> Policy::parse(std::string_view json, std::span<const std::string_view> keys) {
  if (json.size() > kMaxBytes) return invalid("the policy: longer than " + std::to_string(kMaxBytes) + " bytes");
  const auto tree = JsonTree::parse(json, kMaxDepth);
  if (!tree)
    return invalid("the policy: " + std::string(tree.error().what()) + ", at byte " + std::to_string(tree.error().offset));
  return parse(tree->root(), keys);
}

}  // namespace gatehouse::crypto
