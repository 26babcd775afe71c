#include "describe_access.hpp"
#include "gatehouse/middleware/policy_facts.hpp"
#include "scalars.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <variant>

namespace gatehouse::config {
namespace {

// Policies hold nothing but texts, lists and maps. Nothing when a text is wrong, which was said then.
std::optional<nlohmann::ordered_json> to_json(const Cursor& at) {
  const Node& node = at.node();
  if (node.kind == Node::Kind::kNull) return nlohmann::ordered_json(nullptr);
  if (node.kind == Node::Kind::kScalar) {
    const auto text = at.text("a text");
    if (!text) return std::nullopt;
    return nlohmann::ordered_json(*text);
  }
  nlohmann::ordered_json made;
  if (node.kind == Node::Kind::kList) {
    made = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      auto item = to_json(at.item(i));
      if (!item) return std::nullopt;
      made.push_back(std::move(*item));
    }
    return made;
  }
  made = nlohmann::ordered_json::object();
  at.check_duplicate_keys();
  for (const Node::Entry& entry : node.entries) {
    auto member = to_json(at.child(entry));
    if (!member) return std::nullopt;
    made[std::string(entry.key)] = std::move(*member);
  }
  return made;
}

bool check(const Cursor& at, const std::string& json, const std::string& where) {
  const auto policy = crypto::Policy::parse(json, middleware::kPolicyKeys);
  if (policy) return true;
  at.problem("the policy" + where + " cannot be used: " + policy.error().message());
  return false;
}

}  // namespace

std::string PolicyDocument::expected() const {
  return std::string(none == None::kAllowed ? "none, or " : "") +
         "a policy in Amazon's JSON: as a map with Statement, as text beginning with '{', or the path of a file";
}

bool PolicyDocument::read(const Cursor& at, Value& value) const {
  if (at.node().kind == Node::Kind::kMap) {
    const auto json = to_json(at);
    if (!json) return false;
    std::string text = json->dump();
    if (!check(at, text, "")) return false;
    value.json = std::move(text);
    return true;
  }
  if (!at.is(Node::Kind::kScalar, expected())) return false;
  const auto text = at.text(expected());
  if (!text) return false;
  if (none == None::kAllowed && *text == "none") return true;
  if (text->find_first_not_of(" \t\r\n") != std::string::npos && text->at(text->find_first_not_of(" \t\r\n")) == '{') {
    if (!check(at, *text, "")) return false;
    value.json = *text;
    return true;
  }
  std::string path;
  if (!kFilePath.read(at, path)) return false;
  auto content = read_file(path, crypto::Policy::kMaxBytes);
  if (const auto* const complaint = std::get_if<Complaint>(&content)) {
    at.problem(*complaint);
    return false;
  }
  if (!check(at, std::get<std::string>(content), " in " + in_quotes(path))) return false;
  value.json = std::move(std::get<std::string>(content));
  return true;
}

Shape PolicyDocument::shape(Model& model) const {
  model.add_text({"policy", "a policy in Amazon's JSON, or the path of a file with one", "", {"policies/shop.json"}, false});
  Shape any{Shape::Kind::kMap, "", 0, 0, {}, {}};
  any.parts = {Shape{Shape::Kind::kText, "policy", 0, 0, {}, {}}, Shape{Shape::Kind::kAny, "", 0, 0, {}, {}}};
  return {Shape::Kind::kEither, "", 0, 0, {}, {Shape{Shape::Kind::kText, "policy", 0, 0, {}, {}}, std::move(any)}};
}

}  // namespace gatehouse::config
