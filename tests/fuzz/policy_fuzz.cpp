// Policy documents, and patterns against a matcher that is too simple to be wrong. The first byte chooses; a line break divides
// policy from resource, pattern from text.
#include "fuzz/fuzz_support.hpp"
#include "gatehouse/crypto/policy.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace gatehouse;
using namespace gatehouse::crypto;
using gatehouse::testing::require;

constexpr std::array<std::string_view, 1> kKeys = {"aws:UserAgent"};

void check_policy(std::string_view json, std::string_view resource) {
  const auto policy = Policy::parse(json, kKeys);
  if (!policy) return require(policy.error().message().find(": ") != std::string::npos, "an error names the place");
  const std::array<PolicyFact, 1> agent = {{{"aws:useragent", resource}}};
  const PolicyFacts facts{IpAddress::parse("192.0.2.1"), agent};
  const PolicyDecision decision = policy->evaluate("execute-api:Invoke", resource, facts);

  std::string again;
  const auto tree = JsonTree::parse(json);
  tree->root().append_to(again);
  const auto same = Policy::parse(again, kKeys);
  require(same && same->evaluate("execute-api:Invoke", resource, facts) == decision, "spaces mean nothing");

  // One statement more that denies everything.
  std::string statements;
  const JsonValue old = tree->root().find("Statement");
  old.append_to(statements);
  if (old.is_array()) statements = old.size() == 0 ? "" : statements.substr(1, statements.size() - 2);
  statements += std::string(statements.empty() ? "" : ",") + R"({"Effect":"Deny","Action":"*","Resource":"*"})";
  const auto denied = Policy::parse("{\"Statement\":[" + statements + "]}", kKeys);
  if (denied) require(denied->evaluate("execute-api:Invoke", resource, facts) == PolicyDecision::kDeny, "an explicit deny wins");
}

bool matches_simply(std::string_view pattern, std::string_view text) {
  std::vector<char> reached(text.size() + 1, 0);
  reached[0] = 1;
  for (const char p : pattern) {
    if (p == '*') {
      for (std::size_t i = 1; i <= text.size(); ++i) reached[i] = static_cast<char>(reached[i] | reached[i - 1]);
      continue;
    }
    for (std::size_t i = text.size(); i > 0; --i) reached[i] = reached[i - 1] && (p == '?' || p == text[i - 1]) ? 1 : 0;
    reached[0] = 0;
  }
  return reached[text.size()] != 0;
}

void check_pattern(std::string_view pattern, std::string_view text) {
  if (pattern.empty() || pattern.size() > 200 || text.size() > 200 || pattern.starts_with("execute-api:/")) return;
  for (const char c : pattern) {
    if (c < 0x20 || c > 0x7E || c == '"' || c == '\\' || c == '$') return;
  }
  const auto policy = Policy::parse(R"({"Statement":{"Effect":"Allow","Action":"*","Resource":")" + std::string(pattern) + "\"}}");
  require(policy.has_value(), "a pattern is a resource");
  const bool allowed = policy->evaluate("a", text, {}) == PolicyDecision::kAllow;
  require(allowed == matches_simply(pattern, text), "both matchers agree");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t line = std::min(text.rfind('\n'), text.size());
  const std::string_view first = std::string_view(text).substr(0, line);
  const std::string_view second = std::string_view(text).substr(std::min(line + 1, text.size()));
  data[0] % 2 == 0 ? check_policy(first, second) : check_pattern(first, second);
  return 0;
}
