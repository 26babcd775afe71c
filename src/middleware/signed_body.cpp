#include "signed_body.hpp"

#include "gatehouse/base/comma_list.hpp"
#include "gatehouse/base/percent.hpp"
#include "gatehouse/base/strings.hpp"

#include <algorithm>

namespace gatehouse::middleware {
namespace {

constexpr std::string_view kExtension = ";chunk-signature=";
constexpr std::string_view kTrailerSignature = "x-amz-trailer-signature";
constexpr std::size_t kDigits = 64;
constexpr std::size_t kSizeDigits = 16;
constexpr std::size_t kLineEnd = 2;
constexpr std::size_t kLongestHead = kSizeDigits + kExtension.size() + kDigits + kLineEnd;
// Of all trailing fields. Real ones are a checksum and its signature.
constexpr std::size_t kMostTrailerBytes = 4096;
// What is reserved on a client's word alone.
constexpr std::uint64_t kBelieved = 64 * 1024;

// The names of "a, b" in lower case, sorted.
std::vector<std::string> names_of(std::string_view list) {
  std::vector<std::string> names;
  for (std::string_view name; next_element(list, name);) names.push_back(to_lower(name));
  std::ranges::sort(names);
  return names;
}

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

http::BodyChunk SignedBody::poll(http::BodyReader& from) {
  while (!refusal_) {
    if (ready_ > given_) return {http::BodyState::kData, std::string_view(chunk_).substr(given_, ready_ - given_)};
    if (whole_) return {http::BodyState::kEnd, {}};
    const http::BodyChunk wire = from.poll_body();
    if (wire.state == http::BodyState::kEnd) {
      end();
    } else if (wire.state == http::BodyState::kData) {
      from.consume_body(take(wire.bytes));
    } else {
      return wire;
    }
  }
  return {http::BodyState::kFailed, {}};
}

void SignedBody::consume(std::size_t bytes) {
  given_ += bytes;
  if (given_ < ready_) return;
  given_ = ready_ = 0;
  chunk_.clear();
}

// Up to the end of a chunk that may go. How many it took.
std::size_t SignedBody::take(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !refusal_ && ready_ == 0) {
    const std::string_view rest = bytes.substr(used);
    switch (phase_) {
      case Phase::kHead: used += take_line(rest, kLongestHead); break;
      case Phase::kDataEnd: used += take_line(rest, kLineEnd); break;
      case Phase::kTrailers: used += take_line(rest, std::max(kLineEnd, kMostTrailerBytes - trailer_bytes_)); break;
      case Phase::kData: {
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), missing_));
        chunk_.append(rest.substr(0, part));
        used += part;
        missing_ -= part;
        if (missing_ == 0) phase_ = Phase::kDataEnd;
        break;
      }
      case Phase::kEnd: malformed("Nothing may follow the last chunk of the body."); break;
    }
  }
  return used;
}

std::size_t SignedBody::take_line(std::string_view bytes, std::size_t longest) {
  const std::size_t newline = bytes.find('\n');
  const std::size_t part = newline == std::string_view::npos ? bytes.size() : newline + 1;
  if (part > longest - std::min(longest, line_.size())) {
    malformed("A line of the body's framing is too long.");
    return 0;
  }
  line_.append(bytes.substr(0, part));
  if (newline != std::string_view::npos) end_line();
  return part;
}

void SignedBody::end_line() {
  if (!line_.ends_with("\r\n")) return malformed("Lines of the body's framing end with CR LF.");
  line_.resize(line_.size() - kLineEnd);
  if (phase_ == Phase::kHead) {
    read_head();
  } else if (phase_ == Phase::kTrailers) {
    line_.empty() ? end_trailers() : read_trailer();
  } else if (line_.empty()) {
    end_data();
  } else {
    malformed("A chunk of the body is longer than it says.");
  }
  line_.clear();
}

// Takes the size off the head of a chunk.
std::optional<std::uint64_t> SignedBody::read_size() {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  for (; digits < line_.size() && digits < kSizeDigits; ++digits) {
    const int value = hex_value(line_[digits]);
    if (value < 0) break;
    size = size * 16 + static_cast<unsigned>(value);
  }
  line_.erase(0, digits);
  if (digits == 0) return std::nullopt;
  return size;
}

void SignedBody::read_head() {
  const auto size = read_size();
  const bool good_rest = is_signed() ? line_.starts_with(kExtension) && line_.size() == kExtension.size() + kDigits : line_.empty();
  if (!size || !good_rest)
    return malformed(is_signed() ? "A chunk of the body begins with SIZE;chunk-signature= and 64 hexadecimal digits."
                                 : "A chunk of the body begins with its size, in hexadecimal digits.");
  if (is_signed()) signature_ = line_.substr(kExtension.size());
  if (*size > facts_.length - decoded_)
    return refuse(403, "sigv4_decoded_length", "The body is longer than X-Amz-Decoded-Content-Length says.");
  if (*size > facts_.largest_chunk)
    return refuse(413, "sigv4_chunk_too_large", "A chunk is larger than a signed one may be here: send smaller chunks, or raise `body` of the authorizer.");
  if (*size > 0) {
    decoded_ += *size;
    missing_ = *size;
    chunk_.reserve(static_cast<std::size_t>(std::min(*size, kBelieved)));
    phase_ = Phase::kData;
    return;
  }
  if (decoded_ != facts_.length) return refuse(403, "sigv4_decoded_length", "The body is shorter than X-Amz-Decoded-Content-Length says.");
  if (is_signed() && !chain_.accept_chunk({}, signature_))
    return refuse(403, "sigv4_chunk_mismatch", "The signature of the last chunk of the body is not the one that was computed for it.");
  signature_.clear();
  // The line that ends the last chunk is the one that ends the trailing fields.
  phase_ = Phase::kTrailers;
}

// The end of the body is kept until it has been seen that it is one: a backend that has all bytes it was promised takes the request for whole.
void SignedBody::end_data() {
  if (is_signed() && !chain_.accept_chunk(chunk_, signature_))
    return refuse(403, "sigv4_chunk_mismatch", "The signature of a chunk of the body is not the one that was computed for it.");
  if (decoded_ < facts_.length) ready_ = chunk_.size();
  phase_ = Phase::kHead;
}

void SignedBody::read_trailer() {
  const std::size_t colon = line_.find(':');
  std::string name = to_lower(std::string_view(line_).substr(0, colon));
  if (!has_trailers() || colon == std::string::npos || !is_name(name) || !signature_.empty())
    return malformed("What follows the last chunk of the body is not what the form of its signatures allows.");
  trailer_bytes_ += line_.size() + kLineEnd;
  const std::string_view value = trim(std::string_view(line_).substr(colon + 1));
  if (is_signed() && name == kTrailerSignature) {
    signature_ = value;
    if (signature_.empty()) malformed("The signature of the trailing fields is empty.");
    return;
  }
  trailers_.emplace_back(std::move(name), value);
}

void SignedBody::end_trailers() {
  phase_ = Phase::kEnd;
  if (!has_trailers()) return;
  std::ranges::sort(trailers_);
  if (!std::ranges::equal(trailers_, names_of(facts_.announced), {}, &Trailer::first))
    return refuse(403, "sigv4_trailer", "The fields behind the body are not the ones that X-Amz-Trailer names.");
  if (!is_signed()) return;
  std::string canonical;
  for (const auto& [name, value] : trailers_) canonical += name + ':' + value + '\n';
  if (!chain_.accept_trailers(canonical, signature_))
    refuse(403, "sigv4_trailer", "The signature of the fields behind the body is not the one that was computed for them.");
}

void SignedBody::end() {
  if (phase_ != Phase::kEnd) return malformed("The body ends before its last chunk.");
  whole_ = true;
  ready_ = chunk_.size();
}

void SignedBody::refuse(int status, std::string_view reason, std::string_view detail) {
  if (!refusal_) refusal_ = {status, reason, detail};
}

void SignedBody::malformed(std::string_view detail) { refuse(403, "sigv4_chunk_malformed", detail); }

}  // namespace gatehouse::middleware
