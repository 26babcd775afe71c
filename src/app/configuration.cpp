#include "app/configuration.hpp"

#include "gatehouse/base/strings.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>

namespace gatehouse::app {
namespace {

void print_text(const std::vector<config::Problem>& problems) {
  for (const config::Problem& problem : problems) std::fprintf(stderr, "%s\n", problem.to_string().c_str());
  std::fprintf(stderr, "%zu problem%s\n", problems.size(), problems.size() == 1 ? "" : "s");
}

void print_json(const std::vector<config::Problem>& problems) {
  using nlohmann::json;
  json list = json::array();
  for (const config::Problem& problem : problems)
    list.push_back({{"file", problem.file},
                    {"line", problem.line},
                    {"column", problem.column},
                    {"path", problem.path},
                    {"message", problem.message},
                    {"fix", problem.fix}});
  const json whole{{"ok", false}, {"problems", list}};
  std::printf("%s\n", whole.dump(2, ' ', false, json::error_handler_t::replace).c_str());
}

}  // namespace

std::optional<config::Settings> load_or_complain(const std::string& file, Output output) {
  config::Loaded loaded = config::load_file(file, config::process_environment());
  if (loaded.settings) return std::move(loaded.settings);
  if (output == Output::kJson) {
    print_json(loaded.problems);
  } else {
    print_text(loaded.problems);
  }
  return std::nullopt;
}

std::optional<Endpoint> parse_endpoint(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  std::string_view host = std::string_view(text).substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::parse(host);
  const auto port = parse_u64(std::string_view(text).substr(colon + 1));
  if (!address || !port || *port > 65535) return std::nullopt;
  return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

}  // namespace gatehouse::app
