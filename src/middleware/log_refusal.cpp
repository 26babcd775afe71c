#include "gatehouse/middleware/log_refusal.hpp"

#include "json_line.hpp"
#include "metric_names.hpp"

#include <cstdint>
#include <string>

namespace gatehouse::middleware {
namespace {

constexpr std::size_t kReason = 64;
constexpr std::size_t kLongest = 512;

}  // namespace

void log_refusal(observe::AccessLog& log, unsigned worker, const Clock& clock, const http::Refusal& refusal) {
  char* const room = log.reserve(worker, kLongest);
  if (room == nullptr) return;
  const TimePoint now = clock.now();
  JsonLine line(room);
  line.raw(R"({"time":")").time(clock, now);
  line.raw(R"(","client":")").address(refusal.peer.remote.address);
  line.raw(R"(","status":)").number(static_cast<std::uint64_t>(refusal.status));
  line.raw(R"(,"reason":")").text(refusal.reason, kReason);
  line.raw(R"(","bytes_in":)").number(refusal.bytes_received);
  line.raw(R"(,"bytes_out":)").number(refusal.bytes_sent);
  line.raw(R"(,"duration_ms":)").milliseconds(now - refusal.arrival).raw("}\n");
  log.commit(worker, static_cast<std::size_t>(line.end() - room));
}

void count_refusal(observe::Registry& registry, unsigned worker, const http::Refusal& refusal) {
  count_reason(registry, refusal.reason).add(worker);
  count_requests(registry, "(none)", "(malformed)", refusal.status).add(worker);
}

}  // namespace gatehouse::middleware
