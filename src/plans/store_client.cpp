#include "gatehouse/plans/store_client.hpp"

#include "gatehouse/dynamo/wire/fault.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <charconv>

namespace gatehouse::plans {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

Error failure(std::string_view reason, std::string message) {
  return {ErrorKind::kUnavailable, ErrorSource::kGateway, reason, std::move(message)};
}

}  // namespace

Result<JsonTree> read_answer(int status, std::string_view answer) {
  auto tree = JsonTree::parse(answer);
  if (!tree) return failure("store_failed", "the store's answer is no JSON: " + std::string(tree.error().what()));
  if (status == 200) return std::move(*tree);
  const JsonValue root = tree->root();
  const JsonValue type = root.find("__type");
  const JsonValue lower = root.find("message");
  const JsonValue message = lower ? lower : root.find("Message");
  const auto fault = dynamo::find_fault(type ? type.text() : std::string_view());
  const std::string text(message ? message.text() : std::string_view("no reason given"));
  if (fault == dynamo::FaultType::kConditionalCheckFailed) return Error(ErrorKind::kRefused, ErrorSource::kGateway, "condition_failed", text);
  return failure("store_failed", text);
}

net::Task<Result<JsonTree>> ask_store(std::shared_ptr<dynamo::Engine> engine, net::Worker* worker, dynamo::Operation operation,
                                      std::string body) {
  net::Waiter waiter(worker->ready());
  std::string answer;
  dynamo::Call call{.operation = operation,
                    .body = body,
                    .worker = *worker,
                    .waiter = waiter,
                    .deadline = std::chrono::steady_clock::now() + kPatience,
                    .answer = answer};
  net::Task<void> asking = engine->execute(call);
  co_await asking;
  co_return read_answer(call.status, answer);
}

std::string_view attribute(JsonValue item, std::string_view name) {
  const JsonValue value = item ? item.find(name) : JsonValue();
  if (!value || value.size() != 1) return {};
  return (*value.begin()).text();
}

std::int64_t number_attribute(JsonValue item, std::string_view name) {
  const std::string_view text = attribute(item, name);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void append_string(std::string& body, std::string_view text) { dynamo::write_json_string(body, text); }

}  // namespace gatehouse::plans
