// Reads chunked bodies in every way that bytes can arrive and tells in one text all that the reader made of them. For tests
// and fuzzers of the codec.
#pragma once

#include "http/chunked_reader.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gatehouse::http::testing {

inline constexpr HeadLimits kTrailerLimits{.head = 1000, .uri = 0, .headers = 10};

// Gives `bytes` in pieces of the sizes that `next_size(position)` says, each in a block of exactly its size; of the data it
// takes at most `bite` at once. Bytes behind the end are counted.
template <class NextSize>
std::string tell_chunked(std::string_view bytes, NextSize next_size, std::size_t bite,
                         HeadLimits limits = kTrailerLimits) {
  ChunkedReader reader;
  reader.restart(limits);
  std::string body;
  std::size_t at = 0;
  while (at < bytes.size()) {
    std::size_t left = std::min(next_size(at), bytes.size() - at);
    const auto piece = std::make_unique<char[]>(left);
    std::memcpy(piece.get(), bytes.data() + at, left);
    const char* from = piece.get();
    for (bool more = true; more;) {
      const ChunkedReader::Step step = reader.next({from, left});
      if (step.used > left || step.data.size() > left - step.used) throw std::logic_error("went too far");
      from += step.used;
      left -= step.used;
      at += step.used;
      switch (step.state) {
        case ChunkedReader::State::kNeedMore:
          if (left != 0) throw std::logic_error("left bytes and wants more");
          more = false;
          break;
        case ChunkedReader::State::kData: {
          if (step.data.empty() || step.data.data() != from) throw std::logic_error("data is not where it should be");
          const std::size_t taken = std::min(bite, step.data.size());
          body.append(step.data.substr(0, taken));
          reader.took(taken);
          from += taken;
          left -= taken;
          at += taken;
          break;
        }
        case ChunkedReader::State::kMalformed:
          return body + " / " + std::to_string(reader.malformed().status) + " " +
                 std::string(reader.malformed().reason);
        case ChunkedReader::State::kEnd: {
          std::string told = body + " / end +" + std::to_string(bytes.size() - at);
          const Fields trailers = reader.trailers();
          for (std::uint32_t i = 0; i < trailers.size(); ++i) {
            told += " [" + std::string(trailers[i].name) + "|" + std::string(trailers[i].value) + "]" +
                    std::string(trailers.base() + trailers.ref(i).name_at, trailers.ref(i).line_size);
          }
          return told;
        }
      }
    }
  }
  return body + " / more";
}

inline std::string tell_chunked_whole(std::string_view bytes, HeadLimits limits = kTrailerLimits) {
  return tell_chunked(bytes, [&](std::size_t) { return bytes.size(); }, bytes.size() + 1, limits);
}

// The telling for the whole; throws when it is another byte by byte, or cut in two at any place.
inline std::string tell_chunked_all_ways(std::string_view bytes, HeadLimits limits = kTrailerLimits) {
  const std::string whole = tell_chunked_whole(bytes, limits);
  const auto must_agree = [&whole](const std::string& told, const std::string& how) {
    if (told != whole) throw std::logic_error(how + ": " + told + "\nwhole: " + whole);
  };
  const auto one = [](std::size_t) { return std::size_t{1}; };
  const auto all = [&bytes](std::size_t) { return bytes.size(); };
  must_agree(tell_chunked(bytes, one, 1, limits), "byte by byte");
  must_agree(tell_chunked(bytes, all, 1, limits), "taken byte by byte");
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    const auto in_two = [&bytes, cut](std::size_t at) { return at < cut ? cut - at : bytes.size(); };
    must_agree(tell_chunked(bytes, in_two, bytes.size(), limits), "cut at " + std::to_string(cut));
  }
  return whole;
}

}  // namespace gatehouse::http::testing
