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
  static constexpr int kMostItems = 4096;  // of one list

  explicit ReplyReader(std::size_t largest_reply = Client::kLargestReply);
  ~ReplyReader();
  ReplyReader(const ReplyReader&) = delete;
  ReplyReader& operator=(const ReplyReader&) = delete;

  void feed(std::string_view bytes);
  // The next whole reply, if there is one. False, from then on: what came are no replies, or one of them is too large;
  // problem() says which.
  bool next(std::optional<Reply>& reply);
  const std::string& problem() const { return problem_; }
  bool empty() const;

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, Free> reader_;
  const std::size_t largest_reply_;
  std::size_t begun_bytes_ = 0;
  std::string problem_;
};

}  // namespace gatehouse::redis
