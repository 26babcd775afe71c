// Pieces are gathered in one writev; only what the kernel refuses is copied.
#include "request_writer.hpp"

#include <algorithm>
#include <array>

namespace gatehouse::http {
namespace {

// Heads of this size, with what the serialiser keeps in reserve, take no block of the pool.
constexpr std::size_t kUsualHead = 2048;

constexpr std::string_view kChunkEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";
constexpr std::string_view kChunkEndAndLast = "\r\n0\r\n\r\n";

Framing framing_of(const OutgoingRequest& head) {
  if (!head.has_body) return Framing::kNone;
  return head.content_length ? Framing::kLength : Framing::kChunked;
}

// Up to four pieces of one write; empty ones are left out.
class Pieces {
 public:
  void add(std::string_view bytes) {
    if (!bytes.empty()) pieces_[count_++] = {const_cast<char*>(bytes.data()), bytes.size()};
  }
  std::span<iovec> get() { return {pieces_.data(), count_}; }

 private:
  std::array<iovec, 4> pieces_;
  std::size_t count_ = 0;
};

// Drops the first `bytes` bytes.
std::span<iovec> advance(std::span<iovec> pieces, std::size_t bytes) {
  while (!pieces.empty() && bytes >= pieces.front().iov_len) {
    bytes -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (bytes > 0) {
    pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + bytes;
    pieces.front().iov_len -= bytes;
  }
  return pieces;
}

}  // namespace

void RequestWriter::restart() {
  unsent_.clear();
  left_ = sent_ = 0;
  framing_ = Framing::kNone;
  ended_ = short_ = broken_ = false;
}

void RequestWriter::send(const OutgoingRequest& head, std::string_view first, More more) {
  framing_ = framing_of(head);
  left_ = head.content_length.value_or(0);
  char scratch[kUsualHead];
  Bytes buffer(scratch);
  write_request_head(buffer, head, framing_,
                     head.upgrade.empty() ? ConnectionOption::kNone : ConnectionOption::kUpgrade);
  write_body(buffer.view(), first, framing_ == Framing::kNone ? More::kNo : more);
}

void RequestWriter::write(std::string_view bytes, More more) { write_body({}, bytes, more); }

void RequestWriter::write_body(std::string_view head, std::string_view bytes, More more) {
  if (ended_) return;
  char chunk_header[18];
  Pieces pieces;
  pieces.add(head);
  const bool last = more == More::kNo;
  if (framing_ == Framing::kLength) {
    bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size())));
    left_ -= bytes.size();
    pieces.add(bytes);
    ended_ = last || left_ == 0;
    short_ = left_ > 0 && last;
  } else if (framing_ == Framing::kChunked) {
    if (!bytes.empty()) {
      const char* const end = write_chunk_header(chunk_header, bytes.size());
      pieces.add({chunk_header, static_cast<std::size_t>(end - chunk_header)});
      pieces.add(bytes);
    }
    pieces.add(bytes.empty() ? (last ? kLastChunk : std::string_view()) : (last ? kChunkEndAndLast : kChunkEnd));
    ended_ = last;
  } else {
    ended_ = true;
  }
  write_out(pieces.get());
}

void RequestWriter::finish(const Fields& trailers) {
  if (framing_ != Framing::kChunked || trailers.size() == 0) return write({}, More::kNo);
  if (ended_) return;
  ended_ = true;
  Bytes buffer;
  write_last_chunk(buffer, trailers);
  Pieces pieces;
  pieces.add(buffer.view());
  write_out(pieces.get());
}

void RequestWriter::write_out(std::span<iovec> pieces) {
  if (broken_) return;
  if (unsent_.empty()) pieces = write_some(pieces);
  if (broken_) return;
  for (const iovec& piece : pieces) unsent_.append({static_cast<const char*>(piece.iov_base), piece.iov_len});
}

// Returns what the kernel refused.
std::span<iovec> RequestWriter::write_some(std::span<iovec> pieces) {
  while (!pieces.empty() && stream_->may_write()) {
    const net::IoResult result = stream_->write(pieces);
    if (result.status == net::IoStatus::kFailed) {
      broken_ = true;
      unsent_.clear();
      break;
    }
    sent_ += result.bytes;
    pieces = advance(pieces, result.bytes);
    if (result.bytes == 0) break;
  }
  return pieces;
}

void RequestWriter::flush() {
  if (unsent_.empty() || broken_) return;
  Pieces pieces;
  pieces.add(unsent_.view());
  const std::span<iovec> left = write_some(pieces.get());
  if (broken_) return;
  if (left.empty()) {
    unsent_.clear();
  } else {
    unsent_.consume(unsent_.size() - left.front().iov_len);
  }
}

}  // namespace gatehouse::http
