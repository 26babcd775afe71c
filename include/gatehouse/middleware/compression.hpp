// The compression step and what its streams are made of, which outlives a configuration.
#pragma once

#include "gatehouse/middleware/compression_settings.hpp"
#include "gatehouse/observe/metrics.hpp"
#include "gatehouse/pipeline/middleware.hpp"

#include <memory>

namespace gatehouse::middleware {

// The encoders of every worker, reused from answer to answer. A worker's share holds a bounded amount of memory: beyond it an
// answer gets an encoding that needs less, or none. Made once; each share belongs to its worker's thread.
class Encoders {
 public:
  static constexpr std::size_t kMemoryPerWorker = 64 * 1024 * 1024;

  explicit Encoders(observe::Registry& registry, std::size_t memory_per_worker = kMemoryPerWorker);
  ~Encoders();
  Encoders(const Encoders&) = delete;
  Encoders& operator=(const Encoders&) = delete;

  class Share;
  Share& of(unsigned worker);

 private:
  std::unique_ptr<std::unique_ptr<Share>[]> shares_;
};

// Compresses answers by Accept-Encoding as they pass; each piece leaves at once, so that events arrive one by one. Never what
// is encoded already, a part of something, marked no-transform, or a digest's object. See docs/compression.md.
std::shared_ptr<const pipeline::Middleware> make_compression(CompressionSettings settings, std::shared_ptr<Encoders> encoders);

}  // namespace gatehouse::middleware
