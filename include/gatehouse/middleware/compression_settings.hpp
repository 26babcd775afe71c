// What can be set about the compression of answers. Plain values.
#pragma once

#include "gatehouse/base/units.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::middleware {

enum class Encoding : std::uint8_t { kGzip, kBrotli, kZstd };
inline constexpr std::size_t kEncodings = 3;

struct CompressionLevels {
  int gzip = 4;
  int brotli = 4;
  int zstd = 1;
  bool operator==(const CompressionLevels&) const = default;
};

struct CompressionSettings {
  bool enabled = true;
  std::vector<Encoding> encodings;  // the first of those that a client likes equally is taken; empty: br, zstd, gzip
  std::uint64_t min_size = kKiB;    // where the size is known
  std::vector<std::string> types;  // "text/*", "application/*+json"; empty: default_compressed_types()
  CompressionLevels level;
  bool operator==(const CompressionSettings&) const = default;
};

const std::vector<std::string>& default_compressed_types();

}  // namespace gatehouse::middleware
