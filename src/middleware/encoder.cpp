// The encoders and their pool. Windows are 128 KiB whatever the level: what a stream holds is then a matter of a megabyte, and
// answers that are much longer than that lose a few per cent.
#include "encoder.hpp"

#include "accept_encoding.hpp"

#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

namespace gatehouse::middleware {
namespace {

using http::More;

constexpr int kWindowBits = 17;
// Idle encoders of one coding that a worker keeps, and the output buffer that one may keep.
constexpr std::size_t kIdle = 2;
constexpr std::size_t kOutputKept = 256 * 1024;
// Beyond the input: headers, trailers, and blocks that were stored as they are.
constexpr std::size_t kOverhead = 1024;

class Gzip final : public Encoder {
 public:
  Gzip() {
    constexpr int kGzipWrapper = 16;
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzipWrapper, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~Gzip() override { deflateEnd(&stream_); }

  void begin(int level, std::optional<std::uint64_t>) override {
    deflateReset(&stream_);
    deflateParams(&stream_, level, Z_DEFAULT_STRATEGY);
  }

 private:
  void run(std::string_view bytes, More more) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    std::size_t left = bytes.size();
    do {
      stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(left, 1U << 30));
      left -= stream_.avail_in;
      const int flush = left > 0 ? Z_NO_FLUSH : more == More::kNo ? Z_FINISH : Z_SYNC_FLUSH;
      do {
        stream_.next_out = reinterpret_cast<Bytef*>(room(kOverhead));
        const auto space = static_cast<uInt>(std::min<std::size_t>(room_left(), 1U << 30));
        stream_.avail_out = space;
        deflate(&stream_, flush);
        commit(space - stream_.avail_out);
      } while (stream_.avail_out == 0);
    } while (left > 0);
  }

  z_stream stream_{};
};

class Zstd final : public Encoder {
 public:
  Zstd() : context_(ZSTD_createCCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
  }
  ~Zstd() override { ZSTD_freeCCtx(context_); }

  void begin(int level, std::optional<std::uint64_t>) override {
    ZSTD_CCtx_reset(context_, ZSTD_reset_session_only);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_windowLog, kWindowBits);
  }

 private:
  void run(std::string_view bytes, More more) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::size_t left = 0;
    do {
      char* const to = room(kOverhead);
      ZSTD_outBuffer out{to, room_left(), 0};
      left = ZSTD_compressStream2(context_, &out, &in, more == More::kNo ? ZSTD_e_end : ZSTD_e_flush);
      if (ZSTD_isError(left) != 0) throw std::runtime_error(ZSTD_getErrorName(left));
      commit(out.pos);
    } while (left > 0);
  }

  ZSTD_CCtx* context_;
};

// Brotli 1.0 cannot begin again: its states are made anew out of the same blocks.
class BrotliBlocks {
 public:
  ~BrotliBlocks() {
    for (const auto& [size, block] : free_) ::operator delete(block);
  }

  static void* take(void* self, std::size_t size) { return static_cast<BrotliBlocks*>(self)->take(size); }
  static void give(void* self, void* block) {
    if (block != nullptr) static_cast<BrotliBlocks*>(self)->give(static_cast<char*>(block) - kHeader);
  }

 private:
  static constexpr std::size_t kHeader = alignof(std::max_align_t);
  static constexpr std::size_t kKept = 2 * 1024 * 1024;

  void* take(std::size_t size) {
    const auto found = std::find_if(free_.begin(), free_.end(), [size](const auto& block) { return block.first == size; });
    void* block = nullptr;
    if (found != free_.end()) {
      block = found->second;
      kept_ -= size;
      *found = free_.back();
      free_.pop_back();
    } else {
      block = ::operator new(size + kHeader, std::nothrow);
      if (block == nullptr) return nullptr;
    }
    std::memcpy(block, &size, sizeof size);
    return static_cast<char*>(block) + kHeader;
  }
  void give(void* block) {
    std::size_t size = 0;
    std::memcpy(&size, block, sizeof size);
    if (kept_ + size > kKept) {
      ::operator delete(block);
      return;
    }
    kept_ += size;
    free_.emplace_back(size, block);
  }

  std::vector<std::pair<std::size_t, void*>> free_;
  std::size_t kept_ = 0;
};

class Brotli final : public Encoder {
 public:
  ~Brotli() override { end(); }

  void begin(int level, std::optional<std::uint64_t> size) override {
    end();
    state_ = BrotliEncoderCreateInstance(BrotliBlocks::take, BrotliBlocks::give, &blocks_);
    if (state_ == nullptr) throw std::bad_alloc();
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, static_cast<std::uint32_t>(level));
    BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, kWindowBits);
    if (size) BrotliEncoderSetParameter(state_, BROTLI_PARAM_SIZE_HINT, static_cast<std::uint32_t>(std::min<std::uint64_t>(*size, 1U << 30)));
  }

 private:
  void end() {
    if (state_ != nullptr) BrotliEncoderDestroyInstance(std::exchange(state_, nullptr));
  }

  void run(std::string_view bytes, More more) override {
    const auto operation = more == More::kNo ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_FLUSH;
    auto* in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    std::size_t left = bytes.size();
    do {
      auto* to = reinterpret_cast<std::uint8_t*>(room(kOverhead));
      std::size_t space = room_left();
      const std::size_t before = space;
      if (BrotliEncoderCompressStream(state_, operation, &left, &in, &space, &to, nullptr) == BROTLI_FALSE) throw std::bad_alloc();
      commit(before - space);
    } while (left > 0 || BrotliEncoderHasMoreOutput(state_) == BROTLI_TRUE);
  }

  BrotliBlocks blocks_;
  BrotliEncoderState* state_ = nullptr;
};

}  // namespace

std::string_view Encoder::encode(std::string_view bytes, More more) {
  if (out_.size() > kOutputKept) std::vector<char>().swap(out_);
  used_ = 0;
  // Most of what is compressed becomes a third.
  room(bytes.size() / 3 + kOverhead);
  run(bytes, more);
  return {out_.data(), used_};
}

char* Encoder::room(std::size_t bytes) {
  if (room_left() < bytes) out_.resize(std::max(used_ + bytes, 2 * out_.size()));
  return out_.data() + used_;
}

std::unique_ptr<Encoder> make_encoder(Encoding encoding) {
  switch (encoding) {
    case Encoding::kGzip: return std::make_unique<Gzip>();
    case Encoding::kBrotli: return std::make_unique<Brotli>();
    case Encoding::kZstd: break;
  }
  return std::make_unique<Zstd>();
}

// Measured with windows of that size and streams longer than a window, rounded up.
std::size_t encoder_memory(Encoding encoding, int level) {
  constexpr std::size_t kTenth = 100 * 1024;
  switch (encoding) {
    case Encoding::kGzip: return 3 * kTenth;
    case Encoding::kBrotli: return level <= 3 ? 12 * kTenth : level <= 4 ? 20 * kTenth : 36 * kTenth;
    case Encoding::kZstd: break;
  }
  return level <= 1 ? 10 * kTenth : level <= 2 ? 13 * kTenth : level <= 3 ? 22 * kTenth : level <= 4 ? 31 * kTenth : 45 * kTenth;
}

int level_of(const CompressionLevels& levels, Encoding encoding) {
  switch (encoding) {
    case Encoding::kGzip: return levels.gzip;
    case Encoding::kBrotli: return levels.brotli;
    case Encoding::kZstd: break;
  }
  return levels.zstd;
}

Encoders::Encoders(observe::Registry& registry, std::size_t memory_per_worker)
    : shares_(new std::unique_ptr<Share>[registry.workers()]) {
  for (unsigned i = 0; i < registry.workers(); ++i) shares_[i] = std::make_unique<Share>(registry, i, memory_per_worker);
}

Encoders::~Encoders() = default;

Encoders::Share& Encoders::of(unsigned worker) { return *shares_[worker]; }

Encoders::Share::Share(observe::Registry& registry, unsigned worker, std::size_t memory)
    : worker_(worker),
      memory_(memory),
      busy_(registry.counter("gatehouse_compression_busy_total",
                             "Answers that were not compressed because as many streams were running as memory is set aside for.")) {
  for (std::size_t i = 0; i < kEncodings; ++i) {
    const observe::Labels labels = {{"encoding", std::string(name_of(static_cast<Encoding>(i)))}};
    in_.push_back(&registry.counter("gatehouse_compression_input_bytes_total", "Bytes of answers before compression.", labels));
    out_.push_back(&registry.counter("gatehouse_compression_output_bytes_total", "Bytes of answers after compression.", labels));
  }
}

// gzip needs the least: a quarter is left to it when the others have used theirs up.
std::unique_ptr<Encoder> Encoders::Share::take(Encoding encoding, int level, std::optional<std::uint64_t> size) {
  const std::size_t needed = encoder_memory(encoding, level);
  const std::size_t allowed = encoding == Encoding::kGzip ? memory_ : memory_ / 4 * 3;
  if (in_use_ + needed > allowed) return nullptr;
  auto& idle = idle_[static_cast<std::size_t>(encoding)];
  std::unique_ptr<Encoder> encoder;
  if (idle.empty()) {
    encoder = make_encoder(encoding);
  } else {
    encoder = std::move(idle.back());
    idle.pop_back();
  }
  encoder->begin(level, size);
  in_use_ += needed;
  return encoder;
}

void Encoders::Share::give_back(std::unique_ptr<Encoder> encoder, Encoding encoding, int level) {
  in_use_ -= encoder_memory(encoding, level);
  auto& idle = idle_[static_cast<std::size_t>(encoding)];
  if (idle.size() < kIdle) idle.push_back(std::move(encoder));
}

void Encoders::Share::count(Encoding encoding, std::uint64_t bytes_in, std::uint64_t bytes_out) {
  in_[static_cast<std::size_t>(encoding)]->add(worker_, bytes_in);
  out_[static_cast<std::size_t>(encoding)]->add(worker_, bytes_out);
}

}  // namespace gatehouse::middleware
