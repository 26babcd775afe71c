#include "gatehouse/middleware/log_websocket.hpp"

#include "json_line.hpp"

namespace gatehouse::middleware {
namespace {

constexpr std::size_t kShort = 64;
constexpr std::size_t kName = 256;
constexpr std::size_t kLongest = 4 * kShort + 3 * kName + 512;
static_assert(kLongest <= observe::AccessLog::kMaxLine);

}  // namespace

void log_websocket(observe::AccessLog& log, unsigned worker, const Clock& clock, const WebSocketLine& ended) {
  char* const room = log.reserve(worker, kLongest);
  if (room == nullptr) return;
  JsonLine line(room);
  line.raw(R"({"time":")").time(clock, clock.now());
  line.raw(R"(","event":"websocket_closed","request_id":")").text(ended.request_id, kName);
  line.raw(R"(","client":")").address(ended.client);
  line.raw(R"(","api":")").text(ended.api, kShort);
  line.raw(R"(","route":")").text(ended.route, kName);
  if (!ended.backend.empty()) line.raw(R"(","backend":")").text(ended.backend, kName);
  if (!ended.connection_id.empty()) line.raw(R"(","connection_id":")").text(ended.connection_id, kShort);
  line.raw(R"(","reason":")").text(ended.reason, kShort);
  line.raw(R"(","code":)").number(ended.code);
  line.raw(R"(,"messages_in":)").number(ended.messages_in);
  line.raw(R"(,"messages_out":)").number(ended.messages_out);
  line.raw(R"(,"bytes_in":)").number(ended.bytes_in);
  line.raw(R"(,"bytes_out":)").number(ended.bytes_out);
  line.raw(R"(,"duration_ms":)").milliseconds(ended.lasted).raw("}\n");
  log.commit(worker, static_cast<std::size_t>(line.end() - room));
}

}  // namespace gatehouse::middleware
