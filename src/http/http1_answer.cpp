// Framing of answers (RFC 9112 section 6); see the header.
#include "http1_answer.hpp"

#include <algorithm>

namespace gatehouse::http {
namespace {

constexpr std::string_view kCrlf = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr std::string_view kCrlfLastChunk = "\r\n0\r\n\r\n";

bool status_forbids_body(int status) { return status < 200 || status == 204 || status == 304; }

}  // namespace

void Http1Answer::begin(Bytes& to, const ResponseHead& head, const Terms& terms, std::size_t first_size, More more,
                        std::string_view date) {
  begun_ = true;
  const bool head_only = terms.method == Method::kHead || status_forbids_body(head.status);
  std::optional<std::uint64_t> length = head.content_length;
  // What was given is the whole body. An empty answer to HEAD, or a 304, says nothing about the length that GET would see.
  if (!length && more == More::kNo && !(head_only && first_size == 0)) length = first_size;

  if (head_only) {
    framing_ = Framing::kNone;
  } else if (length) {
    framing_ = *length == 0 ? Framing::kNone : Framing::kLength;
    remaining_ = *length;
  } else {
    framing_ = terms.version == Version::kHttp10 ? Framing::kUntilClose : Framing::kChunked;
  }
  complete_ = framing_ == Framing::kNone;
  keep_alive_ = terms.keep_alive && framing_ != Framing::kUntilClose;

  ConnectionOption option = ConnectionOption::kClose;
  if (keep_alive_) option = terms.version == Version::kHttp10 ? ConnectionOption::kKeepAlive : ConnectionOption::kNone;
  if (length == head.content_length) {
    write_response_head(to, head, framing_, option, head_only, date);
  } else {
    ResponseHead sized = head;
    sized.content_length = length;
    write_response_head(to, sized, framing_, option, head_only, date);
  }
}

void Http1Answer::begin_upgrade(Bytes& to, const ResponseHead& head, std::string_view date) {
  begun_ = complete_ = ended_ = true;
  ResponseHead switching = head;
  switching.status = 101;
  write_response_head(to, switching, Framing::kNone, ConnectionOption::kUpgrade, true, date);
}

Http1Answer::Pieces Http1Answer::frame(std::string_view bytes, More more) {
  Pieces pieces;
  if (ended_) return pieces;
  switch (framing_) {
    case Framing::kNone: break;
    case Framing::kLength: {
      // More than was promised: the surplus would be read as the next answer.
      if (bytes.size() > remaining_) keep_alive_ = false;
      const auto fits = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), remaining_));
      remaining_ -= fits;
      complete_ = remaining_ == 0;
      if (fits > 0) pieces.add(bytes.substr(0, fits));
      break;
    }
    case Framing::kChunked:
      if (!bytes.empty()) {
        const char* const end = write_chunk_header(chunk_header_.data(), bytes.size());
        pieces.add({chunk_header_.data(), static_cast<std::size_t>(end - chunk_header_.data())});
        pieces.add(bytes);
        pieces.add(more == More::kNo ? kCrlfLastChunk : kCrlf);
      } else if (more == More::kNo) {
        pieces.add(kLastChunk);
      }
      break;
    case Framing::kUntilClose:
      if (!bytes.empty()) pieces.add(bytes);
      break;
  }
  if (more == More::kNo) end();
  return pieces;
}

void Http1Answer::finish(Bytes& to, const Fields& trailers) {
  if (ended_) return;
  if (framing_ == Framing::kChunked) write_last_chunk(to, trailers);
  end();
}

void Http1Answer::end() {
  ended_ = true;
  if (framing_ == Framing::kChunked || framing_ == Framing::kUntilClose) complete_ = true;
}

}  // namespace gatehouse::http
