#include "store_access.hpp"

#include "message_answer.hpp"

#include "gatehouse/base/log.hpp"
#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/pipeline/answer_fields.hpp"

#include <chrono>
#include <utility>

namespace gatehouse::integration {

using dynamo::FaultType;
using dynamo::JsonReader;
using dynamo::Map;
using dynamo::ValueWriter;

namespace {

// Items are collected behind each other in one buffer, which moves while it grows: places first, views at the end.
class ItemReader {
 public:
  explicit ItemReader(std::string& to) : to_(to) { to_.clear(); }
  bool read(JsonReader& from) {
    starts_.push_back(to_.size());
    ValueWriter writer(to_);
    return from.read_item(writer);
  }
  std::size_t size() const { return starts_.size(); }
  Map operator[](std::size_t i) const { return Map::item(std::string_view(to_).substr(starts_[i])); }

 private:
  std::string& to_;
  std::vector<std::size_t> starts_;
};

void read_items(JsonReader& from, ItemReader& items) {
  for (from.begin_array(); from.next_element();) items.read(from);
}

// {"table": [items], …}
void read_responses(JsonReader& from, ItemReader& items) {
  if (from.peek() == JsonReader::Kind::kArray) {  // of TransactGetItems: [{"Item": {…}}, …]
    for (from.begin_array(); from.next_element();)
      for (from.begin_object(); from.next_name();) items.read(from);
    return;
  }
  for (from.begin_object(); from.next_name();) read_items(from, items);
}

void read_reasons(JsonReader& from, std::vector<std::string_view>& reasons) {
  for (from.begin_array(); from.next_element();) {
    std::string_view code = "None";
    for (from.begin_object(); const auto name = from.next_name();) {
      if (name == "Code")
        from.read_string(code);
      else
        from.skip();
    }
    reasons.push_back(code);
  }
}

bool is_empty_object(std::string_view json) { return json.find('"') == std::string_view::npos; }

}  // namespace

net::Task<StoreReply> StoreAccess::call(dynamo::Operation operation) {
  answer_.clear();
  dynamo::Call call{.operation = operation,
                    .body = request_,
                    .worker = context_.exchange.worker(),
                    .waiter = context_.exchange.waiter(),
                    .deadline = context_.deadline_after > Duration::zero() ? context_.exchange.arrival() + context_.deadline_after
                                                                           : TimePoint::max(),
                    .answer = answer_};
  co_await engine_.execute(call);
  request_.clear();
  co_return read_answer(call.status);
}

StoreReply StoreAccess::read_answer(int status) {
  StoreReply reply;
  reply.ok = status == 200;
  JsonReader from(answer_, context_.arena());
  ItemReader items(items_);
  bool single = false;
  for (from.begin_object(); const auto name = from.next_name();) {
    if (name == "Item" || name == "Attributes") {
      single = items.read(from);
    } else if (name == "Items") {
      read_items(from, items);
    } else if (name == "Responses") {
      read_responses(from, items);
    } else if (name == "LastEvaluatedKey") {
      from.read_raw(reply.last_key);
    } else if (name == "UnprocessedKeys" || name == "UnprocessedItems") {
      from.read_raw(reply.unprocessed);
    } else if (name == "__type") {
      std::string_view type;
      if (from.read_string(type)) reply.fault = dynamo::find_fault(type);
    } else if (name == "message" || name == "Message") {
      from.read_string(reply.message);
    } else if (name == "CancellationReasons") {
      read_reasons(from, reply.reasons);
    } else {
      from.skip();
    }
  }
  if (from.failed()) {
    StoreReply broken;
    broken.message = "the store's answer is not valid";
    return broken;
  }
  if (is_empty_object(reply.unprocessed)) reply.unprocessed = {};
  if (single) {
    reply.item = items[0];
  } else {
    for (std::size_t i = 0; i < items.size(); ++i) reply.items.push_back(items[i]);
  }
  return reply;
}

pipeline::Answer answer_of_fault(Arena& arena, const StoreReply& reply) {
  const auto made = [&](int status, std::string_view reason) {
    return message_answer(arena, status, reason, status >= 500 ? "The table cannot be used now" : reply.message);
  };
  const auto busy = [&](int status, std::string_view reason) {
    pipeline::Answer answer = made(status, reason);
    pipeline::set_retry_after(answer, arena, std::chrono::seconds(1));
    return answer;
  };
  switch (reply.fault) {
    case FaultType::kValidation:
    case FaultType::kSerialization: return made(400, "store_validation");
    case FaultType::kConditionalCheckFailed:
    case FaultType::kTransactionConflict:
    case FaultType::kTransactionInProgress:
    case FaultType::kTransactionCanceled: return made(409, "store_conflict");
    case FaultType::kItemCollectionSizeLimitExceeded:
    case FaultType::kRequestEntityTooLarge: return made(413, "store_too_large");
    case FaultType::kProvisionedThroughputExceeded:
    case FaultType::kThrottling:
    case FaultType::kLimitExceeded: return busy(429, "store_throttled");
    case FaultType::kServiceUnavailable: return busy(503, "store_unavailable");
    default:
      log::error("store_failed", {{"fault", dynamo::fault_short_name(reply.fault)}, {"cause", reply.message}});
      return made(500, "store_failed");
  }
}

}  // namespace gatehouse::integration
