// GetShardIterator and GetRecords.
#include "control_request.hpp"
#include "row_codec.hpp"
#include "stream_iterator.hpp"
#include "stream_log.hpp"
#include "table_description.hpp"

#include <algorithm>
#include <cstdio>

namespace gatehouse::dynamo {
namespace {

using enum Shape::Type;

constexpr std::int64_t kMostRecords = 1000;
constexpr std::uint64_t kMostBytes = 1024 * 1024;
constexpr std::string_view kIteratorTypes[] = {"TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"};

Fault trimmed() {
  return {FaultType::kTrimmedDataAccess, "The operation attempted to read past the oldest stream record in a shard."};
}

Outcome<std::uint64_t> position_of(const Node& request, const StreamState& stream, const StreamShard& shard) {
  const std::string_view type = request.string("ShardIteratorType");
  if (type == "TRIM_HORIZON") return std::max(shard.first, stream.trimmed + 1);
  if (type == "LATEST") return shard.last.value_or(stream.last) + 1;
  const std::string_view text = request.string("SequenceNumber");
  if (text.empty()) return validation("One or more parameter values were invalid: SequenceNumber must be specified when ShardIteratorType is " + std::string(type));
  const auto sequence = read_sequence(text);
  if (!sequence || *sequence < shard.first || (shard.last && *sequence > *shard.last && *sequence != shard.first))
    return validation("Invalid SequenceNumber: " + std::string(text) + " is not in the range of the shard");
  if (*sequence <= stream.trimmed) return trimmed();
  return type == "AT_SEQUENCE_NUMBER" ? *sequence : *sequence + 1;
}

std::string event_id(std::uint32_t stream, std::uint64_t sequence) {
  // Stable for a record, different for each: consumers recognise repetitions by it.
  std::uint64_t mixed = sequence + 0x9E3779B97F4A7C15ULL * (stream + 1ULL);
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
  char text[40];
  const int size = std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(mixed ^ (mixed >> 31)),
                                 static_cast<unsigned long long>(sequence));
  return {text, static_cast<std::size_t>(size)};
}

std::uint64_t size_of_record(const StreamRecord& record) {
  return size_of(record.key) + (record.before ? size_of(*record.before) : 0) + (record.after ? size_of(*record.after) : 0);
}

void write_record(JsonText& answer, const LocalState& state, const StreamEntry& entry, std::uint64_t sequence, const StreamRecord& record) {
  using Event = StreamRecord::Event;
  answer.begin();
  answer.string("eventID", event_id(entry.stream.id, sequence));
  answer.string("eventName", record.event == Event::kInsert ? "INSERT" : record.event == Event::kModify ? "MODIFY" : "REMOVE");
  answer.string("eventVersion", "1.1");
  answer.string("eventSource", "aws:dynamodb");
  answer.string("awsRegion", state.options.region);
  answer.begin("dynamodb");
  answer.integer("ApproximateCreationDateTime", std::chrono::duration_cast<std::chrono::seconds>(record.created.time_since_epoch()).count());
  write_json_item(answer.member("Keys"), record.key);
  if (record.after) write_json_item(answer.member("NewImage"), *record.after);
  if (record.before) write_json_item(answer.member("OldImage"), *record.before);
  answer.string("SequenceNumber", sequence_text(sequence));
  answer.integer("SizeBytes", static_cast<std::int64_t>(size_of_record(record)));
  answer.string("StreamViewType", stream_view_name(entry.stream.view));
  answer.end();
  if (record.by_expiry) {
    answer.begin("userIdentity");
    answer.string("principalId", "dynamodb.amazonaws.com");
    answer.string("type", "Service");
    answer.end();
  }
  answer.end();
}

// Writes the records of [next, last] that fit; `next` becomes what follows them. Returns how many.
Outcome<std::size_t> write_records(Run& run, JsonText& answer, const StreamEntry& entry, std::uint64_t& next, std::uint64_t last, std::size_t limit) {
  const std::string lower = stream_record_key(entry.stream.id, next);
  const std::string upper = stream_record_key(entry.stream.id, last + 1);
  const auto cursor = run.state.storage->cursor(Family::kLog, lower, upper, run.reading());
  std::size_t count = 0;
  std::uint64_t bytes = 0;
  for (cursor->seek(lower); cursor->valid(); cursor->next()) {
    const std::uint64_t sequence = load_big_u64(cursor->key().substr(4));
    const auto record = read_stream_record(cursor->value());
    if (!record) return fault_of(Error(ErrorKind::kInternal, ErrorSource::kGateway, "store_damaged", "a change record is damaged"));
    bytes += size_of_record(*record);
    if (count == limit || (count > 0 && bytes > kMostBytes)) {
      next = sequence;
      return count;
    }
    write_record(answer, run.state, entry, sequence, *record);
    ++count;
  }
  if (const auto error = cursor->error()) return fault_of(*error);
  next = last + 1;
  return count;
}

}  // namespace

Outcome<void> get_shard_iterator(Run& run) {
  static constexpr Field kFields[] = {
      {"StreamArn", {.type = kString, .not_null = true, .least = 37, .most = 1024}},
      {"ShardId", {.type = kString, .not_null = true, .least = 28, .most = 65}},
      {"ShardIteratorType", {.type = kString, .not_null = true, .values = kIteratorTypes}},
      {"SequenceNumber", {.type = kString, .least = 21, .most = 40}},
  };
  const Outcome<Node> request = read_request(run, kFields);
  if (!request) return request.error();
  const std::string_view arn = request->string("StreamArn");
  const auto entry = run.state.catalogue.find_stream(arn);
  if (!entry) return Fault(FaultType::kResourceNotFound, "Requested resource not found: Stream: " + std::string(arn) + " not found");
  const StreamState stream = run.state.streams->state_of(*entry);
  const std::string_view name = request->string("ShardId");
  const auto shard = std::find_if(stream.shards.begin(), stream.shards.end(), [&](const StreamShard& each) { return shard_name(each) == name; });
  if (shard == stream.shards.end())
    return Fault(FaultType::kResourceNotFound, "Requested resource not found: Shard: " + std::string(name) + " in stream: " + std::string(arn) + " not found");
  const Outcome<std::uint64_t> next = position_of(*request, stream, *shard);
  if (!next) return next.error();
  // After a crash sequence numbers that were not yet durable are given out again: none of them may be known to anyone.
  run.needs(stream.written);
  JsonText answer(run.answer);
  answer.begin();
  answer.string("ShardIterator", iterator_text({entry->stream.id, shard->number, *next, run.state.clock.wall()}, arn));
  answer.end();
  return {};
}

Outcome<void> get_records(Run& run) {
  static constexpr Field kFields[] = {
      {"ShardIterator", {.type = kString, .not_null = true, .least = 1, .most = 2048}},
      {"Limit", {.type = kInteger, .least = 1, .most = kMostRecords}},
  };
  const Outcome<Node> request = read_request(run, kFields);
  if (!request) return request.error();
  const std::string_view text = request->string("ShardIterator");
  auto iterator = read_iterator(text);
  if (!iterator) return validation("Invalid ShardIterator");
  const WallTime now = run.state.clock.wall();
  if (now - iterator->created > StreamIterator::kLifetime) return Fault(FaultType::kExpiredIterator, "The shard iterator is too old: it was made more than 15 minutes ago");
  const std::string_view arn = stream_arn_of(text);
  const auto entry = run.state.catalogue.find_stream(arn);
  if (!entry || entry->stream.id != iterator->stream)
    return Fault(FaultType::kResourceNotFound, "Requested resource not found: Stream: " + std::string(arn) + " not found");
  const StreamState stream = run.state.streams->state_of(*entry);
  const auto shard = std::find_if(stream.shards.begin(), stream.shards.end(), [&](const StreamShard& each) { return each.number == iterator->shard; });
  if (shard == stream.shards.end() || iterator->next <= stream.trimmed) return trimmed();

  JsonText answer(run.answer);
  answer.begin();
  answer.begin_list("Records");
  const std::uint64_t last = shard->last.value_or(stream.last);
  if (iterator->next <= last) {
    const auto limit = static_cast<std::size_t>(request->integer("Limit", kMostRecords));
    const Outcome<std::size_t> count = write_records(run, answer, *entry, iterator->next, last, limit);
    if (!count) return count.error();
    // Nobody may act on a record that a power failure takes back.
    if (*count > 0) run.needs(stream.written);
  }
  answer.end_list();
  iterator->created = now;
  if (!shard->last || iterator->next <= *shard->last) answer.string("NextShardIterator", iterator_text(*iterator, arn));
  answer.end();
  return {};
}

}  // namespace gatehouse::dynamo
