// TagResource, UntagResource, ListTagsOfResource: of tables.
#include "json_text.hpp"
#include "table_request.hpp"

#include <algorithm>

namespace gatehouse::dynamo {
namespace {

using enum Shape::Type;

constexpr std::size_t kPage = 10;

constexpr Field kTagFields[] = {
    {"Key", {.type = kString, .not_null = true, .least = 1, .most = 128}},
    {"Value", {.type = kString, .not_null = true, .least = 0, .most = 256}},
};
constexpr Shape kTag = {.type = kStruct, .fields = kTagFields, .structure = "Tag"};
constexpr Shape kTagKey = {.type = kString, .least = 1, .most = 128};
constexpr Field kTagRequest[] = {
    {"ResourceArn", {.type = kString}},
    {"Tags", {.type = kList, .not_null = true, .element = &kTag}},
};
constexpr Field kUntagRequest[] = {
    {"ResourceArn", {.type = kString}},
    {"TagKeys", {.type = kList, .not_null = true, .element = &kTagKey}},
};
constexpr Field kListRequest[] = {
    {"ResourceArn", {.type = kString}},
    {"NextToken", {.type = kString}},
};

bool is_digits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos; }

// arn:aws:dynamodb:<region>:<account>:table/<name>
bool is_table_arn(std::string_view arn) {
  constexpr std::string_view kHead = "arn:aws:dynamodb:";
  if (!arn.starts_with(kHead)) return false;
  arn.remove_prefix(kHead.size());
  const std::size_t region = arn.find(':');
  if (region == 0 || region == std::string_view::npos) return false;
  arn.remove_prefix(region + 1);
  const std::size_t account = arn.find(':');
  if (account == std::string_view::npos || !is_digits(arn.substr(0, account))) return false;
  const std::string_view resource = arn.substr(account + 1);
  return resource.starts_with("table/") && is_name(resource.substr(6)) && resource.size() >= 9;
}

Outcome<Node> read_arn_request(Run& run, std::span<const Field> fields) {
  Outcome<Node> request = parse_request(run);
  if (!request) return request;
  if (Outcome<void> checked = check_types(*request, fields); !checked) return checked.error();
  const Node* arn = request->find("ResourceArn");
  if (arn == nullptr) return validation("Invalid TableArn");
  if (Outcome<void> checked = check_constraints(*request, fields); !checked) return checked.error();
  if (!is_table_arn(arn->text)) return validation("Invalid TableArn: Invalid ResourceArn provided as input " + std::string(arn->text));
  return request;
}

Outcome<std::shared_ptr<const Table>> table_of_arn(Run& run, const Node& request) {
  const std::string_view arn = request.string("ResourceArn");
  if (auto table = run.state.catalogue.find_any(arn)) return table;
  return Fault(FaultType::kResourceNotFound, "Requested resource not found: ResourcArn: " + std::string(arn) + " not found");
}

template <class Change>
Outcome<void> change_tags(Run& run, const Node& request, Change change) {
  const auto table = table_of_arn(run, request);
  if (!table) return table.error();
  const Outcome<CommitNumber> written = run.state.catalogue.update((*table)->name, run.state.clock.wall(), run.patience, change);
  if (!written) return written.error();
  run.needs(*written);
  run.answer += "{}";
  return {};
}

}  // namespace

Outcome<void> tag_resource(Run& run) {
  const Outcome<Node> request = read_arn_request(run, kTagRequest);
  if (!request) return request.error();
  if (request->list("Tags").empty()) return validation("Atleast one Tag needs to be provided as Input.");
  return change_tags(run, *request, [&](Table& table) { return add_tags(*request, table); });
}

Outcome<void> untag_resource(Run& run) {
  const Outcome<Node> request = read_arn_request(run, kUntagRequest);
  if (!request) return request.error();
  if (request->list("TagKeys").empty()) return validation("Atleast one Tag Key needs to be provided as Input.");
  return change_tags(run, *request, [&](Table& table) -> Outcome<void> {
    for (const Node& key : request->list("TagKeys")) std::erase_if(table.tags, [&](const auto& tag) { return tag.first == key.text; });
    return {};
  });
}

Outcome<void> list_tags_of_resource(Run& run) {
  const Outcome<Node> request = read_arn_request(run, kListRequest);
  if (!request) return request.error();
  const auto table = table_of_arn(run, *request);
  if (!table) return table.error();
  // Ten a page, as the service answers; the token is the last key of the page before.
  auto tags = (*table)->tags;
  std::sort(tags.begin(), tags.end());
  const std::string_view start = request->string("NextToken");
  auto at = std::find_if(tags.begin(), tags.end(), [&](const auto& tag) { return tag.first > start; });
  JsonText answer(run.answer);
  answer.begin();
  answer.begin_list("Tags");
  for (std::size_t count = 0; at != tags.end() && count < kPage; ++at, ++count) {
    answer.begin();
    answer.string("Key", at->first);
    answer.string("Value", at->second);
    answer.end();
  }
  answer.end_list();
  if (at != tags.end()) answer.string("NextToken", (at - 1)->first);
  answer.end();
  return {};
}

}  // namespace gatehouse::dynamo
