#include "gatehouse/plans/usage_store.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/plans/store_client.hpp"

#include <algorithm>
#include <cstdio>

namespace gatehouse::plans {
namespace {

using dynamo::Operation;

constexpr std::string_view kTable = "gatehouse.usage";

// "2026-11#5"
std::string partition(Day day, unsigned shard) { return date_text(day).substr(0, 7) + '#' + std::to_string(shard); }
// "22#key": '$' comes right behind '#'.
std::string day_in_month(Day day) { return date_text(day).substr(8); }

Day last_of_month(Day day) { return next_period({Unit::kMonth, 0}, day) - 1; }

std::uint64_t sum_in(JsonValue item) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number_attribute(item, "requests"), 0));
}

}  // namespace

dynamo::TableSettings UsageStore::table(std::string store) {
  dynamo::TableSettings table;
  table.name = kTable;
  table.store = std::move(store);
  table.partition = {"month", dynamo::KeyType::kString};
  table.sort = {{"day_key", dynamo::KeyType::kString}};
  table.ttl = "expires";
  return table;
}

unsigned UsageStore::shard_of(std::string_view key) { return static_cast<unsigned>(stable_hash64(key) % kShards); }

std::string UsageStore::addition(std::string_view key, Unwritten unwritten) const {
  const auto expires = std::chrono::duration_cast<std::chrono::seconds>(beginning_of(unwritten.day + 1).time_since_epoch() + keep_);
  std::string body = R"({"TableName":"gatehouse.usage","ReturnValues":"UPDATED_NEW","Key":{"month":{"S":")" +
                     partition(unwritten.day, shard_of(key)) + R"("},"day_key":{"S":)";
  append_string(body, day_in_month(unwritten.day) + '#' + std::string(key));
  body += R"(}},"UpdateExpression":"ADD #r :n SET #e = :e","ExpressionAttributeNames":{"#r":"requests","#e":"expires"},)"
          R"("ExpressionAttributeValues":{":n":{"N":")" +
          std::to_string(unwritten.requests) + R"("},":e":{"N":")" + std::to_string(expires.count()) + R"("}}})";
  return body;
}

net::Task<Result<std::uint64_t>> UsageStore::add(std::string key, Unwritten unwritten) const {
  net::Task<Result<JsonTree>> asking = ask_store(engine_, worker_, Operation::kUpdateItem, addition(key, unwritten));
  Result<JsonTree> answer = co_await asking;
  if (!answer) co_return answer.error();
  co_return sum_in(answer->root().find("Attributes"));
}

Result<std::uint64_t> UsageStore::add_blocking(const std::string& key, Unwritten unwritten) const {
  std::string text;
  const int status = engine_->execute_blocking(Operation::kUpdateItem, addition(key, unwritten), text);
  auto answer = read_answer(status, text);
  if (!answer) return answer.error();
  return sum_in(answer->root().find("Attributes"));
}

net::Task<Result<std::string>> UsageStore::gateway_name() const {
  std::string body =
      R"({"TableName":"gatehouse.usage","ReturnValues":"ALL_NEW","Key":{"month":{"S":"gateway"},"day_key":{"S":"name"}},)"
      R"-("UpdateExpression":"SET #n = if_not_exists(#n, :n)","ExpressionAttributeNames":{"#n":"name"},)-"
      R"("ExpressionAttributeValues":{":n":{"S":)";
  append_string(body, make_ulid());
  body += "}}}";
  net::Task<Result<JsonTree>> asking = ask_store(engine_, worker_, Operation::kUpdateItem, std::move(body));
  const Result<JsonTree> answer = co_await asking;
  if (!answer) co_return answer.error();
  co_return std::string(attribute(answer->root().find("Attributes"), "name"));
}

// Of one partition, the days from `first` to `last`, which are in the month that it is of.
net::Task<Result<void>> UsageStore::read_partition(Day first, Day last, unsigned shard, std::vector<UsageRow>* rows) const {
  const Day month = period_start({Unit::kMonth, 0}, first);
  std::string next;
  do {
    std::string body =
        R"({"TableName":"gatehouse.usage","ConsistentRead":true,"KeyConditionExpression":"#m = :m AND #d BETWEEN :a AND :b",)"
        R"("ExpressionAttributeNames":{"#m":"month","#d":"day_key"},"ExpressionAttributeValues":{":m":{"S":")" +
        partition(first, shard) + R"("},":a":{"S":")" + day_in_month(first) + R"(#"},":b":{"S":")" + day_in_month(last) + R"($"}})";
    if (!next.empty()) body += ",\"ExclusiveStartKey\":" + next;
    body += '}';
    net::Task<Result<JsonTree>> asking = ask_store(engine_, worker_, Operation::kQuery, std::move(body));
    Result<JsonTree> answer = co_await asking;
    if (!answer) co_return answer.error();
    const JsonValue items = answer->root().find("Items");
    if (!items) co_return Result<void>();
    for (const JsonValue item : items) {
      const std::string_view day_key = attribute(item, "day_key");
      const auto day = parse_u64(day_key.substr(0, 2));
      if (day && day_key.size() > 3) rows->push_back({std::string(day_key.substr(3)), month + static_cast<Day>(*day) - 1, sum_in(item)});
    }
    next.clear();
    if (const JsonValue key = answer->root().find("LastEvaluatedKey")) key.append_to(next);
  } while (!next.empty());
  co_return Result<void>();
}

net::Task<Result<std::vector<UsageRow>>> UsageStore::read(Day first, Day last, std::set<unsigned> shards) const {
  std::vector<UsageRow> rows;
  for (Day from = first; from <= last; from = last_of_month(from) + 1) {
    for (const unsigned shard : shards) {
      net::Task<Result<void>> reading = read_partition(from, std::min(last, last_of_month(from)), shard, &rows);
      const Result<void> read = co_await reading;
      if (!read) co_return read.error();
    }
  }
  co_return std::move(rows);
}

}  // namespace gatehouse::plans
