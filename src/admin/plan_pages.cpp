#include "gatehouse/admin/plan_pages.hpp"

#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>

namespace gatehouse::admin {
namespace {

using nlohmann::json;
using plans::Day;
using plans::PlanService;
using std::chrono::hours;
using std::chrono::seconds;

constexpr unsigned kDaysShown = 30;
constexpr unsigned kMostDays = 3660;

std::string text_of(const json& value) { return value.dump(2, ' ', false, json::error_handler_t::replace) + '\n'; }
Page message(int status, std::string_view text) { return {status, "application/json", text_of({{"message", text}})}; }

Page only(std::string_view allowed) {
  Page page = message(405, "Method Not Allowed");
  page.allow = allowed;
  return page;
}

Page failure(const Error& error) {
  const std::string_view reason = error.reason();
  const int status = reason == "key_unknown" ? 404 : reason == "key_exists" ? 409 : error.kind() == ErrorKind::kInvalid ? 400 : 503;
  return {status, "application/json", text_of({{"message", error.message()}, {"reason", reason}})};
}

// A parameter of the query; empty when it is not given.
std::string parameter(std::string_view target, std::string_view name) {
  const auto question = target.find('?');
  std::string_view rest = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) == name) return equals == std::string_view::npos ? std::string() : form_decode(pair.substr(equals + 1));
  }
  return {};
}

// "2026-11-22T19:34:21Z"; null: not.
json time_of(std::int64_t at) {
  if (at == 0) return nullptr;
  const std::chrono::system_clock::time_point time{seconds(at)};
  const std::int64_t of_day = at % 86400;
  char clock[16];
  std::snprintf(clock, sizeof clock, "T%02d:%02d:%02dZ", static_cast<int>(of_day / 3600), static_cast<int>(of_day / 60 % 60),
                static_cast<int>(of_day % 60));
  return plans::date_text(plans::day_of(time)) + clock;
}

json json_of(const plans::StoredKey& key) {
  return {{"id", key.id},           {"plan", key.plan.empty() ? json() : json(key.plan)}, {"name", key.name.empty() ? json() : json(key.name)},
          {"created", time_of(key.created)}, {"expires", time_of(key.expires)},           {"revoked", time_of(key.revoked)}};
}

// "12h", "30d"; nothing when it is no time of from a second to ten years.
std::optional<Duration> lifetime(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto number = parse_u64(text.substr(0, text.size() - 1));
  const char unit = text.back();
  const std::uint64_t scale = unit == 's' ? 1 : unit == 'm' ? 60 : unit == 'h' ? 3600 : unit == 'd' ? 86400 : 0;
  constexpr std::uint64_t kLongest = std::uint64_t{3660} * 86400;
  if (!number || scale == 0 || *number == 0 || *number > kLongest / scale) return std::nullopt;
  return seconds(*number * scale);
}

// The wish, or why it is none.
std::optional<std::string> read_wish(std::string_view body, plans::CreateKey& wish) {
  const json given = json::parse(body.empty() ? std::string_view("{}") : body, nullptr, false);
  if (!given.is_object()) return "the body must be a JSON object such as {\"id\": \"partner\", \"plan\": \"free\"}";
  for (const auto& [name, value] : given.items()) {
    std::string* const to = name == "id" ? &wish.id : name == "plan" ? &wish.plan : name == "name" ? &wish.name : name == "store" ? &wish.store : nullptr;
    if (to == nullptr && name != "expires") return "unknown member '" + name + "': there are id, plan, name, expires and store";
    if (!value.is_string()) return "'" + name + "' must be a string";
    if (to != nullptr) {
      *to = value.get<std::string>();
      continue;
    }
    const auto lives = lifetime(value.get<std::string>());
    if (!lives) return "'expires' must be a time such as 12h or 30d, at most ten years";
    wish.lives = *lives;
  }
  return std::nullopt;
}

Page create(PlanService& service, std::string_view body) {
  plans::CreateKey wish;
  if (const auto problem = read_wish(body, wish)) return message(400, *problem);
  const auto made = service.create_key(std::move(wish));
  if (!made) return failure(made.error());
  json page = json_of(made->stored);
  page["key"] = made->key;
  return {201, "application/json", text_of(page)};
}

Page list(PlanService& service, std::string_view target) {
  const auto keys = service.list_keys(parameter(target, "store"));
  if (!keys) return failure(keys.error());
  json page = json::array();
  for (const plans::StoredKey& key : *keys) page.push_back(json_of(key));
  return {200, "application/json", text_of({{"keys", page}})};
}

Page revoke(PlanService& service, std::string_view target, const std::string& id) {
  const auto revoked = service.revoke_key(parameter(target, "store"), id);
  if (!revoked) return failure(revoked.error());
  return {200, "application/json", text_of({{"id", id}, {"message", "revoked"}})};
}

Page usage(PlanService& service, const Clock& clock, std::string_view target, bool csv) {
  const std::string from = parameter(target, "from");
  const std::string to = parameter(target, "to");
  const std::optional<Day> last = to.empty() ? plans::day_of(clock.wall()) : plans::parse_date(to);
  if (!last) return message(400, "'to' must be a day such as 2026-11-22");
  const std::optional<Day> first = from.empty() ? *last - std::min(*last, kDaysShown - 1) : plans::parse_date(from);
  if (!first) return message(400, "'from' must be a day such as 2026-11-01");
  if (*first > *last) return message(400, "'from' is behind 'to'");
  if (*last - *first > kMostDays) return message(400, "'from' and 'to' are more than ten years apart");
  const auto rows = service.usage(parameter(target, "key"), *first, *last);
  if (!rows) return failure(rows.error());
  if (csv) {
    Page page{200, "text/csv; charset=utf-8", "key,day,requests\n"};
    for (const auto& row : *rows) page.body += row.key + ',' + plans::date_text(row.day) + ',' + std::to_string(row.requests) + '\n';
    return page;
  }
  json list = json::array();
  for (const auto& row : *rows) list.push_back({{"key", row.key}, {"day", plans::date_text(row.day)}, {"requests", row.requests}});
  return {200, "application/json", text_of({{"from", plans::date_text(*first)}, {"to", plans::date_text(*last)}, {"usage", list}})};
}

}  // namespace

bool is_plan_page(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  return path == "/keys" || path.starts_with("/keys/") || path == "/usage" || path == "/usage.csv";
}

Page plan_page(PlanService& service, const Clock& clock, std::string_view method, std::string_view target, std::string_view body,
               bool from_browser) {
  const std::string_view path = target.substr(0, target.find('?'));
  const bool reads = method == "GET" || method == "HEAD";
  if (from_browser && !reads) return message(403, "Forbidden: not from a web page");
  if (path == "/usage" || path == "/usage.csv") return reads ? usage(service, clock, target, path == "/usage.csv") : only("GET, HEAD");
  if (path == "/keys") {
    if (reads) return list(service, target);
    return method == "POST" ? create(service, body) : only("GET, HEAD, POST");
  }
  if (method != "DELETE") return only("DELETE");
  return revoke(service, target, std::string(path.substr(std::string_view("/keys/").size())));
}

}  // namespace gatehouse::admin
