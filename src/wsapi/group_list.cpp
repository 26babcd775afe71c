#include "group_list.hpp"

#include "gatehouse/base/comma_list.hpp"
#include "gatehouse/base/log.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/pipeline/route.hpp"

#include <string>

namespace gatehouse::wsapi {
namespace {

// Of a name that is none, in the log.
constexpr std::size_t kShown = 128;

// Names that were not joined for one cause: the first of them, and how many.
class LeftOut {
 public:
  explicit LeftOut(std::string cause) : cause_(std::move(cause)) {}

  void add(std::string_view name) {
    if (count_++ == 0) first_ = name;
  }
  void tell(const Connection& connection, const pipeline::RequestContext& context) const {
    if (count_ == 0) return;
    const std::string shown(first_.substr(0, kShown));
    log::warn("group_not_joined", {{"api", context.route.api},
                                   {"route", context.route.label},
                                   {"connection_id", connection.id().to_string()},
                                   {"request_id", context.request_id},
                                   {"group", first_.size() > kShown ? shown + "…" : shown},
                                   {"further", count_ - 1},
                                   {"cause", cause_}});
  }

 private:
  std::string cause_;
  std::string_view first_;
  std::uint64_t count_ = 0;
};

void join(Connection& connection, const CallExchange::Answered& answered, const pipeline::RequestContext& context) {
  LeftOut bad("a name of a group is 1 to 128 visible ASCII characters without '/'");
  LeftOut too_many("the connection is in as many groups as it may be: limits.groups is " + std::to_string(connection.limits().groups));
  LeftOut no_text("a list of groups is text, or a list of texts");
  std::string_view list = answered.join;
  for (std::string_view name; next_element(list, name);) {
    switch (connection.join(name)) {
      case Connection::Joined::kTooMany: too_many.add(name); break;
      case Connection::Joined::kBadName: bad.add(name); break;
      case Connection::Joined::kJoined:
      case Connection::Joined::kAlready:
      case Connection::Joined::kGone: break;
    }
  }
  if (answered.groups_malformed) no_text.add({});
  for (const LeftOut* const left_out : {&bad, &too_many, &no_text}) left_out->tell(connection, context);
}

}  // namespace

void change_groups(Connection& connection, const CallExchange::Answered& answered, const pipeline::RequestContext& context) {
  if (!answered.join.empty() || answered.groups_malformed) join(connection, answered, context);
  std::string_view list = answered.leave;
  for (std::string_view name; next_element(list, name);) connection.leave(name);
}

bool append_group_list(std::string_view& list, JsonValue headers, std::string_view name, Arena& arena) {
  bool good = true;
  std::string all(list);
  const auto add = [&](JsonValue value) {
    if (value.is_string() || value.is_number())
      all.append(all.empty() ? 0 : 1, ',').append(value.text());
    else
      good = good && value.kind() == JsonKind::kNull;
  };
  for (const JsonValue header : headers) {
    if (!iequals(header.name(), name)) continue;
    if (!header.is_array()) {
      add(header);
      continue;
    }
    for (const JsonValue one : header) add(one);
  }
  if (all.size() != list.size()) list = arena.copy(all);
  return good;
}

}  // namespace gatehouse::wsapi
