// websocket: what holds for connections that are upgraded on their way to a backend.
#include "describe_websocket.hpp"

#include "scalars.hpp"

namespace gatehouse::config {
namespace {

using integration::WebSocketSettings;

constexpr Ranged<std::uint64_t> kFrameSize{kAnySize, 0, std::uint64_t{1} << 40};

void describe_websocket(Fields& f, WebSocketSettings& s) {
  f.field("frame", s.frame, kFrameSize, "The payload of one frame: beyond it the connection is closed with 1009. 0: no bound.");
  f.field("message", s.message, kFrameSize, "The payload of a message, all its frames: beyond it 1009. 0: no bound.");
  f.field("idle", s.idle, kDurationOrNone, "Without a byte either way: beyond it 1001. 0s: no bound.");
  f.field("lifetime", s.lifetime, kDurationOrNone, "Of a connection: beyond it 1001. 0s: no bound.");
  f.field("ping", s.ping, kDurationOrNone,
          "How often the gateway pings the client, which is taken for dead when it says nothing to two in a row. 0s: never.");
  f.field("messages_per_second", s.messages_per_second, Integer<std::uint32_t>{0, 10'000'000},
          "From the client: beyond it 1008. 0: no bound.");
}
constexpr Object<WebSocketSettings> kSettings{"websocket", "WebSocket connections to a backend.", "{message: 1MB, ping: 30s}",
                                              describe_websocket};
constexpr Words<WebSocketSettings, 2> kSwitch{{{{"true", {}}, {"false", {.enabled = false}}}}};

}  // namespace

void describe_websocket_passage(Fields& f, std::optional<WebSocketSettings>& s) {
  f.field("websocket", s, WordsOr<Words<WebSocketSettings, 2>, Object<WebSocketSettings>>{kSwitch, kSettings},
          "Whether clients may upgrade to WebSocket where the route has a backend, and what holds then. Default: true.");
}

}  // namespace gatehouse::config
