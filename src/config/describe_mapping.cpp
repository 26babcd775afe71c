// request, response; of a route also parameters, response_parameters: changes on the way, in our form and in Amazon's
// (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html).
#include "descriptions.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/middleware/protected_fields.hpp"
#include "web_texts.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::config {
namespace {

using middleware::FieldChange;
using middleware::TransformSettings;
using TemplateMap = Map<Template>;
using Kind = FieldChange::Kind;
using ForStatus = TransformSettings::ForStatus;

void refuse_protected_fields(const Cursor& at, const std::vector<FieldChange>& changes) {
  for (const FieldChange& change : changes) {
    if (!middleware::is_protected_field(change.name)) continue;
    at.problem(in_quotes(change.name) + " is written by the gateway and cannot be changed",
               iequals(change.name, "host") ? "use 'host' of the backend" : "leave it out");
  }
}

void describe_headers(Fields& f, std::vector<FieldChange>& changes, const Template& value) {
  TemplateMap::Value set;
  TemplateMap::Value append;
  std::vector<std::string> remove;
  f.field("remove_header", remove, maybe_empty_list_of(kFieldName, "[cookie]"),
          "Headers to take out, before the others are put in.");
  f.field("set_header", set, TemplateMap{kFieldName, value, "{x-user: $header.x-user}"},
          "Headers to put in, in place of those with the same name.");
  f.field("append_header", append, TemplateMap{kFieldName, value, "{vary: x-tenant}"},
          "Headers to add to those with the same name.");
  std::vector<FieldChange> made;
  for (auto& name : remove) made.push_back({Kind::kRemove, std::move(name), {}});
  for (auto& [name, text] : set) made.push_back({Kind::kSet, std::move(name), std::move(text)});
  for (auto& [name, text] : append) made.push_back({Kind::kAppend, std::move(name), std::move(text)});
  if (f.reading() != nullptr) refuse_protected_fields(*f.reading(), made);
  std::ranges::move(made, std::back_inserter(changes));
}

// `request` as it is written: changes, and two settings beside them.
struct RequestInput {
  RequestChanges changes;
  std::optional<pipeline::ValueTemplate> path;
  std::optional<std::uint64_t> limit;
};

void describe_request(Fields& f, RequestInput& s) {
  describe_headers(f, s.changes.headers, kRequestValue);
  TemplateMap::Value set;
  TemplateMap::Value append;
  std::vector<std::string> remove;
  f.field("remove_query", remove, maybe_empty_list_of(kQueryName, "[debug]"), "Query parameters to take out, before the others are put in.");
  f.field("set_query", set, TemplateMap{kQueryName, kRequestValue, "{tenant: $claims.tenant}"},
          "Query parameters to put in, in place of those with the same name.");
  f.field("append_query", append, TemplateMap{kQueryName, kRequestValue, "{tag: $header.x-tag}"},
          "Query parameters to add to those with the same name.");
  f.field("path", s.path, kPathTemplate, "Of a route: the path that the backend sees, the same as `path` beside it.");
  f.field("limit", s.limit, Ranged<std::uint64_t>{kAnySize, 1, 64 * 1024 * 1024},
          "The largest JSON body that values are taken from ($body.x): beyond it 413. `limits` holds besides. Default: 1MB.");
  std::vector<FieldChange>& query = s.changes.query;
  for (auto& name : remove) query.push_back({Kind::kRemove, std::move(name), {}});
  for (auto& [name, value] : set) query.push_back({Kind::kSet, std::move(name), std::move(value)});
  for (auto& [name, value] : append) query.push_back({Kind::kAppend, std::move(name), std::move(value)});
}
constexpr Object<RequestInput> kRequestChanges{"request_changes", "Changes to a request on its way to the backend.",
                                                 "{remove_header: [cookie]}", describe_request};

constexpr Integer<int> kNewStatus{200, 599};

// 204, 205 and 304 have no body: an answer that has one cannot become one of them.
bool check_new_status(const Cursor& at, int status) {
  if (status != 204 && status != 205 && status != 304) return true;
  at.problem("an answer with status " + std::to_string(status) + " has no body, and this one may have one");
  return false;
}

bool parse_status(std::string_view text, std::string& value, Complaint&) {
  const auto number = parse_u64(text);
  if (!number || *number < 200 || *number > 599) return false;
  value = text;
  return true;
}
const Text<std::string> kStatusKey{"status_code", "a status code such as 404", "^[2-5][0-9][0-9]$", {"404"}, parse_status, print_text, true};

int status_of(const std::string& text) { return static_cast<int>(parse_u64(text).value_or(0)); }

struct NewStatus {
  using Value = int;
  std::string expected() const { return kNewStatus.expected(); }
  std::string print(int) const { return {}; }
  bool read(const Cursor& at, int& value) const { return kNewStatus.read(at, value) && check_new_status(at, value); }
  Shape shape(Model& model) const { return kNewStatus.shape(model); }
};

void describe_response(Fields& f, ResponseChanges& s) {
  describe_headers(f, s.headers, kFieldValue);
  Map<NewStatus>::Value statuses;
  f.field("status", statuses, Map<NewStatus>{kStatusKey, NewStatus{}, "{404: 200}"},
          "Status codes of the backend, and what the client gets in their place. Refusals of the gateway stay as they are.");
  for (const auto& [from, to] : statuses) s.by_status.push_back({status_of(from), {}, to});
}
constexpr Object<ResponseChanges> kResponseChanges{"response_changes", "Changes to an answer on its way to the client.",
                                                   "{set_header: {x-served-by: gatehouse}}", describe_response};

// What Amazon does not let be mapped.
bool is_reserved_by_amazon(std::string_view name) {
  constexpr std::array<std::string_view, 4> kPrefixes = {"access-control-", "apigw-", "x-amz-", "x-amzn-"};
  constexpr std::array<std::string_view, 21> kNames = {
      "authorization", "connection", "content-encoding", "content-length", "content-location", "forwarded", "keep-alive", "origin",
      "proxy-authenticate", "proxy-authorization", "te", "trailer", "trailers", "transfer-encoding", "upgrade", "x-forwarded-for",
      "x-forwarded-host", "x-forwarded-proto", "via", "host", "expect"};
  const std::string plain = to_lower(name);
  return std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return plain.starts_with(prefix); }) ||
         std::ranges::find(kNames, plain) != kNames.end();
}

// "append:header.x-user" taken apart.
struct MappingKey {
  Kind kind = Kind::kSet;
  enum class Target : unsigned char { kHeader, kQuery, kPath, kStatus } target = Target::kHeader;
  std::string name;
};

constexpr std::string_view kForms =
    "append:header.NAME, overwrite:header.NAME, remove:header.NAME, the same with querystring, overwrite:path, or for answers "
    "overwrite:statuscode";

std::optional<MappingKey> take_apart(std::string_view text, bool of_answer, Complaint& complaint) {
  const auto colon = text.find(':');
  const std::string_view verb = text.substr(0, colon);
  const std::string_view place = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  MappingKey key;
  if (verb == "append") {
    key.kind = Kind::kAppend;
  } else if (verb == "remove") {
    key.kind = Kind::kRemove;
  } else if (verb != "overwrite") {
    complaint = {in_quotes(text) + " is no mapping", "write " + std::string(kForms)};
    return std::nullopt;
  }
  const auto dot = place.find('.');
  key.name = dot == std::string_view::npos ? std::string() : std::string(place.substr(dot + 1));
  const std::string_view where = place.substr(0, dot);
  if (where == "header" && !key.name.empty()) {
    if (is_reserved_by_amazon(key.name) || middleware::is_protected_field(key.name)) {
      complaint = {in_quotes(key.name) + " cannot be mapped: Amazon or the gateway reserves it", "leave it out"};
      return std::nullopt;
    }
    return key;
  }
  key.target = MappingKey::Target::kQuery;
  if (where == "querystring" && !key.name.empty() && !of_answer) return key;
  key.target = MappingKey::Target::kPath;
  if (place == "path" && key.kind == Kind::kSet && !of_answer) return key;
  key.target = MappingKey::Target::kStatus;
  if (place == "statuscode" && key.kind == Kind::kSet && of_answer) return key;
  complaint = {in_quotes(text) + (of_answer ? " is no mapping of an answer" : " is no mapping of a request"), "write " + std::string(kForms)};
  return std::nullopt;
}

// Everything under `parameters`, or under one status of `response_parameters`.
struct Mappings {
  std::vector<FieldChange> headers;
  std::vector<FieldChange> query;
  std::optional<pipeline::ValueTemplate> path;
  std::optional<int> status;
};

struct MappingList {
  using Value = Mappings;
  static constexpr Node::Kind kNode = Node::Kind::kMap;
  bool of_answer;

  std::string expected() const {
    return of_answer ? "a map such as {\"overwrite:header.x-source\": gatehouse}" : "a map such as {\"append:header.x-user\": $request.header.x-user}";
  }
  std::string print(const Mappings&) const { return {}; }

  bool read(const Cursor& at, Mappings& value) const {
    if (!at.is(Node::Kind::kMap, expected())) return false;
    at.check_duplicate_keys();
    bool good = true;
    for (const Node::Entry& entry : at.node().entries) {
      Complaint complaint;
      const auto key = take_apart(entry.key, of_answer, complaint);
      if (!key) at.key_problem(entry, complaint.message, complaint.fix);
      good &= key && read_one(at.child(entry), *key, of_answer, value);
    }
    return good;
  }

  Shape shape(Model&) const { return {Shape::Kind::kAny, "", 0, 0, {}, {}}; }

 private:
  static bool read_one(const Cursor& at, const MappingKey& key, bool of_answer, Mappings& to) {
    using Target = MappingKey::Target;
    if (key.target == Target::kStatus) return NewStatus{}.read(at, to.status.emplace());
    if (key.target == Target::kPath) return kPathTemplate.read(at, to.path.emplace());
    auto& changes = key.target == Target::kHeader ? to.headers : to.query;
    FieldChange& change = changes.emplace_back(FieldChange{key.kind, key.name, {}});
    // Amazon's form has an empty value here.
    return key.kind == Kind::kRemove || (of_answer ? kFieldValue : kRequestValue).read(at, change.value);
  }
};

void append(std::vector<FieldChange>& to, std::vector<FieldChange>&& from) { std::ranges::move(from, std::back_inserter(to)); }

// `path`, `request.path` and `overwrite:path` are one setting.
void take_path(Fields& f, RouteSettings& s, std::optional<pipeline::ValueTemplate>&& path, std::string_view key) {
  if (!path) return;
  auto* const proxy = std::get_if<integration::ProxySettings>(&s.integration);
  if (proxy == nullptr) {
    f.reading()->problem_at(key, "a path is for routes with a backend", "leave it out");
  } else if (proxy->path) {
    f.reading()->problem_at(key, "the path that the backend sees is given twice", "keep one of them");
  } else {
    proxy->path = std::move(path);
  }
}

}  // namespace

std::optional<pipeline::ValueTemplate> describe_changes(Fields& f, ScopedSettings& s) {
  RequestInput input;
  f.field("request", input, kRequestChanges, "Changes to the request on its way to the backend. {}: none.");
  f.field("response", s.response, kResponseChanges, "Changes to the answer on its way to the client. {}: none.");
  s.mapping_limit = input.limit;
  // A path or a limit alone says nothing of changes: those from further out hold.
  const bool changes = input.changes != RequestChanges() || (!input.path && !input.limit);
  if (f.given("request") && changes) s.request = std::move(input.changes);
  return std::move(input.path);
}

void describe_mapping(Fields& f, RouteSettings& s, std::optional<pipeline::ValueTemplate> path_of_request) {
  Mappings parameters;
  using ByStatus = Map<MappingList>;
  ByStatus::Value answers;
  f.field("parameters", parameters, MappingList{false},
          "Changes to the request in the form of Amazon's HTTP APIs: {\"append:header.x-user\": $request.header.x-user}.");
  f.field("response_parameters", answers, ByStatus{kStatusKey, MappingList{true}, "{500: {\"overwrite:statuscode\": 503}}"},
          "Changes to answers with a status, in the form of Amazon's HTTP APIs.");
  ScopedSettings& scoped = s.scoped;
  if (!parameters.headers.empty() || !parameters.query.empty()) {
    if (!scoped.request) scoped.request.emplace();
    append(scoped.request->headers, std::move(parameters.headers));
    append(scoped.request->query, std::move(parameters.query));
  }
  if (f.given("response_parameters") && !scoped.response) scoped.response.emplace();
  for (auto& [status, mappings] : answers)
    scoped.response->by_status.push_back({status_of(status), std::move(mappings.headers), mappings.status});
  take_path(f, s, std::move(path_of_request), "request");
  take_path(f, s, std::move(parameters.path), "parameters");
}

}  // namespace gatehouse::config
