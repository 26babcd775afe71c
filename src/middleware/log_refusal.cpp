#include "gatehouse/middleware/log_refusal.hpp"

#include "json_line.hpp"
#include "metric_names.hpp"

#include <cstdint>
#include <string>

namespace gatehouse::middleware {
namespace {

constexpr std::size_t kReason = 64;
constexpr std::size_t kLongest = 512;

void log_formatted(observe::AccessLog& log, unsigned worker, const Clock& clock, const http::Refusal& refusal, const LogFormat& format) {
  char* const room = log.reserve(worker, format.longest());
  if (room == nullptr) return;
  LogFacts facts{.client = &refusal.peer.remote.address, .status = refusal.status, .reason = refusal.reason};
  facts.bytes_in = refusal.bytes_received;
  facts.bytes_out = refusal.bytes_sent;
  facts.took = clock.now() - refusal.arrival;
  facts.arrival = clock.wall() - std::chrono::duration_cast<std::chrono::system_clock::duration>(facts.took);
  log.commit(worker, static_cast<std::size_t>(format.write(room, facts) - room));
}

}  // namespace

void log_refusal(observe::AccessLog& log, unsigned worker, const Clock& clock, const http::Refusal& refusal,
                 const LogFormat* format) {
  if (format != nullptr) return log_formatted(log, worker, clock, refusal, *format);
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
