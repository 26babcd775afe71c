#include "compression.hpp"

#include "gatehouse/base/comma_list.hpp"
#include "gatehouse/base/strings.hpp"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <memory>

namespace gatehouse::dynamo {
namespace {

constexpr int kLevel = 1;  // answers are JSON: the first level has most of it
constexpr std::size_t kFirstPiece = 16 * 1024;

struct FreeCompressor {
  void operator()(libdeflate_compressor* compressor) const { libdeflate_free_compressor(compressor); }
};

// zlib's state for one body.
class Inflater {
 public:
  explicit Inflater(int window_bits) { ready_ = inflateInit2(&stream_, window_bits) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  Inflated run(std::string_view bytes, std::uint64_t limit, std::string& to) {
    to.clear();
    if (!ready_) return Inflated::kMalformed;
    // zlib's interface predates const; it only reads.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    std::size_t used = 0;
    while (true) {
      if (used > limit) return Inflated::kTooLarge;
      if (used == to.size()) to.resize(std::min<std::size_t>(std::max(kFirstPiece, 2 * used), limit + 1));
      stream_.next_out = reinterpret_cast<Bytef*>(to.data() + used);
      stream_.avail_out = static_cast<uInt>(to.size() - used);
      const int result = ::inflate(&stream_, Z_NO_FLUSH);
      used = to.size() - stream_.avail_out;
      if (result == Z_STREAM_END && stream_.avail_in > 0) {
        // gzip: a further member (RFC 1952 section 2.2)
        if (inflateReset(&stream_) != Z_OK) return Inflated::kMalformed;
      } else if (result == Z_STREAM_END) {
        to.resize(used);
        return used > limit ? Inflated::kTooLarge : Inflated::kDone;
      } else if (result != Z_OK || (stream_.avail_in == 0 && stream_.avail_out > 0)) {
        return Inflated::kMalformed;  // wrong, or cut short
      }
    }
  }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

// RFC 1950 section 2.2: method 8, and a multiple of 31.
bool has_zlib_head(std::string_view bytes) {
  if (bytes.size() < 2) return false;
  const auto first = static_cast<unsigned char>(bytes[0]);
  const auto second = static_cast<unsigned char>(bytes[1]);
  return (first & 0x0F) == 8 && (first * 256U + second) % 31 == 0;
}

// "gzip;q=0.5" → the name, and whether it is wanted at all.
struct Offer {
  std::string_view name;
  bool wanted;
};

Offer read_offer(std::string_view part) {
  const std::size_t semicolon = std::min(part.find(';'), part.size());
  std::string_view weight = trim(part.substr(std::min(semicolon + 1, part.size())));
  bool wanted = true;
  if (weight.size() > 2 && to_lower(weight[0]) == 'q' && weight[1] == '=') {
    weight.remove_prefix(2);
    wanted = weight.find_first_not_of("0.") != std::string_view::npos;
  }
  return {trim(part.substr(0, semicolon)), wanted};
}

}  // namespace

Coding find_coding(std::string_view content_encoding) {
  const std::string_view name = trim(content_encoding);
  if (name.empty() || iequals(name, "identity")) return Coding::kIdentity;
  if (iequals(name, "gzip") || iequals(name, "x-gzip")) return Coding::kGzip;
  return iequals(name, "deflate") ? Coding::kDeflate : Coding::kUnknown;
}

std::string_view coding_name(Coding coding) {
  return coding == Coding::kGzip ? "gzip" : coding == Coding::kDeflate ? "deflate" : "";
}

Inflated inflate(Coding coding, std::string_view bytes, std::uint64_t limit, std::string& to) {
  constexpr int kWindow = 15;
  constexpr int kGzipOnly = 16;
  if (coding == Coding::kGzip) return Inflater(kWindow + kGzipOnly).run(bytes, limit, to);
  return Inflater(has_zlib_head(bytes) ? kWindow : -kWindow).run(bytes, limit, to);
}

Coding choose_coding(std::string_view accept_encoding) {
  Coding best = Coding::kIdentity;
  for (std::string_view element; next_element(accept_encoding, element);) {
    const Offer offer = read_offer(element);
    if (!offer.wanted) continue;
    if (iequals(offer.name, "gzip")) return Coding::kGzip;
    if (iequals(offer.name, "deflate")) best = Coding::kDeflate;
  }
  return best;
}

bool compress(Coding coding, std::string_view bytes, std::string& to) {
  thread_local const std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor(libdeflate_alloc_compressor(kLevel));
  if (!compressor) return false;
  to.resize(bytes.size());
  const auto run = coding == Coding::kGzip ? libdeflate_gzip_compress : libdeflate_zlib_compress;
  const std::size_t size = run(compressor.get(), bytes.data(), bytes.size(), to.data(), to.size());
  to.resize(size);
  return size > 0;
}

}  // namespace gatehouse::dynamo
