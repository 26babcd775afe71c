// DescribeLimits and DescribeEndpoints. Capacity is not limited here: the numbers are the service's defaults, for those who compute
// with them.
#include "control_request.hpp"
#include "json_text.hpp"

namespace gatehouse::dynamo {
namespace {

constexpr std::int64_t kAccountUnits = 80'000;
constexpr std::int64_t kTableUnits = 40'000;
constexpr std::int64_t kCacheMinutes = 1440;

}  // namespace

Outcome<void> describe_limits(Run& run) {
  if (const Outcome<Node> request = read_request(run, {}); !request) return request.error();
  JsonText answer(run.answer);
  answer.begin();
  answer.integer("AccountMaxReadCapacityUnits", kAccountUnits);
  answer.integer("AccountMaxWriteCapacityUnits", kAccountUnits);
  answer.integer("TableMaxReadCapacityUnits", kTableUnits);
  answer.integer("TableMaxWriteCapacityUnits", kTableUnits);
  answer.end();
  return {};
}

Outcome<void> describe_endpoints(Run& run) {
  if (const Outcome<Node> request = read_request(run, {}); !request) return request.error();
  JsonText answer(run.answer);
  answer.begin();
  answer.begin_list("Endpoints");
  answer.begin();
  answer.string("Address", run.state.options.endpoint);
  answer.integer("CachePeriodInMinutes", kCacheMinutes);
  answer.end();
  answer.end_list();
  answer.end();
  return {};
}

}  // namespace gatehouse::dynamo
