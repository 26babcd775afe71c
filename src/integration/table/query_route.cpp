// Many items: a partition, a part of it, or the whole table, in pages.
#include "query_request.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>

namespace gatehouse::integration {
namespace {

// A filter may leave nothing of a page: so many are looked through for one answer, then the client asks on by the cursor.
constexpr int kPages = 16;

void append_page_request(std::string& to, const QueryPlan& plan, std::uint64_t limit) {
  to += plan.fixed;
  to += R"(,"Limit":)";
  dynamo::write_json_integer(to, static_cast<std::int64_t>(limit));
  if (!plan.start.empty()) to += R"(,"ExclusiveStartKey":)" + plan.start;
  to += '}';
}

}  // namespace

net::Task<void> serve_query(TableRequest& request) {
  std::optional<QueryPlan> plan = make_query_plan(request);
  if (!plan) co_return;
  std::string body = R"({"items":[)";
  std::uint64_t found = 0;
  for (int page = 0; page < kPages && found < plan->limit; ++page) {
    append_page_request(request.store.request(), *plan, plan->limit - found);
    const StoreReply reply = co_await request.store.call(plan->scans ? dynamo::Operation::kScan : dynamo::Operation::kQuery);
    if (!reply.ok) co_return request.fail(reply);
    for (const dynamo::Map& item : reply.items) {
      if (body.back() != '[') body += ',';
      request.append_item(body, item);
    }
    found += reply.items.size();
    plan->start = reply.last_key;
    if (plan->start.empty()) break;
  }
  body += ']';
  if (!plan->start.empty()) body += R"(,"cursor":")" + make_cursor(plan->start) + '"';
  body += '}';
  request.answer_json(200, body);
}

}  // namespace gatehouse::integration
