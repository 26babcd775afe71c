#include "stream_iterator.hpp"

#include "row_codec.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace gatehouse::dynamo {
namespace {

constexpr std::size_t kSequenceDigits = 21;
constexpr std::string_view kVersion = "|1|";
constexpr std::size_t kIteratorBytes = 4 + 4 + 8 + 8;  // stream, shard, next, milliseconds; then a checksum

}  // namespace

std::string sequence_text(std::uint64_t sequence) {
  const std::string digits = std::to_string(sequence);
  // A leading digit that is no zero, so that those who parse numbers keep the length.
  return "1" + std::string(kSequenceDigits - 1 - digits.size(), '0') + digits;
}

std::optional<std::uint64_t> read_sequence(std::string_view text) {
  if (text.size() != kSequenceDigits || text[0] != '1') return std::nullopt;
  std::uint64_t sequence = 0;
  const auto [end, problem] = std::from_chars(text.data() + 1, text.data() + text.size(), sequence);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return sequence;
}

std::string shard_name(const StreamShard& shard) {
  char name[48];
  const int size = std::snprintf(name, sizeof name, "shardId-%020lld-%08x", static_cast<long long>(milliseconds_of(shard.created)), shard.number);
  return {name, static_cast<std::size_t>(size)};
}

std::string iterator_text(const StreamIterator& iterator, std::string_view stream_arn) {
  std::string bytes;
  append_u32(bytes, iterator.stream);
  append_u32(bytes, iterator.shard);
  append_u64(bytes, iterator.next);
  append_u64(bytes, static_cast<std::uint64_t>(milliseconds_of(iterator.created)));
  append_u32(bytes, crc32(bytes));
  return std::string(stream_arn).append(kVersion) + base64(bytes);
}

std::string_view stream_arn_of(std::string_view iterator_text) { return iterator_text.substr(0, iterator_text.find('|')); }

std::optional<StreamIterator> read_iterator(std::string_view text) {
  text.remove_prefix(stream_arn_of(text).size());
  if (!text.starts_with(kVersion)) return std::nullopt;
  std::string bytes;
  if (!append_base64_decoded(bytes, text.substr(kVersion.size())) || bytes.size() != kIteratorBytes + 4) return std::nullopt;
  const std::string_view view = bytes;
  if (crc32(view.substr(0, kIteratorBytes)) != load_big_u32(view.substr(kIteratorBytes))) return std::nullopt;
  return StreamIterator{load_big_u32(view), load_big_u32(view.substr(4)), load_big_u64(view.substr(8)),
                        time_of(static_cast<std::int64_t>(load_big_u64(view.substr(16))))};
}

}  // namespace gatehouse::dynamo
