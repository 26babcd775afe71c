// `compression` of the gateway, an API or a route.
#include "descriptions.hpp"
#include "scalars.hpp"

#include <algorithm>

namespace gatehouse::config {
namespace {

using middleware::CompressionLevels;
using middleware::CompressionSettings;
using middleware::Encoding;

constexpr Words<Encoding, 3> kEncoding{{{{"br", Encoding::kBrotli}, {"zstd", Encoding::kZstd}, {"gzip", Encoding::kGzip}}}};

bool is_type_pattern(std::string_view text) {
  const auto is_token = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$&-^_.+*").find(c) != std::string_view::npos;
  };
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) return false;
  const std::string_view main = text.substr(0, slash);
  const std::string_view sub = text.substr(slash + 1);
  return std::all_of(main.begin(), main.end(), is_token) && std::all_of(sub.begin(), sub.end(), is_token) &&
         std::count(text.begin(), text.end(), '*') <= 1 && main.find('*') == std::string_view::npos;
}

constexpr Text<std::string> kMediaType{"media_type",
                                       "a media type such as text/html, or with one star: text/*, application/*+json",
                                       "^[^/* ]+/[^/ ]+$",
                                       {"text/html", "text/*", "application/*+json"},
                                       [](std::string_view text, std::string& value, Complaint&) {
                                         if (!is_type_pattern(text)) return false;
                                         value = text;
                                         return true;
                                       },
                                       print_text};

void describe_levels(Fields& f, CompressionLevels& s) {
  f.field("gzip", s.gzip, Integer<int>{1, 9}, "Of gzip.");
  f.field("br", s.brotli, Integer<int>{0, 6}, "Of brotli. Higher ones take many times as long for a few per cent.");
  f.field("zstd", s.zstd, Integer<int>{1, 6}, "Of zstd.");
}
constexpr Object<CompressionLevels> kLevels{"compression_levels", "How hard to try: smaller answers for more time.",
                                            "{gzip: 4, br: 4, zstd: 1}", describe_levels};

void describe_details(Fields& f, CompressionSettings& s) {
  f.field("encodings", s.encodings, list_of(kEncoding, "[br, zstd, gzip]"),
          "What may be used; of those that a client likes equally the first. Default: br, zstd, gzip.");
  f.field("min_size", s.min_size, Ranged<std::uint64_t>{kAnySize, 0, kGiB},
          "Answers that are known to be smaller stay as they are.");
  f.field("types", s.types, list_of(kMediaType, "[text/*, application/json]"),
          "Which answers, by Content-Type. Default: text, JSON, XML, JavaScript, YAML, SVG and WebAssembly.");
  f.field("level", s.level, kLevels, "How hard to try.");
}
constexpr Object<CompressionSettings> kCompression{"compression", "Compresses answers as the client's Accept-Encoding says.",
                                                   "{encodings: [br, gzip], min_size: 1KB}", describe_details};

CompressionSettings none() {
  CompressionSettings settings;
  settings.enabled = false;
  return settings;
}

}  // namespace

void describe_compression(Fields& f, ScopedSettings& s) {
  const Words<CompressionSettings, 3> words{{{{"true", {}}, {"none", none()}, {"false", none()}}}};
  f.field("compression", s.compression,
          WordsOr<Words<CompressionSettings, 3>, Object<CompressionSettings>>{words, kCompression},
          "Compression of answers, streamed. true: with the defaults below. Default: none.");
}

}  // namespace gatehouse::config
