// What only the file as a whole can tell: names that are given twice, routes that exclude each other, rules that never apply.
#pragma once

#include "cursor.hpp"
#include "gatehouse/config/settings.hpp"

#include <algorithm>
#include <span>
#include <string_view>

namespace gatehouse::config {

// Calls visit(cursor, index) for every item of the list at `key`, if there is one.
template <class F>
void each_item(const Cursor& map, std::string_view key, F visit) {
  if (map.node().kind != Node::Kind::kMap) return;
  const Node::Entry* const entry = map.node().find(key);
  if (entry == nullptr) return;
  const Cursor list = map.child(*entry);
  for (std::size_t i = 0; i < entry->value->items.size(); ++i) visit(list.item(i), i);
}

// Calls visit(cursor, api) for every API that was read, and for each stage of it.
template <class S, class F>
void each_api(const Cursor& root, S& settings, F visit) {
  const Node::Entry* const apis = root.node().kind == Node::Kind::kMap ? root.node().find("apis") : nullptr;
  if (apis == nullptr) return;
  const Cursor list = root.child(*apis);
  for (auto& api : settings.apis) visit(list.item(api.item), api);
}

// Calls visit(cursor, stages) for every item of `apis`, with all that was read from it: one for each of its stages.
template <class F>
void each_api_item(const Cursor& root, const Settings& settings, F visit) {
  const std::vector<ApiSettings>& apis = settings.apis;
  each_item(root, "apis", [&](const Cursor& at, std::size_t item) {
    const auto of_item = std::ranges::equal_range(apis, item, {}, &ApiSettings::item);
    visit(at, std::span<const ApiSettings>(of_item));
  });
}

// At every throttle rule of `scoped`, which was read from `at`, that counts by `key`.
void complain_of_throttle(const Cursor& at, const ScopedSettings& scoped, middleware::ThrottleKey key, std::string_view what, std::string_view fix);

// `settings` were read from `root`; lists in both run in parallel, but for `apis`. What was already found wrong is passed over.
void check_whole(const Cursor& root, const Settings& settings);
// Of that, what asks for API keys or claims.
void check_claims(const Cursor& root, const Settings& settings);

}  // namespace gatehouse::config
