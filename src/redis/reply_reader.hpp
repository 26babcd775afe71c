// Bytes to replies, by hiredis' reader, within bounds: what Redis sends is not trusted with the gateway's memory.
#pragma once

#include "gatehouse/redis/client.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct redisReader;

namespace gatehouse::redis {

class ReplyReader {
 public:
  static constexpr std::size_t kLargestReply = 1 << 20;
  static constexpr int kMostItems = 4096;  // of one list

  ReplyReader();
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  // False: these are no replies, or one of them is too large; problem() says which.
  bool feed(std::string_view bytes);
  // The next whole reply, if there is one. False: as for feed().
  bool next(std::optional<Reply>& reply);
  const std::string& problem() const { return problem_; }
  bool empty() const;

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, Free> reader_;
  std::string problem_;
};

}  // namespace gatehouse::redis
