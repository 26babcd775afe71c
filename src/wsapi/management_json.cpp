#include "management_json.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace gatehouse::wsapi {
namespace {

using json = nlohmann::ordered_json;

// User agents are what clients sent: no bytes of theirs may make this throw.
std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

// "2026-11-22T19:34:21.123Z": RFC 3339, as SDKs read it.
std::string time_text(std::chrono::system_clock::time_point at) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
  const std::time_t whole = seconds.count();
  std::tm parts{};
  gmtime_r(&whole, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text.data() + size, text.size() - size, ".%03dZ", static_cast<int>((milliseconds - seconds).count()));
  return text.data();
}

json json_of(const Description& description) {
  json value = {{"connectionId", description.id.to_string()},
                {"connectedAt", time_text(description.connected_at)},
                {"identity", {{"sourceIp", description.source.to_string()}, {"userAgent", description.user_agent}}},
                {"lastActiveAt", time_text(description.last_active)}};
  if (!description.subject.empty()) value["subject"] = description.subject;
  if (!description.groups.empty()) value["groups"] = description.groups;
  return value;
}

}  // namespace

std::string message_json(std::string_view text) { return text_of({{"message", text}}); }
std::string description_json(const Description& description) { return text_of(json_of(description)); }

std::string presence_json(const Presence& page) {
  json connections = json::array();
  for (const Description& one : page.connections) connections.push_back(json_of(one));
  json value = {{"connections", std::move(connections)}};
  if (!page.next.empty()) value["next"] = page.next;
  if (page.outcome != Outcome::kDone) value["complete"] = false;
  return text_of(value);
}

std::string delivered_json(const Delivered& delivered) {
  json value = {{"sent", delivered.sent}, {"full", delivered.full}};
  if (delivered.outcome != Outcome::kDone) value["complete"] = false;
  return text_of(value);
}

}  // namespace gatehouse::wsapi
