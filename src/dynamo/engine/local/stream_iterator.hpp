// What a consumer of a stream holds: names of shards, sequence numbers and iterators as text. Pure functions.
#pragma once

#include "stream_log.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

// 21 digits, so that texts sort as numbers do.
std::string sequence_text(std::uint64_t sequence);
std::optional<std::uint64_t> read_sequence(std::string_view text);

// "shardId-" and the time of its making in 20 digits, "-" and its number in 8 hexadecimal digits.
std::string shard_name(const StreamShard& shard);

struct StreamIterator {
  static constexpr auto kLifetime = std::chrono::minutes(15);

  std::uint32_t stream = 0;
  std::uint32_t shard = 0;
  std::uint64_t next = 0;  // the first record that is read
  WallTime created;
};

// "<ARN of the stream>|1|…". Nothing of it is secret or signed: who may read a stream is decided by the ARN at its front, and no other
// stream is read than that.
std::string iterator_text(const StreamIterator& iterator, std::string_view stream_arn);
std::optional<StreamIterator> read_iterator(std::string_view text);
std::string_view stream_arn_of(std::string_view iterator_text);

}  // namespace gatehouse::dynamo
