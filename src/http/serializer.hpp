// Writes heads, chunk framing and trailers from what was understood: never a peer's own framing. Field values are checked
// once more, unless they were given as valid, so that nothing set by configuration can split a message. Appends to a buffer; no I/O.
#pragma once

#include "gatehouse/http/head.hpp"
#include "head_parser.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace gatehouse::http {

// Growable bytes from the thread's block pool. Small object; memory goes back on clear().
class Bytes {
 public:
  Bytes() = default;
  // Uses `scratch`, which must outlive it, until more room is needed.
  explicit Bytes(std::span<char> scratch) : data_(scratch.data()), capacity_(scratch.size()), borrowed_(true) {}
  ~Bytes() { clear(); }
  Bytes(Bytes&& other) noexcept;
  Bytes& operator=(Bytes&& other) noexcept;

  std::string_view view() const { return {data_ + begin_, size_ - begin_}; }
  bool empty() const { return begin_ == size_; }
  std::size_t size() const { return size_ - begin_; }
  std::span<char> last(std::size_t bytes) { return {data_ + size_ - bytes, bytes}; }
  void append(std::string_view bytes);
  // Room for `more` bytes behind the last; then commit().
  char* reserve(std::size_t more) {
    if (capacity_ - size_ < more) grow(more);
    return data_ + size_;
  }
  void commit(std::size_t added) { size_ += added; }
  void consume(std::size_t bytes);  // from the front
  void clear();

 private:
  void grow(std::size_t more);
  void release();

  char* data_ = nullptr;
  std::size_t begin_ = 0;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  bool borrowed_ = false;  // data_ is the scratch
};

enum class ConnectionOption : std::uint8_t { kNone, kClose, kKeepAlive, kUpgrade };

// Base fields leave without the hop-by-hop ones, those named by Connection, and Content-Length; edits that would write
// framing or Connection, or whose name or value is not valid, are dropped (values given as valid are not looked at).
// kUpgrade writes `Connection: Upgrade`.

// "HTTP/1.1 200 OK\r\n" to the empty line. `framing` decides Content-Length (head.content_length) or Transfer-Encoding;
// kNone writes Content-Length: 0 unless the status forbids it or `head_only` keeps the given length (HEAD, 304).
// `date` is the whole value, 29 bytes; it is written when the message has no Date. With kUpgrade the Upgrade fields of
// base and edits stay. REQUIRES: a status of three digits.
void write_response_head(Bytes& to, const ResponseHead& head, Framing framing, ConnectionOption connection,
                         bool head_only, std::string_view date);
// Host is head.authority and nothing else; Expect is dropped, since each side of the gateway answers it by itself. Bytes
// that a target cannot have are written percent-encoded. kNone writes Content-Length: 0 when head.content_length is given
// or the method is one that has a body. REQUIRES: head.method is a token.
void write_request_head(Bytes& to, const OutgoingRequest& head, Framing framing, ConnectionOption connection);
// REQUIRES: 100 <= status < 200, and not 101.
void write_informational(Bytes& to, int status, const Fields* fields);
// "1f4\r\n"; returns the end, at most 18 bytes.
char* write_chunk_header(char* to, std::uint64_t size);
// "0\r\n", trailers, "\r\n".
void write_last_chunk(Bytes& to, const Fields& trailers);

// False for control bytes other than tab: such a value must not reach a head.
bool is_valid_field_value(std::string_view value);
bool is_token(std::string_view text);

}  // namespace gatehouse::http
