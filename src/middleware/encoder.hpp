// One stream of compressed bytes at a time, whatever the coding; used again for the next. One thread.
#pragma once

#include "gatehouse/http/body.hpp"
#include "gatehouse/middleware/compression.hpp"
#include "gatehouse/middleware/compression_settings.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::middleware {

class Encoder {
 public:
  virtual ~Encoder() = default;

  // A new stream. `size`: of the whole, where it is known.
  virtual void begin(int level, std::optional<std::uint64_t> size) = 0;
  // All that `bytes` become, with nothing held back: the client can read them when it has these. A bit more than `bytes` at
  // most. Valid until the next call.
  std::string_view encode(std::string_view bytes, http::More more);

 protected:
  // Appends to the output.
  virtual void run(std::string_view bytes, http::More more) = 0;
  // Room behind what is there, at least `bytes` of it.
  char* room(std::size_t bytes);
  std::size_t room_left() const { return out_.size() - used_; }
  void commit(std::size_t bytes) { used_ += bytes; }

 private:
  std::vector<char> out_;
  std::size_t used_ = 0;
};

// Throws std::bad_alloc when the library has no memory.
std::unique_ptr<Encoder> make_encoder(Encoding encoding);

// What a running encoder holds, at most.
std::size_t encoder_memory(Encoding encoding, int level);

int level_of(const CompressionLevels& levels, Encoding encoding);

class Encoders::Share {
 public:
  Share(observe::Registry& registry, unsigned worker, std::size_t memory);

  // Ready for a new stream; null when that would need more memory than the share has.
  std::unique_ptr<Encoder> take(Encoding encoding, int level, std::optional<std::uint64_t> size);
  void give_back(std::unique_ptr<Encoder> encoder, Encoding encoding, int level);

  void count(Encoding encoding, std::uint64_t bytes_in, std::uint64_t bytes_out);
  void count_busy() { busy_.add(worker_); }
  std::size_t in_use() const { return in_use_; }

 private:
  unsigned worker_;
  std::size_t memory_;
  std::size_t in_use_ = 0;
  std::array<std::vector<std::unique_ptr<Encoder>>, kEncodings> idle_;
  std::vector<observe::Counter*> in_, out_;
  observe::Counter& busy_;
};

}  // namespace gatehouse::middleware
