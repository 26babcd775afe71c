// ListStreams and DescribeStream.
#include "control_request.hpp"
#include "stream_iterator.hpp"
#include "stream_log.hpp"
#include "table_description.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

using enum Shape::Type;

constexpr std::int64_t kLimit = 100;

void write_shard(JsonText& answer, const StreamShard& shard, const StreamShard* parent) {
  answer.begin();
  answer.string("ShardId", shard_name(shard));
  answer.begin("SequenceNumberRange");
  answer.string("StartingSequenceNumber", sequence_text(shard.first));
  if (shard.last) answer.string("EndingSequenceNumber", sequence_text(std::max(*shard.last, shard.first)));
  answer.end();
  if (parent != nullptr) answer.string("ParentShardId", shard_name(*parent));
  answer.end();
}

}  // namespace

Outcome<void> list_streams(Run& run) {
  static constexpr Field kFields[] = {
      {"TableName", {.type = kString, .least = 3, .most = 255, .name_pattern = true}},
      {"Limit", {.type = kInteger, .least = 1, .most = kLimit}},
      {"ExclusiveStartStreamArn", {.type = kString, .least = 37, .most = 1024}},
  };
  const Outcome<Node> request = read_request(run, kFields);
  if (!request) return request.error();
  const std::string_view table = request->string("TableName");
  const std::string_view start = request->string("ExclusiveStartStreamArn");
  const auto limit = static_cast<std::size_t>(request->integer("Limit", kLimit));

  JsonText answer(run.answer);
  answer.begin();
  answer.begin_list("Streams");
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (const auto& stream : run.state.catalogue.streams()) {
    if ((!table.empty() && stream->table_name != table) || stream->stream.arn <= start) continue;
    if (count++ == limit) {
      more = true;
      break;
    }
    answer.begin();
    answer.string("StreamArn", stream->stream.arn);
    answer.string("TableName", stream->table_name);
    answer.string("StreamLabel", stream->stream.label);
    answer.end();
    last = stream->stream.arn;
  }
  answer.end_list();
  if (more) answer.string("LastEvaluatedStreamArn", last);
  answer.end();
  return {};
}

Outcome<void> describe_stream(Run& run) {
  static constexpr Field kFields[] = {
      {"StreamArn", {.type = kString, .not_null = true, .least = 37, .most = 1024}},
      {"Limit", {.type = kInteger, .least = 1, .most = kLimit}},
      {"ExclusiveStartShardId", {.type = kString, .least = 28, .most = 65}},
  };
  const Outcome<Node> request = read_request(run, kFields);
  if (!request) return request.error();
  const std::string_view arn = request->string("StreamArn");
  const auto entry = run.state.catalogue.find_stream(arn);
  if (!entry) return Fault(FaultType::kResourceNotFound, "Requested resource not found: Stream: " + std::string(arn) + " not found");
  const StreamState stream = run.state.streams->state_of(*entry);
  const std::string_view start = request->string("ExclusiveStartShardId");
  const auto limit = static_cast<std::size_t>(request->integer("Limit", kLimit));
  std::size_t at = 0;
  if (!start.empty())
    while (at < stream.shards.size() && shard_name(stream.shards[at]) <= start) ++at;
  // What the answer says to exist or to be closed must stay so.
  run.needs(stream.written);

  JsonText answer(run.answer);
  answer.begin();
  answer.begin("StreamDescription");
  answer.string("StreamArn", entry->stream.arn);
  answer.string("StreamLabel", entry->stream.label);
  answer.string("StreamStatus", entry->closed ? "DISABLED" : "ENABLED");
  answer.string("StreamViewType", stream_view_name(entry->stream.view));
  answer.time("CreationRequestDateTime", entry->created);
  answer.string("TableName", entry->table_name);
  write_key_schema(answer, entry->partition, entry->sort);
  answer.begin_list("Shards");
  std::size_t count = 0;
  for (; at < stream.shards.size() && count < limit; ++at, ++count)
    write_shard(answer, stream.shards[at], at == 0 ? nullptr : &stream.shards[at - 1]);
  answer.end_list();
  if (at < stream.shards.size()) answer.string("LastEvaluatedShardId", shard_name(stream.shards[at - 1]));
  answer.end();
  answer.end();
  return {};
}

}  // namespace gatehouse::dynamo
