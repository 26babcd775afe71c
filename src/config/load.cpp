// From bytes to settings: text checks, tree, descriptions, checks of the whole.
#include "gatehouse/config/load.hpp"

#include "checks.hpp"
#include "describe_feeds.hpp"
#include "descriptions.hpp"
#include "tree.hpp"

#include <filesystem>

namespace gatehouse::config {
namespace {

constexpr std::size_t kMaxFile = 4 << 20;

Loaded refused(Problems& problems) { return {std::nullopt, problems.take()}; }

}  // namespace

Loaded load_text(std::string_view yaml, const std::string& name, const std::string& directory,
                 const Environment& environment) {
  Problems problems(name);
  if (yaml.size() > kMaxFile) {
    problems.add({}, "", "is larger than 4 MB");
    return refused(problems);
  }
  if (const auto bad = find_bad_byte(yaml)) {
    problems.add(position_of(yaml, bad->offset), "", "the text " + std::string(bad->why) + " here");
    return refused(problems);
  }
  const auto parsed = Tree::parse(yaml);
  if (const auto* const refusal = std::get_if<Refusal>(&parsed)) {
    problems.add(refusal->at, "", refusal->message, refusal->fix);
    return refused(problems);
  }
  Reader reader{problems, environment, directory};
  const Cursor root(reader, std::get<Tree>(parsed).root());
  Settings settings;
  if (kGateway.read(root, settings)) {
    complete_table_routes(root, settings);
    complete_websocket_apis(settings);
    complete_feeds(root, settings);
    check_whole(root, settings);
  }
  auto found = problems.take();
  if (!found.empty()) return {std::nullopt, std::move(found)};
  return {std::move(settings), {}};
}

Loaded load_file(const std::string& path, const Environment& environment) {
  auto content = read_file(path, kMaxFile);
  if (const auto* const complaint = std::get_if<Complaint>(&content)) {
    Problems problems(path);
    problems.add({}, "", complaint->message, complaint->fix);
    return refused(problems);
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  const std::string directory = error ? "." : absolute.parent_path().string();
  return load_text(std::get<std::string>(content), path, directory, environment);
}

}  // namespace gatehouse::config
