#include "describe_stages.hpp"
#include "descriptions.hpp"
#include "gatehouse/base/strings.hpp"
#include "web_texts.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace gatehouse::config {
namespace {

using pipeline::RoutePattern;
using TemplateMap = Map<Template>;

// The names in braces, for a pattern that could not be parsed: what uses them is then not blamed too.
std::vector<std::string> names_in_braces(std::string_view text) {
  std::vector<std::string> names;
  while (true) {
    const auto open = text.find('{');
    const auto close = text.find('}', open == std::string_view::npos ? open : open + 1);
    if (close == std::string_view::npos) return names;
    std::string_view name = text.substr(open + 1, close - open - 1);
    if (name.ends_with('+')) name.remove_suffix(1);
    names.emplace_back(name);
    text.remove_prefix(close + 1);
  }
}

struct Match {
  using Value = RouteSettings;
  std::string expected() const { return "\"METHOD /path\" such as \"GET /orders/{id}\", or \"$default\""; }
  std::string print(const RouteSettings&) const { return {}; }

  bool read(const Cursor& at, RouteSettings& route) const {
    const auto text = at.text(expected());
    if (!text) return false;
    if (*text == "$connect" || *text == "$disconnect") {
      at.wrong(expected(), *text, {in_quotes(*text) + " is a route of APIs with type: websocket", "add type: websocket to the API"});
      return false;
    }
    auto pattern = RoutePattern::parse(*text, at.reader().base_path);
    if (!pattern) {
      at.wrong(expected(), *text, {pattern.error().message(), ""});
      at.reader().path_variables = names_in_braces(*text);
      return false;
    }
    at.reader().path_variables = pattern->variables();
    route.match = *text;
    route.pattern = std::move(*pattern);
    return true;
  }

  Shape shape(Model& model) const {
    model.add_text({"match",
                    expected(),
                    "^([A-Z]+ +/.*|\\$default)$",
                    {"GET /orders/{id}", "ANY /files/{proxy+}", "$default"},
                    false});
    return {Shape::Kind::kText, "match", 0, 0, {}, {}};
  }
};

void describe_when(Fields& f, RoutePattern& pattern) {
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>> query;
  f.field("headers", headers, Map<Text<std::string>>{kConditionField, kLine, "{x-version: \"2\"}"},
          "Headers that must be there with that value; \"*\": with any value.");
  f.field("query", query, Map<Text<std::string>>{kQueryName, kLine, "{debug: \"*\"}"},
          "Query parameters that must be there with that value; \"*\": with any value.");
  for (auto& [name, value] : headers) pattern.headers.push_back({std::move(name), std::move(value)});
  for (auto& [name, value] : query) pattern.query.push_back({std::move(name), std::move(value)});
}
constexpr Object<RoutePattern> kWhen{"when",
                                     "Conditions beside method and path. A route with more of them comes first.",
                                     "{headers: {x-version: \"2\"}}", describe_when};

void describe_mock(Fields& f, integration::MockSettings& s) {
  f.field("status", s.status, Integer<int>{200, 599}, "The status code.");
  f.field("headers", s.headers, TemplateMap{kFieldName, kFieldValue, "{content-type: text/plain}"},
          "Headers of the answer.");
  f.field("body", s.body, kBodyText, "The body.");
  if (f.reading() != nullptr && !s.body.text().empty() && (s.status == 204 || s.status == 304)) {
    f.reading()->problem_at("body", "an answer with status " + std::to_string(s.status) + " has no body",
                            "leave 'body' out");
  }
}
constexpr Object<integration::MockSettings> kMock{"mock", "An answer that the gateway gives itself.",
                                                  "{status: 200, body: pong}", describe_mock};

void describe_files(Fields& f, integration::StaticFilesSettings& s) {
  f.field("root", s.root, kFilePath,
          "The folder. The path's greedy variable, or else the whole path, is the name of a file in it.",
          Need::kRequired);
  f.field("index", s.index, kRelativeFile, "The file that stands for a folder.");
  f.field("fallback", s.fallback, kRelativeFile,
          "The file to serve where none is found, for single-page applications. Default: 404.");
  f.field("cache_control", s.cache_control, kLine, "The Cache-Control header of files.");
}
constexpr Object<integration::StaticFilesSettings> kFiles{"static_files", "Files of a folder.", "{root: ./web}",
                                                          describe_files};

}  // namespace

void describe_integration(Fields& f, RouteSettings& s, FilesAllowed files_allowed) {
  integration::ProxySettings proxy;
  integration::MockSettings mock;
  integration::StaticFilesSettings files;
  integration::TableRouteSettings table;
  DynamodbRoute dynamodb;
  f.field("backend", proxy.backend, NameOf{&Reader::backends, kName}, "Send the request to this backend.");
  f.field("path", proxy.path, kPathTemplate, "The path that the backend sees. Default: the path as it came.");
  f.field("mock", mock, kMock, "Answer with this.");
  if (files_allowed == FilesAllowed::kYes) f.field("static_files", files, kFiles, "Answer with a file.");
  f.field("table", table, kTableRoute, "Answer from a table, plain JSON both ways.");
  f.field("dynamodb", dynamodb, kDynamodbRoute, "Answer as DynamoDB does, for SDK clients; or call one operation of it.");
  if (files_allowed == FilesAllowed::kYes) {
    f.exactly_one({"backend", "mock", "static_files", "table", "dynamodb"}, {"lambda"});
  } else {
    f.exactly_one({"backend", "mock", "table", "dynamodb"}, {"lambda"});
  }
  if (f.given("mock"))
    s.integration = std::move(mock);
  else if (f.given("static_files"))
    s.integration = std::move(files);
  else if (f.given("table"))
    s.integration = std::move(table);
  else if (dynamodb.call)
    s.integration = std::move(*dynamodb.call);
  else if (f.given("dynamodb"))
    s.integration = std::move(dynamodb.protocol);
  else
    s.integration = std::move(proxy);
  s.pattern.greedy_may_be_empty = f.given("static_files");
  if (f.given("path") && !f.given("backend")) {
    f.reading()->problem_at("path", "'path' is for routes with a backend", "leave it out");
  }
}

namespace {

constexpr std::string_view kOnlyWebSocket = "is for APIs with type: websocket";

void describe_route(Fields& f, RouteSettings& s) {
  const Cursor* const at = f.reading();
  if (at != nullptr) {
    at->reader().path_variables.clear();
    const Position place = at->node().at;
    s.position = at->reader().problems.file() + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  }
  f.field("match", s, Match{},
          "Method and path template, or $default for what no other route takes. The order of routes never matters.",
          Need::kRequired);
  f.field("when", s.pattern, kWhen, "Conditions on headers and query.");
  describe_integration(f, s, FilesAllowed::kYes);
  auto path_of_request = describe_scoped(f, s.scoped);
  describe_mapping(f, s, std::move(path_of_request));
  refuse_cache_without_backend(f, s.scoped);
  refuse_per_connection(f, s.scoped);
  f.misplaced({"reply", "model", "event"}, kOnlyWebSocket, "leave it out");
  f.misplaced({"stages", "variables"}, "is for APIs", "move it to the API");
  f.later({"canary", "templates"});
}

void describe_stage(Fields& f, StageSettings& s) {
  describe_stage_variables(f);
  describe_stage_place(f, s);
  describe_outer_scope(f, s.scoped);
  refuse_per_api(f, s.scoped);
  f.later({"canary"});
}
constexpr Object<StageSettings> kStage{"stage", "What is different for one stage of an API: it wins over what the API says, and its routes over both.",
                                       "{variables: {pool: blue}}", describe_stage};

void describe_api(Fields& f, ApiSettings& s) {
  f.field("name", s.name, kName, "For logs, metrics and messages.", Need::kRequired);
  OnlyChoice type;
  f.field("type", type, OnlyWord{{{{"http", {}}}}}, "What it speaks.");
  StageSettings stage = describe_stages(f, s, kStage);
  std::optional<std::vector<std::string>> hosts;
  describe_hosts(f, hosts, "[api.example.com]", "The hosts it answers for. Default: every host.");
  s.hosts = std::move(hosts).value_or(std::vector<std::string>());
  f.field("base_path", s.base_path, kBasePath, "What stands before the paths of all its routes.");
  use_stage(f, std::move(stage), s);
  if (f.reading() != nullptr) {
    f.reading()->reader().base_path = s.base_path;
    f.reading()->reader().path_variables.clear();
  }
  describe_outer_scope(f, s.scoped);
  f.field("routes", s.routes, list_of(kRoute, "[{match: \"$default\", backend: echo}]"), "What it answers to.",
          Need::kRequired);
  f.misplaced({"route_selection", "management", "event"}, kOnlyWebSocket, "add type: websocket, or leave it out");
  f.later({"canary", "openapi"});
}
constexpr Object<ApiSettings> kApi{"api", "Routes that belong together, on some hosts and under one base path.",
                                   "{name: shop, routes: [{match: \"$default\", backend: echo}]}", describe_api};

}  // namespace

constexpr Object<RouteSettings> kRoute{
    "route", "What a request must look like, and who answers it: exactly one of backend, mock, static_files, table and dynamodb.",
    "{match: GET /ping, mock: {body: pong}}", describe_route};

std::string ApiKind::expected() const { return kApi.expected(); }

bool ApiKind::read(const Cursor& at, ApiSettings& settings) const {
  const Node::Entry* const type = at.node().kind == Node::Kind::kMap ? at.node().find("type") : nullptr;
  if (type == nullptr || type->value->kind != Node::Kind::kScalar) return kApi.read(at, settings);
  const std::string& word = type->value->text;
  if (word == "websocket") return kWebSocketApi.read(at, settings);
  if (word == "http") return kApi.read(at, settings);
  // What its keys mean cannot be told.
  at.problem_at("type", "expected http or websocket, found " + in_quotes(word), did_you_mean(word, std::array<std::string_view, 2>{"http", "websocket"}));
  return false;
}

Shape ApiKind::shape(Model& model) const {
  return {Shape::Kind::kEither, "", 0, 0, {}, {kApi.shape(model), kWebSocketApi.shape(model)}};
}

namespace {

// A small file must not become a large configuration.
constexpr std::size_t kMostCopies = 100'000;

// One alone where all of them would be too many routes.
std::vector<std::string> stages_to_read(const Cursor& api) {
  std::vector<std::string> names = stage_names(api.node());
  const Node::Entry* const routes = api.node().kind == Node::Kind::kMap ? api.node().find("routes") : nullptr;
  const std::size_t copies = routes != nullptr ? routes->value->items.size() * names.size() : 0;
  if (names.size() == 1 || copies <= kMostCopies) return names;
  api.problem_at("stages", "would be " + std::to_string(copies) + " routes in all, and may be " + std::to_string(kMostCopies),
                 "make several APIs of it, with fewer stages each");
  names.resize(1);
  return names;
}

}  // namespace

bool ApiList::read(const Cursor& at, std::vector<ApiSettings>& apis) const {
  if (!at.is(Node::Kind::kList, kList.expected())) return false;
  std::optional<StageInput>& stage = at.reader().stage;
  bool good = true;
  for (std::size_t i = 0; i < at.node().items.size(); ++i) {
    const Cursor item = at.item(i);
    for (std::string& name : stages_to_read(item)) {
      stage = StageInput{std::move(name), {}};
      ApiSettings& api = apis.emplace_back();
      api.item = i;
      good &= kList.item.read(item, api);
    }
  }
  stage.reset();
  return good;
}

}  // namespace gatehouse::config
