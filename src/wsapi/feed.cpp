#include "feed.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::wsapi {
namespace {

using dynamo::Map;
using dynamo::StreamView;
using dynamo::Type;
using dynamo::Value;

// What a claim can be equal to. Nothing for null, binaries and maps.
void append_texts(Value value, std::vector<std::string>& to) {
  switch (value.type()) {
    case Type::kString:
    case Type::kNumber:
      if (!value.text().empty()) to.emplace_back(value.text());
      break;
    case Type::kBool: to.emplace_back(value.boolean() ? "true" : "false"); break;
    case Type::kStringSet:
    case Type::kNumberSet:
      for (const std::string_view element : value.elements()) to.emplace_back(element);
      break;
    case Type::kList:
      for (const Value element : value.list())
        if (element.type() != Type::kList) append_texts(element, to);
      break;
    default: break;
  }
}

bool is_one_of(const std::vector<std::string>& allowed, JsonValue claim) {
  const JsonKind kind = claim.kind();
  if (kind == JsonKind::kArray)
    return std::any_of(claim.begin(), claim.end(), [&](JsonValue element) { return !element.is_array() && is_one_of(allowed, element); });
  if (kind == JsonKind::kNull || kind == JsonKind::kObject) return false;
  return std::ranges::find(allowed, claim.text()) != allowed.end();
}

bool shows_item(StreamView images) { return images == StreamView::kNewImage || images == StreamView::kNewAndOldImages; }
bool shows_old(StreamView images) { return images == StreamView::kOldImage || images == StreamView::kNewAndOldImages; }

void write_item(const FeedSettings& feed, std::string_view name, const Map& item, std::string& to) {
  to += ",\"";
  to += name;
  to += "\":{";
  bool first = true;
  for (const auto& [attribute, value] : item) {
    if (std::ranges::find(feed.hidden, attribute) != feed.hidden.end()) continue;
    if (!std::exchange(first, false)) to += ',';
    dynamo::write_json_string(to, attribute);
    to += ':';
    dynamo::write_plain_value(to, value);
  }
  to += '}';
}

std::string message(const FeedSettings& feed, ChangeKind kind, const Change& change, std::size_t most) {
  std::string text = "{\"event\":\"";
  text += change_name(kind);
  text += "\",\"table\":";
  dynamo::write_json_string(text, feed.table);
  write_item(feed, "keys", change.keys, text);
  const std::size_t head = text.size();
  if (kind != ChangeKind::kRemove && change.after && shows_item(feed.images)) write_item(feed, "item", *change.after, text);
  if (kind != ChangeKind::kInsert && change.before && shows_old(feed.images)) write_item(feed, "old", *change.before, text);
  if (text.size() + 1 > most) {
    text.resize(head);
    text += ",\"too_large\":true";
  }
  text += '}';
  return text;
}

}  // namespace

std::string_view change_name(ChangeKind kind) {
  constexpr std::array<std::string_view, 3> kNames = {"INSERT", "MODIFY", "REMOVE"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<Audience> audience_of(const FeedSettings& feed, const FeedFilter::Compiled& filter, const Map& item) {
  if (!filter.matches(item)) return std::nullopt;
  Audience audience;
  if (!feed.group.everybody() && !feed.group.evaluate(item, audience.group)) return std::nullopt;
  for (const OnlyTo& rule : feed.only_to) {
    auto& allowed = audience.allowed.emplace_back();
    if (const Value value = item.find(rule.attribute)) append_texts(value, allowed);
    if (allowed.empty()) return std::nullopt;
  }
  return audience;
}

bool admits(const std::vector<OnlyTo>& rules, const Audience& audience, const ConnectionFacts& facts) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto& allowed = audience.allowed[i];
    if (!rules[i].claim) {
      if (facts.subject.empty() || std::ranges::find(allowed, facts.subject) == allowed.end()) return false;
      continue;
    }
    const JsonValue claim = facts.claims ? facts.claims->find(*rules[i].claim) : JsonValue();
    if (!claim || !is_one_of(allowed, claim)) return false;
  }
  return true;
}

void append_notices(const FeedSettings& feed, const FeedFilter::Compiled& filter, const Change& change, std::size_t most,
                    std::vector<Notice>& to) {
  const auto tell = [&](std::optional<Audience> audience, ChangeKind kind) {
    if (audience) to.push_back({std::move(*audience), message(feed, kind, change, most)});
  };
  if (change.kind == ChangeKind::kRemove) return tell(audience_of(feed, filter, change.before.value_or(change.keys)), ChangeKind::kRemove);
  auto now = audience_of(feed, filter, change.after.value_or(change.keys));
  // Without the old image nothing that decides can have changed: it is all in the key.
  if (change.kind == ChangeKind::kInsert || !change.before) return tell(std::move(now), change.kind);
  auto former = audience_of(feed, filter, *change.before);
  if (former == now) return tell(std::move(now), ChangeKind::kModify);
  tell(std::move(former), ChangeKind::kRemove);
  tell(std::move(now), ChangeKind::kInsert);
}

std::string gap_message(std::string_view table) {
  std::string text = "{\"event\":\"GAP\",\"table\":";
  dynamo::write_json_string(text, table);
  text += '}';
  return text;
}

}  // namespace gatehouse::wsapi
