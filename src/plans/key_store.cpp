#include "gatehouse/plans/key_store.hpp"

#include "gatehouse/base/ids.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"
#include "gatehouse/plans/store_client.hpp"

#include <algorithm>

namespace gatehouse::plans {
namespace {

using dynamo::Operation;

constexpr std::string_view kTable = "gatehouse.keys";
constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kLongestId = 64;

void put_string(std::string& item, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  item += (item.empty() ? "\"" : ",\"") + std::string(name) + "\":{\"S\":";
  append_string(item, value);
  item += '}';
}

void put_number(std::string& item, std::string_view name, std::int64_t value) {
  if (value == 0) return;
  item += ",\"" + std::string(name) + "\":{\"N\":\"" + std::to_string(value) + "\"}";
}

StoredKey read_key(JsonValue item) {
  StoredKey key;
  key.id = attribute(item, "id");
  key.sha256 = attribute(item, "sha256");
  key.plan = attribute(item, "plan");
  key.name = attribute(item, "name");
  key.created = number_attribute(item, "created");
  key.expires = number_attribute(item, "expires");
  key.revoked = number_attribute(item, "revoked");
  return key;
}

}  // namespace

std::string make_key() {
  std::string bytes(kRandomBytes, '\0');
  fill_random(bytes.data(), bytes.size());
  std::string text = dynamo::base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  text.resize(std::min(text.size(), text.find('=')));
  return "gk_" + text;
}

bool is_key_id(std::string_view id) {
  return !id.empty() && id.size() <= kLongestId && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

dynamo::TableSettings KeyStore::table(std::string store) {
  dynamo::TableSettings table;
  table.name = kTable;
  table.store = std::move(store);
  table.partition = {"id", dynamo::KeyType::kString};
  table.ttl = "purge";
  return table;
}

net::Task<Result<std::vector<StoredKey>>> KeyStore::list() const {
  std::vector<StoredKey> keys;
  std::string last;
  do {
    std::string body = R"({"TableName":"gatehouse.keys","ConsistentRead":true)";
    if (!last.empty()) body += ",\"ExclusiveStartKey\":" + last;
    body += '}';
    net::Task<Result<JsonTree>> asking = ask_store(engine_, worker_, Operation::kScan, std::move(body));
    Result<JsonTree> answer = co_await asking;
    if (!answer) co_return answer.error();
    const JsonValue items = answer->root().find("Items");
    if (items) {
      for (const JsonValue item : items) keys.push_back(read_key(item));
    }
    last.clear();
    if (const JsonValue next = answer->root().find("LastEvaluatedKey")) next.append_to(last);
  } while (!last.empty());
  std::ranges::sort(keys, {}, &StoredKey::id);
  co_return std::move(keys);
}

net::Task<Result<void>> KeyStore::add(StoredKey key) const {
  std::string item;
  put_string(item, "id", key.id);
  put_string(item, "sha256", key.sha256);
  put_string(item, "plan", key.plan);
  put_string(item, "name", key.name);
  put_number(item, "created", key.created);
  put_number(item, "expires", key.expires);
  std::string body = R"j({"TableName":"gatehouse.keys","ConditionExpression":"attribute_not_exists(id)","Item":{)j" + item + "}}";
  net::Task<Result<JsonTree>> asking = ask_store(engine_, worker_, Operation::kPutItem, std::move(body));
  Result<JsonTree> answer = co_await asking;
  if (answer) co_return Result<void>();
  const Error error = answer.error();
  if (error.reason() != "condition_failed") co_return error;
  co_return Error(ErrorKind::kRefused, ErrorSource::kGateway, "key_exists",
                  "there is or was a key with the id '" + key.id + "'; choose another");
}

net::Task<Result<void>> KeyStore::revoke(std::string id, std::int64_t now) const {
  std::string body = R"({"TableName":"gatehouse.keys","Key":{"id":{"S":)";
  append_string(body, id);
  body += R"j(}},"ConditionExpression":"attribute_exists(id) AND attribute_not_exists(revoked)",)j"
          R"("UpdateExpression":"SET revoked = :now, purge = :purge","ExpressionAttributeValues":{":now":{"N":")" +
          std::to_string(now) + R"("},":purge":{"N":")" + std::to_string(now + kRemembered) + R"("}}})";
  net::Task<Result<JsonTree>> asking = ask_store(engine_, worker_, Operation::kUpdateItem, std::move(body));
  Result<JsonTree> answer = co_await asking;
  if (answer) co_return Result<void>();
  const Error error = answer.error();
  if (error.reason() != "condition_failed") co_return error;
  co_return Error(ErrorKind::kNotFound, ErrorSource::kGateway, "key_unknown",
                  "there is no key with the id '" + id + "', or it is revoked");
}

}  // namespace gatehouse::plans
