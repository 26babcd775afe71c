// The JSON of Query and Scan from a route and a query string. Lives as long as the request.
#pragma once

#include "table_request.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::integration {

// What stays the same over the pages of one request.
struct QueryPlan {
  std::string fixed;         // {"TableName":… up to Limit and ExclusiveStartKey
  std::string start;         // the cursor's key as JSON; empty: from the beginning
  std::uint64_t limit = 0;   // items to answer
  bool scans = false;
  bool filters = false;      // a page may hold fewer items than were looked at
};

// nullopt, and answered, when a value of the route or of the query string is missing or wrong.
std::optional<QueryPlan> make_query_plan(TableRequest& request);

// Opaque to clients: the key of the last item that was looked at.
std::string make_cursor(std::string_view last_key_json);

}  // namespace gatehouse::integration
