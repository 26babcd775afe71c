// How long a client may keep us waiting for its body. The clock runs only while the handler waits for the client, never
// while the client waits for the handler, and is wound up again only by progress: a byte every few seconds would otherwise
// hold a connection, and what stands behind it, for ever. Plain value.
#pragma once

#include "gatehouse/base/units.hpp"

#include <algorithm>
#include <cstdint>

namespace gatehouse::http {

class BodyPatience {
 public:
  // What must come before the time starts anew: 1 KB a minute (the default timeout) is far below any usable link.
  static constexpr std::uint64_t kProgress = 1024;

  void begin(Duration timeout) {
    left_ = timeout;
    deadline_ = TimePoint::max();
    progress_ = 0;
  }
  void wait(TimePoint now) {
    if (!waiting()) deadline_ = now + left_;
  }
  void stop(TimePoint now) {
    if (!waiting()) return;
    left_ = std::max(Duration::zero(), deadline_ - now);
    deadline_ = TimePoint::max();
  }
  void received(std::uint64_t bytes, Duration timeout, TimePoint now) {
    stop(now);
    progress_ += bytes;
    if (progress_ < kProgress) return;
    progress_ = 0;
    left_ = timeout;
  }

  bool waiting() const { return deadline_ != TimePoint::max(); }
  // TimePoint::max() while nobody waits.
  TimePoint deadline() const { return deadline_; }

 private:
  TimePoint deadline_ = TimePoint::max();
  Duration left_{};
  std::uint64_t progress_ = 0;
};

}  // namespace gatehouse::http
