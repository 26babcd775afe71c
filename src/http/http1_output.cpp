// One send buffer of a connection; see the header.
#include "http1_output.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <array>

namespace gatehouse::http {
namespace {

iovec to_iovec(std::string_view bytes) { return {const_cast<char*>(bytes.data()), bytes.size()}; }

}  // namespace

void Http1Output::stage(std::span<const std::string_view> pieces) {
  for (const std::string_view piece : pieces) staged_.append(piece);
}

Http1Output::Status Http1Output::send(net::Stream& stream, std::span<const std::string_view> pieces) {
  std::array<iovec, 1 + kMaxPieces> vectors;
  std::size_t count = 0;
  std::size_t total = staged_.size();
  if (!staged_.empty()) vectors[count++] = to_iovec(staged_.view());
  for (const std::string_view piece : pieces) {
    total += piece.size();
    if (!piece.empty()) vectors[count++] = to_iovec(piece);
  }
  blocked_ = false;
  if (total == 0) return Status::kSent;

  net::IoResult result = stream.write({vectors.data(), count});
  if (result.status == net::IoStatus::kOk && result.bytes == total) [[likely]] {
    sent_ += total;
    staged_.clear();
    return Status::kSent;
  }
  const std::size_t taken = result.status == net::IoStatus::kOk ? result.bytes : 0;
  sent_ += taken;
  keep_rest(pieces, taken);
  // A stream may take less than the kernel would (TLS gathers records): only its word ends the attempt.
  while (result.status == net::IoStatus::kOk && stream.may_write() && !staged_.empty()) {
    const iovec rest = to_iovec(staged_.view());
    result = stream.write({&rest, 1});
    if (result.status != net::IoStatus::kOk) break;
    sent_ += result.bytes;
    staged_.consume(result.bytes);
  }
  if (result.status == net::IoStatus::kFailed || result.status == net::IoStatus::kEnd) return Status::kFailed;
  blocked_ = !staged_.empty();
  if (!blocked_) staged_.clear();
  return blocked_ ? Status::kBlocked : Status::kSent;
}

void Http1Output::keep_rest(std::span<const std::string_view> pieces, std::size_t taken) {
  const std::size_t of_staged = std::min(taken, staged_.size());
  staged_.consume(of_staged);
  taken -= of_staged;
  for (const std::string_view piece : pieces) {
    const std::size_t of_piece = std::min(taken, piece.size());
    taken -= of_piece;
    staged_.append(piece.substr(of_piece));
  }
}

void Http1Output::clear() {
  staged_.clear();
  sent_ = 0;
  blocked_ = false;
}

}  // namespace gatehouse::http
