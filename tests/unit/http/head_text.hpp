// Parses heads in every way that bytes can arrive and tells in one text all that the parser made of them, so that two ways
// can be compared. For tests and fuzzers of the codec.
#pragma once

#include "http/head_parser.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::http::testing {

inline constexpr HeadLimits kUsualLimits{.head = 64 * 1024, .uri = 8 * 1024, .headers = 100};

enum class HeadKind { kRequest, kResponse };

inline void tell(std::ostream& out, const Fields& fields) {
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    const FieldRef& ref = fields.ref(i);
    out << "\n[" << fields[i].name << "|" << fields[i].value << "|" << static_cast<int>(ref.id)
        << (ref.named_by_connection ? "|dropped" : "") << "] "
        << std::string_view(fields.base() + ref.name_at, ref.line_size);
  }
}

inline std::string_view name_of(Framing framing) {
  switch (framing) {
    case Framing::kNone: return "none";
    case Framing::kLength: return "length";
    case Framing::kChunked: return "chunked";
    case Framing::kUntilClose: return "until_close";
  }
  return "?";
}

// One growing input, given to the parser piece by piece. Each time it lies elsewhere, in a block of exactly its size.
class HeadFeed {
 public:
  HeadFeed(HeadKind kind, HeadLimits limits) : kind_(kind), parser_(limits) {}

  ParseStatus give(std::string_view prefix) {
    bytes_ = std::make_unique<char[]>(prefix.size());
    if (!prefix.empty()) std::memcpy(bytes_.get(), prefix.data(), prefix.size());
    const std::string_view bytes(bytes_.get(), prefix.size());
    status_ = kind_ == HeadKind::kRequest ? parser_.parse_request(bytes, refs_) : parser_.parse_response(bytes, refs_);
    return status_;
  }

  const HeadParser& parser() const { return parser_; }
  ParseStatus status() const { return status_; }
  RequestHead request() const { return parser_.request(bytes_.get(), refs_); }
  IncomingResponse response(Method method) const { return parser_.response(bytes_.get(), refs_, method); }

  // "incomplete", "400 bare_lf", or everything about the head.
  std::string told() const {
    std::ostringstream out;
    switch (status_) {
      case ParseStatus::kIncomplete: out << "incomplete"; break;
      case ParseStatus::kMalformed: out << parser_.malformed().status << " " << parser_.malformed().reason; break;
      case ParseStatus::kComplete: kind_ == HeadKind::kRequest ? tell_request(out) : tell_response(out); break;
    }
    return out.str();
  }

 private:
  void tell_request(std::ostream& out) const {
    const RequestHead head = request();
    out << head.method_text << " (" << to_string(head.method) << ") path=" << head.path << " query=" << head.query
        << (head.query.data() == nullptr ? "(none)" : "") << " authority=" << head.authority
        << " protocol=" << head.protocol << " framing=" << name_of(parser_.request_framing())
        << " expects=" << parser_.expects_continue();
    tell_common(out, head.version, head.has_body, head.content_length);
    tell(out, head.fields);
  }

  void tell_response(std::ostream& out) const {
    const IncomingResponse head = response(Method::kGet);
    out << head.status << " " << head.reason << " protocol=" << head.protocol
        << " framing=" << name_of(parser_.response_framing(Method::kGet));
    tell_common(out, head.version, head.has_body, head.content_length);
    tell(out, head.fields);
  }

  void tell_common(std::ostream& out, Version version, bool has_body, std::optional<std::uint64_t> length) const {
    out << (version == Version::kHttp10 ? " 1.0" : " 1.1") << " size=" << parser_.head_size()
        << " keep=" << parser_.keep_alive() << " body=" << has_body
        << " length=" << (length ? std::to_string(*length) : "none");
  }

  HeadKind kind_;
  HeadParser parser_;
  FieldRefs refs_;
  std::unique_ptr<char[]> bytes_;
  ParseStatus status_ = ParseStatus::kIncomplete;
};

// What is told when first the prefixes of the given sizes are there, and then everything.
inline std::string tell_cut(HeadKind kind, std::string_view bytes, const std::vector<std::size_t>& cuts,
                            HeadLimits limits) {
  HeadFeed feed(kind, limits);
  for (const std::size_t cut : cuts) {
    if (feed.give(bytes.substr(0, cut)) != ParseStatus::kIncomplete) return feed.told();
  }
  feed.give(bytes);
  return feed.told();
}

inline std::string tell_whole(HeadKind kind, std::string_view bytes, HeadLimits limits = kUsualLimits) {
  return tell_cut(kind, bytes, {}, limits);
}

// The telling for the whole; throws when it is another byte by byte, or cut in two at any place.
inline std::string tell_all_ways(HeadKind kind, std::string_view bytes, HeadLimits limits = kUsualLimits) {
  const std::string whole = tell_whole(kind, bytes, limits);
  const auto must_agree = [&whole](const std::string& told, const std::string& how) {
    if (told != whole) throw std::logic_error(how + ": " + told + "\nwhole: " + whole);
  };
  std::vector<std::size_t> every;
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    every.push_back(cut);
    must_agree(tell_cut(kind, bytes, {cut}, limits), "cut at " + std::to_string(cut));
  }
  must_agree(tell_cut(kind, bytes, every, limits), "byte by byte");
  return whole;
}

inline std::string tell_request(std::string_view bytes, HeadLimits limits = kUsualLimits) {
  return tell_all_ways(HeadKind::kRequest, bytes, limits);
}
inline std::string tell_response(std::string_view bytes, HeadLimits limits = kUsualLimits) {
  return tell_all_ways(HeadKind::kResponse, bytes, limits);
}

}  // namespace gatehouse::http::testing
