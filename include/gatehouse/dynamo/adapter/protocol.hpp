// DynamoDB's protocol between bytes of HTTP and an engine: who asks, whether it may, which operation, bodies compressed or
// not, and the fields that clients check. Knows no socket. Immutable; shared by workers.
#pragma once

#include "gatehouse/base/arena.hpp"
#include "gatehouse/base/clock.hpp"
#include "gatehouse/crypto/sigv4.hpp"
#include "gatehouse/dynamo/adapter/settings.hpp"
#include "gatehouse/dynamo/engine/engine.hpp"
#include "gatehouse/net/task.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

inline constexpr std::uint64_t kMaxBody = 16 * kMiB;  // as received, and decompressed

struct HttpRequest {
  std::string_view method, path, query;  // as on the wire
  std::string_view host;                 // with port
  std::span<const crypto::SigV4Header> headers;
  std::string_view body;
};

struct HttpAnswer {
  int status = 200;
  std::string_view reason = "ok";     // stable code for log and metrics
  std::string_view content_type = "application/x-amz-json-1.0";
  std::string_view content_encoding;  // empty: none
  std::string_view body;              // in one of the buffers
  std::string_view access_key;        // who asked: an id from the settings; empty: unsigned
  std::uint32_t crc32 = 0;            // of `body`
  std::array<char, 52> request_id;
};

// The memory of one request, for all that may be large. Reused: clear() keeps what is of common size.
struct Buffers {
  std::string received;    // the body as it came
  std::string inflated;    // the body that the engine sees, where the two differ
  std::string answer;
  std::string compressed;

  void clear();
};

// Buffers from the thread's own small stock. One thread.
class BufferLease {
 public:
  BufferLease();
  ~BufferLease();
  BufferLease(const BufferLease&) = delete;
  BufferLease& operator=(const BufferLease&) = delete;
  Buffers* operator->() const { return buffers_.get(); }
  Buffers& operator*() const { return *buffers_; }

 private:
  std::unique_ptr<Buffers> buffers_;
};

class Protocol {
 public:
  Protocol(const ProtocolSettings& settings, std::shared_ptr<Engine> engine, const Clock& clock);
  ~Protocol();
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;

  // Always answers. What it is given outlives the task; so must `buffers`, which the answer points into.
  net::Task<void> serve(const HttpRequest& request, net::Worker& worker, net::Waiter& waiter, TimePoint deadline, Arena& arena,
                        Buffers& buffers, HttpAnswer& answer) const;
  // The answer to a body that is larger than kMaxBody.
  static void answer_too_large(Buffers& buffers, HttpAnswer& answer);

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gatehouse::dynamo
