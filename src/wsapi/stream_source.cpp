#include "stream_source.hpp"

#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::wsapi {
namespace {

using dynamo::FaultType;
using dynamo::Operation;

Error failure(std::string_view reason, std::string message) {
  return {ErrorKind::kUnavailable, ErrorSource::kGateway, reason, std::move(message)};
}

// {"name":"value",…
void add_member(std::string& body, std::string_view name, std::string_view value) {
  body += body.empty() ? "{\"" : ",\"";
  body += name;
  body += "\":";
  dynamo::write_json_string(body, value);
}

std::string_view text_at(JsonValue object, std::string_view name) {
  const JsonValue member = object ? object.find(name) : JsonValue();
  return member && member.is_string() ? member.text() : std::string_view();
}

Error refused(std::string_view answer) {
  const auto tree = JsonTree::parse(answer);
  if (!tree) return failure("stream_unreadable", "the store's answer is no JSON");
  const std::string_view lower = text_at(tree->root(), "message");
  const std::string message(lower.empty() ? text_at(tree->root(), "Message") : lower);
  const FaultType type = dynamo::find_fault(text_at(tree->root(), "__type"));
  const bool lost = type == FaultType::kExpiredIterator || type == FaultType::kTrimmedDataAccess || type == FaultType::kResourceNotFound;
  return failure(lost ? StreamSource::kLost : "stream_unreadable", message);
}

}  // namespace

StreamSource::StreamSource(std::shared_ptr<dynamo::Engine> engine, net::Worker& worker, net::Waiter& waiter, std::string table)
    : engine_(std::move(engine)), worker_(worker), waiter_(waiter), table_(std::move(table)) {}

net::Task<Result<std::string>> StreamSource::ask(Operation operation, std::string body) {
  std::string answer;
  dynamo::Call call{.operation = operation,
                    .body = body,
                    .worker = worker_,
                    .waiter = waiter_,
                    .deadline = std::chrono::steady_clock::now() + kPatience,
                    .answer = answer};
  net::Task<void> asking = engine_->execute(call);
  co_await asking;
  if (call.status != 200) co_return refused(answer);
  co_return std::move(answer);
}

net::Task<Result<bool>> StreamSource::find_stream() {
  std::string body;
  add_member(body, "TableName", table_);
  net::Task<Result<std::string>> asking = ask(Operation::kDescribeTable, body + '}');
  const Result<std::string> answer = co_await asking;
  if (!answer) co_return answer.error();
  const auto tree = JsonTree::parse(*answer);
  const std::string_view arn = tree ? text_at(tree->root().find("Table"), "LatestStreamArn") : std::string_view();
  if (arn.empty()) co_return failure("stream_unreadable", "the table has no stream");
  arn_ = arn;
  co_return true;
}

net::Task<Result<std::vector<StreamSource::Listed>>> StreamSource::list() {
  std::vector<Listed> listed;
  std::string from;
  do {
    std::string body;
    add_member(body, "StreamArn", arn_);
    if (!from.empty()) add_member(body, "ExclusiveStartShardId", from);
    net::Task<Result<std::string>> asking = ask(Operation::kDescribeStream, body + '}');
    const Result<std::string> answer = co_await asking;
    if (!answer) co_return answer.error();
    const auto tree = JsonTree::parse(*answer);
    const JsonValue stream = tree ? tree->root().find("StreamDescription") : JsonValue();
    const JsonValue shards = stream ? stream.find("Shards") : JsonValue();
    if (!shards) co_return failure("stream_unreadable", "the store's answer describes no stream");
    for (const JsonValue shard : shards)
      listed.push_back({std::string(text_at(shard, "ShardId")), std::string(text_at(shard, "ParentShardId")),
                        !text_at(shard.find("SequenceNumberRange"), "EndingSequenceNumber").empty()});
    from = text_at(stream, "LastEvaluatedShardId");
  } while (!from.empty() && listed.size() < 16 * kMostShards);
  co_return std::move(listed);
}

net::Task<Result<std::string>> StreamSource::iterator_of(std::string shard, std::string_view type) {
  std::string body;
  add_member(body, "StreamArn", arn_);
  add_member(body, "ShardId", shard);
  add_member(body, "ShardIteratorType", type);
  net::Task<Result<std::string>> asking = ask(Operation::kGetShardIterator, body + '}');
  const Result<std::string> answer = co_await asking;
  if (!answer) co_return answer.error();
  const auto tree = JsonTree::parse(*answer);
  const std::string_view iterator = tree ? text_at(tree->root(), "ShardIterator") : std::string_view();
  if (iterator.empty()) co_return failure("stream_unreadable", "the store's answer has no iterator");
  co_return std::string(iterator);
}

net::Task<Result<bool>> StreamSource::go_to_end() {
  shards_.clear();
  net::Task<Result<bool>> finding = find_stream();
  const Result<bool> found = co_await finding;
  if (!found) co_return found.error();
  net::Task<Result<std::vector<Listed>>> listing = list();
  const Result<std::vector<Listed>> listed = co_await listing;
  if (!listed) co_return listed.error();
  std::vector<Shard> shards;
  for (const Listed& shard : *listed) {
    if (shard.ended || shards.size() == kMostShards) continue;
    net::Task<Result<std::string>> asking = iterator_of(shard.id, "LATEST");
    Result<std::string> iterator = co_await asking;
    if (!iterator) co_return iterator.error();
    shards.push_back({shard.id, std::move(*iterator)});
  }
  if (shards.empty()) co_return failure("stream_unreadable", "the stream has ended");
  shards_ = std::move(shards);
  co_return true;
}

net::Task<Result<bool>> StreamSource::read(std::size_t at, StreamPage& page) {
  std::string body;
  add_member(body, "ShardIterator", shards_[at].iterator);
  body += ",\"Limit\":" + std::to_string(StreamPage::kMostRecords) + '}';
  net::Task<Result<std::string>> asking = ask(Operation::kGetRecords, std::move(body));
  const Result<std::string> answer = co_await asking;
  if (!answer) co_return answer.error();
  if (!read_stream_page(*answer, page)) co_return failure("stream_unreadable", "the store's answer holds no records");
  if (!page.next.empty()) {
    shards_[at].iterator = page.next;
    co_return true;
  }
  net::Task<Result<bool>> going = go_on_behind(at);
  const Result<bool> gone = co_await going;
  if (!gone) co_return gone.error();
  co_return true;
}

// A shard has ended: its children from their beginning.
net::Task<Result<bool>> StreamSource::go_on_behind(std::size_t at) {
  const std::string ended = shards_[at].id;
  shards_.erase(shards_.begin() + static_cast<std::ptrdiff_t>(at));
  net::Task<Result<std::vector<Listed>>> listing = list();
  const Result<std::vector<Listed>> listed = co_await listing;
  if (!listed) co_return listed.error();
  for (const Listed& shard : *listed) {
    if (shard.parent != ended || shards_.size() == kMostShards) continue;
    net::Task<Result<std::string>> asking = iterator_of(shard.id, "TRIM_HORIZON");
    Result<std::string> iterator = co_await asking;
    if (!iterator) co_return iterator.error();
    shards_.push_back({shard.id, std::move(*iterator)});
  }
  if (shards_.empty()) co_return failure(kLost, "the stream has ended");
  co_return true;
}

}  // namespace gatehouse::wsapi
