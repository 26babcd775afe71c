// The commands that read a configuration and tell about it: check, routes, explain, schema, version.

#include "app/commands.hpp"
#include "app/configuration.hpp"

#include "gatehouse/base/clock.hpp"
#include "gatehouse/gateway/compare_stores.hpp"
#include "gatehouse/gateway/explain.hpp"

#include <boost/version.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace gatehouse::app {
namespace {

using nlohmann::json;

void print(const json& value) { std::printf("%s\n", value.dump(2, ' ', false, json::error_handler_t::replace).c_str()); }

void print_row(const std::array<std::string, 5>& cells, const std::array<std::size_t, 5>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size()) line.append(widths[i] + 2 - std::min(widths[i], cells[i].size()), ' ');
  }
  std::printf("%s\n", line.c_str());
}

void print_table(const std::vector<std::array<std::string, 5>>& rows) {
  std::array<std::size_t, 5> widths{};
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  for (const auto& row : rows) print_row(row, widths);
}

void print_text(const gateway::Explanation& found) {
  if (found.matched) {
    std::printf("route        %s  (%s)\napi          %s\nintegration  %s\n", found.route.c_str(), found.position.c_str(),
                found.api.c_str(), found.integration.c_str());
  } else {
    std::printf("no route     answers %d: %s\n", found.status, found.note.c_str());
    if (!found.api.empty()) std::printf("api          %s\n", found.api.c_str());
  }
  if (found.matched && !found.note.empty()) std::printf("note         %s\n", found.note.c_str());
  if (!found.normalised_path.empty()) std::printf("path         %s\n", found.normalised_path.c_str());
  for (const auto& [name, value] : found.params) std::printf("variable     %s = %s\n", name.c_str(), value.c_str());
  int number = 0;
  for (const auto& step : found.steps) {
    const std::string detail = step.detail.empty() ? "" : " [" + step.detail + "]";
    std::printf("step %d       %s%s: %s\n", ++number, step.name.c_str(), detail.c_str(), step.why.c_str());
  }
}

json to_json(const gateway::Explanation& found) {
  json steps = json::array();
  for (const auto& step : found.steps) steps.push_back({{"name", step.name}, {"why", step.why}, {"detail", step.detail}});
  json value{{"matched", found.matched}, {"path", found.normalised_path}, {"steps", steps}};
  if (!found.api.empty()) {
    value["api"] = found.api;
    value["stage"] = found.stage;
  }
  if (found.matched) {
    value["route"] = found.route;
    value["position"] = found.position;
    value["integration"] = found.integration;
    value["variables"] = json::object();
    for (const auto& [name, text] : found.params) value["variables"][name] = text;
    if (!found.note.empty()) value["note"] = found.note;
  } else {
    value["status"] = found.status;
    value["note"] = found.note;
  }
  return value;
}

bool stores_are_as_said(const config::Settings& settings, Output output) {
  const auto found = gateway::compare_stores(settings, SystemClock());
  const std::vector<std::string> problems = found ? *found : std::vector<std::string>{found.error().message()};
  if (problems.empty()) return true;
  if (output == Output::kJson) {
    json list = json::array();
    for (const std::string& problem : problems) list.push_back({{"message", problem}});
    print({{"ok", false}, {"problems", list}});
  } else {
    for (const std::string& problem : problems) std::fprintf(stderr, "%s\n", problem.c_str());
  }
  return false;
}

}  // namespace

int check(const std::string& file, Output output, StoreCheck stores) {
  const auto settings = load_or_complain(file, output);
  if (!settings) return 1;
  if (stores == StoreCheck::kCompared && !stores_are_as_said(*settings, output)) return 1;
  std::size_t routes = 0;
  for (const auto& api : settings->apis) routes += api.routes.size();
  if (output == Output::kJson) {
    print({{"ok", true}, {"problems", json::array()}});
  } else {
    std::printf("%s: ok: %zu listeners, %zu backends, %zu APIs, %zu routes\n", file.c_str(), settings->listeners.size(),
                settings->backends.size(), settings->apis.empty() ? 0 : settings->apis.back().item + 1, routes);
  }
  return 0;
}

int routes(const std::string& file, Output output) {
  const auto settings = load_or_complain(file, output);
  if (!settings) return 1;
  const auto rows = gateway::effective_routes(*settings);
  if (output == Output::kJson) {
    json list = json::array();
    for (const auto& row : rows)
      list.push_back({{"api", row.api},
                      {"hosts", row.hosts},
                      {"method", row.method},
                      {"path", row.path},
                      {"integration", row.integration},
                      {"steps", row.steps}});
    print(list);
    return 0;
  }
  std::vector<std::array<std::string, 5>> table{{"METHOD", "HOSTS", "PATH", "INTEGRATION", "STEPS"}};
  for (const auto& row : rows) table.push_back({row.method, row.hosts, row.path, row.integration, row.steps});
  print_table(table);
  return 0;
}

int explain(const std::string& file, const std::string& method, const std::string& url, const std::vector<std::string>& headers,
            const std::optional<std::string>& message, Output output) {
  const auto settings = load_or_complain(file, output);
  if (!settings) return 1;
  const gateway::Explanation found =
      message ? gateway::explain_message(*settings, url, *message) : gateway::explain(*settings, method, url, headers);
  if (output == Output::kJson) {
    print(to_json(found));
  } else {
    print_text(found);
  }
  return found.matched ? 0 : 1;
}

int schema() {
  std::fputs(config::json_schema().c_str(), stdout);
  return 0;
}

int version() {
  std::printf("gatehouse %s (g++ %s, Boost %d.%d)\n", GATEHOUSE_VERSION, __VERSION__, BOOST_VERSION / 100000,
              BOOST_VERSION / 100 % 1000);
  return 0;
}

}  // namespace gatehouse::app
