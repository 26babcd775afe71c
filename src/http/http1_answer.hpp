// How one answer is framed on an HTTP/1 connection: whether there is a body, by length, in chunks or until the close, and
// what the handler's promise about its length was worth. Writes heads and framing, sends nothing. One thread.
#pragma once

#include "gatehouse/http/body.hpp"
#include "gatehouse/http/head.hpp"
#include "head_parser.hpp"
#include "http1_output.hpp"
#include "serializer.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace gatehouse::http {

class Http1Answer {
 public:
  // What the request allows its answer.
  struct Terms {
    Method method;
    Version version;
    bool keep_alive;
  };

  void restart() { *this = {}; }

  // Appends the head. `first_size` bytes of body will follow at once; with `more` kNo they are all.
  void begin(Bytes& to, const ResponseHead& head, const Terms& terms, std::size_t first_size, More more,
             std::string_view date);
  // Appends a 101, after which the connection speaks another protocol.
  void begin_upgrade(Bytes& to, const ResponseHead& head, std::string_view date);

  // What to send for `bytes` of the body: at most three pieces, which are valid until the next call.
  class Pieces {
   public:
    std::span<const std::string_view> all() const { return {parts_.data(), count_}; }

   private:
    friend class Http1Answer;
    void add(std::string_view part) { parts_[count_++] = part; }
    std::array<std::string_view, Http1Output::kMaxPieces> parts_;
    std::size_t count_ = 0;
  };
  Pieces frame(std::string_view bytes, More more);
  // Ends the body; trailers go where the framing can carry them.
  void finish(Bytes& to, const Fields& trailers);

  bool begun() const { return begun_; }
  // The client has, or will have, all that the head promised.
  bool complete() const { return complete_; }
  // The end of the connection is the end of the body: breaking off must not look like it.
  bool ends_by_close() const { return framing_ == Framing::kUntilClose; }
  // Whether the connection may carry another request, as the head told the client.
  bool keep_alive() const { return keep_alive_; }

 private:
  void end();

  std::uint64_t remaining_ = 0;
  Framing framing_ = Framing::kNone;
  bool begun_ = false;
  bool complete_ = false;
  bool ended_ = false;  // the handler said so
  bool keep_alive_ = false;
  std::array<char, 20> chunk_header_;
};

}  // namespace gatehouse::http
