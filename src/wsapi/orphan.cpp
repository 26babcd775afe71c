#include "gatehouse/wsapi/orphan.hpp"

#include "gatehouse/base/arena.hpp"
#include "gatehouse/crypto/claims.hpp"
#include "gatehouse/pipeline/json_text.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace gatehouse::wsapi {
namespace {

struct Text {
  std::string_view name;
  std::string_view ConnectionFacts::*fact;
  std::string Orphan::*kept;
};
constexpr std::array<Text, 9> kTexts{{
    {"agent", &ConnectionFacts::user_agent, &Orphan::user_agent},
    {"domain", &ConnectionFacts::domain_name, &Orphan::domain_name},
    {"protocol", &ConnectionFacts::subprotocol, &Orphan::subprotocol},
    {"request", &ConnectionFacts::request_id, &Orphan::request_id},
    {"route", &ConnectionFacts::route, &Orphan::route},
    {"method", &ConnectionFacts::method, &Orphan::method},
    {"subject", &ConnectionFacts::subject, &Orphan::subject},
    {"key", &ConnectionFacts::api_key, &Orphan::api_key},
    {"plan", &ConnectionFacts::plan, &Orphan::plan},
}};

class Writer {
 public:
  void text(std::string_view name, std::string_view value) {
    begin(name);
    record_ += '"';
    record_ += pipeline::json_escaped(value, arena_);
    record_ += '"';
  }
  void raw(std::string_view name, std::string_view value) {
    begin(name);
    record_ += value;
  }
  std::string take() {
    record_ += '}';
    return std::move(record_);
  }

 private:
  void begin(std::string_view name) {
    record_ += record_.empty() ? "{\"" : ",\"";
    record_ += name;
    record_ += "\":";
  }
  Arena arena_;
  std::string record_;
};

std::string text_of(JsonValue value) { return value && value.is_string() ? std::string(value.text()) : std::string(); }

}  // namespace

std::string write_record(std::string_view api, const ConnectionFacts& facts) {
  Writer writer;
  writer.text("api", api);
  writer.text("source", facts.source.to_string());
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(facts.connected_at.time_since_epoch());
  writer.raw("at", std::to_string(since.count()));
  if (facts.secure) writer.raw("secure", "true");
  for (const Text& text : kTexts) {
    if (!(facts.*text.fact).empty()) writer.text(text.name, facts.*text.fact);
  }
  if (facts.claims) {
    std::string claims;
    facts.claims->root().append_to(claims);
    if (claims.size() <= kLargestRecordedClaims) writer.raw("claims", claims);
  }
  return writer.take();
}

std::optional<Orphan> read_record(const ConnectionId& id, std::string_view record) {
  const auto tree = JsonTree::parse(record, JsonTree::kMaxDepth + 1);
  if (!tree || !tree->root().is_object()) return std::nullopt;
  const JsonValue root = tree->root();
  Orphan orphan;
  orphan.id = id;
  orphan.api = text_of(root.find("api"));
  const auto source = IpAddress::parse(text_of(root.find("source")));
  const JsonValue at = root.find("at");
  if (orphan.api.empty() || !source || !at || !at.is_number()) return std::nullopt;
  orphan.source = *source;
  std::int64_t milliseconds = 0;
  std::from_chars(at.text().data(), at.text().data() + at.text().size(), milliseconds);
  if (milliseconds < 0 || milliseconds > 9'000'000'000'000) return std::nullopt;
  orphan.connected_at = std::chrono::system_clock::time_point(std::chrono::milliseconds(milliseconds));
  const JsonValue secure = root.find("secure");
  orphan.secure = secure && secure.kind() == JsonKind::kTrue;
  for (const Text& text : kTexts) orphan.*text.kept = text_of(root.find(text.name));
  if (const JsonValue claims = root.find("claims"); claims && claims.is_object()) {
    std::string json;
    claims.append_to(json);
    auto parsed = JsonTree::parse(json);
    if (!parsed) return std::nullopt;
    orphan.claims = std::make_shared<const crypto::Claims>(std::move(*parsed));
  }
  return orphan;
}

ConnectionFacts Orphan::facts() const {
  ConnectionFacts facts;
  facts.source = source;
  facts.connected_at = connected_at;
  facts.secure = secure;
  for (const Text& text : kTexts) facts.*text.fact = this->*text.kept;
  facts.claims = claims;
  return facts;
}

}  // namespace gatehouse::wsapi
